import { optionalWhole, wholeArgument } from './argument.ts'
import { Dict } from './dict.ts'
import { pairsFrom } from './dict-method.ts'
import { RenderFault } from './fault.ts'
import { loremIpsum } from './lorem.ts'
import { isTrue } from './iterate.ts'
import { HostFunction } from './macro.ts'
import { bindValues, parseSignature, type Bound } from './signature.ts'
import { Instance, Markup, Namespace, Range, type Rendering } from './value.ts'

/** As Jinja2's sandbox has it. */
const RANGE_LIMIT = 100_000

class Cycler extends Instance {
  readonly name = 'cycler'
  readonly #items: readonly unknown[]
  #position = 0

  constructor(items: readonly unknown[]) {
    super()
    if (items.length === 0) throw new RenderFault('expected `cycler` to get at least one value, got none')
    this.#items = items
  }

  override attribute(name: string): unknown {
    if (name === 'current') return this.#items[this.#position]
    if (name === 'next') return new HostFunction('next', () => this.#next())
    if (name !== 'reset') return undefined
    return new HostFunction('reset', () => {
      this.#position = 0
      return null
    })
  }

  #next(): unknown {
    const item = this.#items[this.#position]
    this.#position = (this.#position + 1) % this.#items.length
    return item
  }

  override call(): never {
    throw new RenderFault('expected `.next()` of the cycler, got a call of the cycler itself')
  }
}

type RunGlobal = (bound: Bound<unknown>, rendering: Rendering) => unknown

function global(name: string, signature: string, run: RunGlobal): readonly [string, HostFunction] {
  const parsed = parseSignature(signature)
  const callable = new HostFunction(name, (args, rendering) => run(bindValues(parsed, args), rendering))
  return [name, callable]
}

function rangeFrom(values: readonly unknown[]): Range {
  const numbers = values
    .filter((value) => value !== undefined)
    .map((value) => wholeArgument(value, 'each end of the range'))
  const [first = 0, second, step = 1] = numbers
  if (step === 0) throw new RenderFault('expected a step other than zero, got zero')
  const range = second === undefined ? new Range(0, first, 1) : new Range(first, second, step)
  if (range.length > RANGE_LIMIT)
    throw new RenderFault(`expected a range of at most ${RANGE_LIMIT} numbers, got a longer one`)
  return range
}

/** The functions that every template knows; a key of the context of the same name hides one. */
export const GLOBALS: ReadonlyMap<string, HostFunction> = new Map([
  global('range', 'start, stop=, step=', ({ values }) => rangeFrom(values)),
  global('dict', '@=, **names', ({ values: [values], keywords }) =>
    Dict.from([...(values === undefined ? [] : pairsFrom(values)), ...keywords]),
  ),
  global('namespace', '@=, **names', ({ values: [values], keywords }) => {
    const pairs = values === undefined ? [] : pairsFrom(values)
    return new Namespace(new Map([...pairs.map(([key, value]) => [String(key), value] as const), ...keywords]))
  }),
  global('cycler', '*items', ({ rest }) => new Cycler(rest)),
  global('joiner', 'sep=', ({ values: [separator = ', '] }) => {
    let isUsed = false
    return new HostFunction('joiner', () => {
      if (isUsed) return separator
      isUsed = true
      return ''
    })
  }),
  global('lipsum', 'n=, html=, min=, max=', ({ values: [n, html, min, max] }, rendering) => {
    const isHtml = html === undefined || isTrue(html)
    const counts = { least: optionalWhole(min, '`min`', 20), most: optionalWhole(max, '`max`', 100), isHtml }
    const text = loremIpsum(rendering, optionalWhole(n, '`n`', 5), counts)
    return isHtml ? new Markup(text, rendering.dialect) : text
  }),
])
