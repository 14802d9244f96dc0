import type { z } from 'zod'
import type { Reply } from './answer.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type BodyFormat = 'json' | 'xml'

/** What a handler gets: checked values only. */
interface Call<B> {
  readonly body: B
  readonly params: Readonly<Record<string, string>>
  readonly user: string
}

/** A route as the pipeline, the documentation page and OpenAPI see it. */
export interface Route<S extends z.ZodType = z.ZodType> {
  readonly method: Method
  /** `:name` stands for one path segment. */
  readonly path: string
  readonly summary: string
  /** Null: the route takes no body. */
  readonly body: S | null
  /** What the body is written in; the schema is of what is read from it. Default: `json`. */
  readonly format?: BodyFormat
  /** Default: 2 MiB. */
  readonly bodyLimitBytes?: number
  handle(call: Call<z.output<S>>): Reply | Promise<Reply>
}

/** Gives a route its types: the handler's `body` is what the schema makes of the request. */
export function defineRoute<S extends z.ZodType>(route: Route<S>): Route {
  return route
}
