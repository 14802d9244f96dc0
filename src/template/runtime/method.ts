import type { Method, Methods } from './define-method.ts'
import { DICT_METHODS } from './dict-method.ts'
import { isMapping } from './dict.ts'
import { LIST_METHODS, TUPLE_METHODS } from './list-method.ts'
import { bindValues } from './signature.ts'
import { TEXT_METHODS } from './text-method.ts'
import { Callable, Markup, Tuple, type CallArguments, type Rendering } from './value.ts'

function methodsFor(object: unknown): Methods | null {
  if (typeof object === 'string' || object instanceof Markup) return TEXT_METHODS
  if (Array.isArray(object)) return LIST_METHODS
  if (object instanceof Tuple) return TUPLE_METHODS
  return isMapping(object) ? DICT_METHODS : null
}

/** The listed method of that name for values of that kind. */
export function methodOf(object: unknown, name: string): Method | undefined {
  const methods = methodsFor(object)
  return methods !== null && Object.hasOwn(methods, name) ? methods[name] : undefined
}

export function callMethod(object: unknown, method: Method, call: CallArguments & { rendering: Rendering }): unknown {
  return method.run(object, bindValues(method.signature, call), call.rendering)
}

/** A method that was looked up and not called yet. */
export class BoundMethod extends Callable {
  readonly name: string
  readonly #object: unknown

  constructor(object: unknown, name: string) {
    super()
    this.#object = object
    this.name = name
  }

  override call(args: CallArguments, rendering: Rendering): unknown {
    return callMethod(this.#object, methodOf(this.#object, this.name)!, { ...args, rendering })
  }

  override describe(): string {
    return `<built-in method ${this.name}>`
  }
}
