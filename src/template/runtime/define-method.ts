import { parseSignature, type Bound, type Signature } from './signature.ts'
import type { Rendering } from './value.ts'

export type Run<T> = (self: T, bound: Bound<unknown>, rendering: Rendering) => unknown

export interface Method {
  readonly signature: Signature
  readonly run: Run<unknown>
}

export type Methods = Readonly<Record<string, Method>>

/** A method of a kind of value: `methodsFor` has made sure that `self` is one. */
export function defineMethod<T>(signature: string, run: Run<T>): Method {
  return { signature: parseSignature(signature), run: run as Run<unknown> }
}
