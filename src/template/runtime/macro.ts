import { RenderFault } from './fault.ts'
import { Callable, Instance, Markup, Tuple, Undefined, type CallArguments, type Rendering } from './value.ts'

const DEPTH_LIMIT = 150

export interface MacroShape {
  readonly name: string | null
  readonly parameters: readonly string[]
  /** It uses `varargs`, `kwargs`, `caller`: what does not fit its parameters is handed over under these names. */
  readonly usesVarargs: boolean
  readonly usesKwargs: boolean
  readonly usesCaller: boolean
}

/**
 * The body of a macro as compiled.
 *
 * Shape: the values of the parameters (JavaScript's undefined for one that was not given), then caller, keyword
 * arguments, positional arguments, each only if it is used.
 */
export type MacroBody = (values: readonly unknown[]) => string

export class Macro extends Instance {
  readonly name: string
  readonly #shape: MacroShape
  readonly #body: MacroBody

  constructor(shape: MacroShape, body: MacroBody) {
    super()
    this.name = shape.name ?? 'caller'
    this.#shape = shape
    this.#body = body
  }

  override attribute(name: string): unknown {
    switch (name) {
      case 'name':
        return this.#shape.name
      case 'arguments':
        return new Tuple(this.#shape.parameters)
      case 'catch_kwargs':
        return this.#shape.usesKwargs
      case 'catch_varargs':
        return this.#shape.usesVarargs
      case 'caller':
        return this.#shape.usesCaller
      default:
        return undefined
    }
  }

  override call({ positional, keywords }: CallArguments, rendering: Rendering): unknown {
    const left = new Map(keywords)
    const { parameters } = this.#shape
    const values: unknown[] = parameters.map((name, index) => {
      if (index < positional.length) return positional[index]
      const value = left.get(name)
      left.delete(name)
      return value
    })
    this.#addSpecial(values, positional, left)
    rendering.depth += 1
    if (rendering.depth > DEPTH_LIMIT) {
      throw new RenderFault(`expected macros to be nested at most ${DEPTH_LIMIT} deep, got deeper`)
    }
    const text = this.#body(values)
    rendering.depth -= 1
    return rendering.isEscaping ? new Markup(text, rendering.dialect) : text
  }

  #addSpecial(values: unknown[], positional: readonly unknown[], left: Map<string, unknown>): void {
    const { parameters, usesCaller, usesKwargs, usesVarargs } = this.#shape
    if (usesCaller && !parameters.includes('caller')) {
      values.push(
        left.get('caller') ?? new Undefined('caller', 'expected `caller` to be defined: no call block is here'),
      )
      left.delete('caller')
    }
    if (usesKwargs) values.push(Object.fromEntries(left))
    else this.#rejectKeywords(left)
    if (usesVarargs) values.push(new Tuple(positional.slice(parameters.length)))
    else if (positional.length > parameters.length) {
      const most = parameters.length
      throw new RenderFault(`expected \`${this.name}\` to get at most ${most} arguments, got ${positional.length}`)
    }
  }

  #rejectKeywords(left: ReadonlyMap<string, unknown>): void {
    const [name] = left.keys()
    if (name === undefined) return
    if (name === 'caller') throw new RenderFault(`expected no call block for \`${this.name}\`, which does not use it`)
    throw new RenderFault(`expected \`${this.name}\` to get arguments that it names, got another name`)
  }

  override describe(): string {
    return this.#shape.name === null ? '<Macro anonymous>' : `<Macro '${this.#shape.name}'>`
  }
}

/** A global function or a small object's method. */
export class HostFunction extends Callable {
  readonly name: string
  readonly #run: (args: CallArguments, rendering: Rendering) => unknown

  constructor(name: string, run: (args: CallArguments, rendering: Rendering) => unknown) {
    super()
    this.name = name
    this.#run = run
  }

  override call(args: CallArguments, rendering: Rendering): unknown {
    return this.#run(args, rendering)
  }
}
