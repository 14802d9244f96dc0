import type { Context } from 'hono'
import { z } from 'zod'
import type { Actor, Role } from '../access/access.ts'
import type { ApiServices } from './services.ts'
import type { Upload } from './uploads.ts'

type Shape = Readonly<Record<string, z.ZodType>>
type OutputOf<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> }
/** A value that nobody changes: what it is made from is `readonly` throughout. */
type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T

/** What a handler works with: the request, read and checked, and who sent it. */
export interface Taken<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  /** The body as a file, where the operation takes uploads and one came. */
  readonly upload: Upload | null
  readonly actor: Actor
  readonly services: ApiServices
  readonly context: Context
}

interface Facts<Id extends string = string> {
  /** `operationId` of the document, and the name of a method in clients made from it. */
  readonly id: Id
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/v1/runs/{run_id}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly roles: readonly Role[]
  /** Shows customers: for viewers who were granted that only. */
  readonly isPersonal?: true
  /** Media types that are taken as a file, and their formats. */
  readonly uploads?: Readonly<Record<string, Upload['format']>>
  readonly status?: 200 | 201 | 202
  /** The answer is a stream of one of these media types. */
  readonly stream?: readonly string[]
  /** A POST that changes nothing: repeating it needs no memory of the first answer. */
  readonly isHarmless?: true
  /** The handler reads the body itself, as it comes. */
  readonly isRaw?: true
  /** Whoever calls shows a signature in place of a token: the handler checks it, over the body as it came. */
  readonly isSigned?: true
  /** Made thousands of times a second: a token's rate does not hold for it. */
  readonly isUnlimited?: true
}

interface Definition<
  Id extends string,
  P extends Shape,
  Q extends Shape,
  B extends z.ZodType,
  A extends z.ZodType,
> extends Facts<Id> {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly answer?: A
  /** What is remembered of the answer for repeats under the same `Idempotency-Key`: all of it, unless it must not lie about. */
  readonly kept?: (answer: Frozen<z.output<A>>) => Frozen<z.output<A>>
  /** Throws what would refuse the request whatever its body says: that, which may be of any size, is not read then. */
  readonly refuse?: (params: OutputOf<P>, services: ApiServices) => void
  readonly handle: (taken: Taken<OutputOf<P>, OutputOf<Q>, z.output<B>>) => Promise<Frozen<z.output<A>> | Response>
}

/** One thing that the API does: all that its document, its client and its server need to know. */
export interface Operation extends Facts {
  readonly params: z.ZodObject<Shape>
  readonly query: z.ZodObject<Shape>
  readonly body: z.ZodType | null
  readonly answer: z.ZodType | null
  readonly kept: (answer: unknown) => unknown
  readonly refuse: (params: never, services: ApiServices) => void
  readonly handle: (taken: Taken<never, never, never>) => Promise<unknown>
}

type InputOf<S extends Shape> = {
  readonly [K in keyof S as undefined extends z.input<S[K]> ? never : K]: z.input<S[K]>
} & {
  readonly [K in keyof S as undefined extends z.input<S[K]> ? K : never]?: z.input<S[K]>
}

/** An operation with what it takes and gives, for those who call it from beside the API. */
export interface TypedOperation<
  Id extends string,
  P extends Shape,
  Q extends Shape,
  B extends z.ZodType,
  A extends z.ZodType,
> extends Operation {
  readonly id: Id
  /** For the compiler: nothing is there. */
  readonly types?: {
    readonly params: InputOf<P>
    readonly query: InputOf<Q>
    readonly body: z.input<B>
    readonly answer: A extends z.ZodUndefined ? Response : Frozen<z.output<A>>
  }
}

const NOTHING: Shape = {}

// oxlint-disable-next-line typescript/no-empty-object-type -- No parameters is an empty shape.
export function operation<
  const Id extends string,
  P extends Shape = {},
  Q extends Shape = {},
  B extends z.ZodType = z.ZodUndefined,
  A extends z.ZodType = z.ZodUndefined,
>(definition: Definition<Id, P, Q, B, A>): TypedOperation<Id, P, Q, B, A> {
  const { params = NOTHING, query = NOTHING, body = null, answer = null, kept, refuse, handle, ...facts } = definition
  return {
    ...facts,
    params: z.object(params),
    query: z.strictObject(query),
    body,
    answer,
    refuse: refuse ?? (() => undefined),
    kept: (value) => (kept === undefined ? value : kept(value as Frozen<z.output<A>>)),
    handle,
  }
}
