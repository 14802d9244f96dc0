import { RenderFault } from './fault.ts'
import { isMapping, mappingEntries } from './dict.ts'
import { listFrom } from './iterate.ts'
import { getAttribute } from './attribute.ts'
import { callMethod, methodOf } from './method.ts'
import {
  Callable,
  TemplateValue,
  Undefined,
  isText,
  kindOf,
  rawText,
  undefinedFault,
  type CallArguments,
  type Rendering,
} from './value.ts'

/** Calls a macro, a global function, a method or the loop. */
export function callValue(callee: unknown, args: CallArguments, rendering: Rendering): unknown {
  if (callee instanceof Callable) return callee.call(args, rendering)
  if (callee instanceof Undefined) throw undefinedFault(callee)
  throw new RenderFault(`expected something to call, got ${kindOf(callee)}`)
}

/**
 * `object.name(…)`: the method comes before a customer's value of that name, since a value cannot be called.
 */
export function callAttribute(
  object: unknown,
  [name, missing, rendering]: readonly [string, Undefined, Rendering],
  args: CallArguments,
): unknown {
  const isOwn = object instanceof TemplateValue && getOwnCallable(object, name, missing)
  if (isOwn instanceof Callable) return isOwn.call(args, rendering)
  const method = methodOf(object, name)
  if (method !== undefined) return callMethod(object, method, { ...args, rendering })
  return callValue(getAttribute(object, name, missing), args, rendering)
}

function getOwnCallable(object: TemplateValue, name: string, missing: Undefined): unknown {
  return methodOf(object, name) === undefined ? getAttribute(object, name, missing) : null
}

/** `f(a, *rest, b=1, **names)` put together. */
export function spreadArguments(
  [positional, rest]: readonly [readonly unknown[], unknown],
  [keywords, names]: readonly [ReadonlyMap<string, unknown>, unknown],
): CallArguments {
  const all = rest === undefined ? positional : [...positional, ...listFrom(rest)]
  if (names === undefined) return { positional: all, keywords }
  if (!isMapping(names)) throw new RenderFault(`expected a mapping behind \`**\`, got ${kindOf(names)}`)
  const merged = new Map(keywords)
  for (const [key, value] of mappingEntries(names)) {
    if (!isText(key)) throw new RenderFault(`expected texts as keys behind \`**\`, got ${kindOf(key)}`)
    if (merged.has(rawText(key))) throw new RenderFault('expected each argument once, got one twice')
    merged.set(rawText(key), value)
  }
  return { positional: all, keywords: merged }
}
