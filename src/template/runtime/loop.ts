import { isEqual } from './compare.ts'
import { RenderFault } from './fault.ts'
import { iterate } from './iterate.ts'
import { HostFunction } from './macro.ts'
import { Instance, Undefined, type CallArguments, type Rendering } from './value.ts'

/** Runs the loop's body over deeper items and returns the text. */
export type Recurse = (items: unknown, depth: number) => unknown

/** The `loop` of a `for`. It reads one item ahead at most, unless its length is asked for. */
export class Loop extends Instance {
  readonly name = 'loop'
  index0 = -1
  current: unknown = undefined
  readonly #depth0: number
  readonly #recurse: Recurse | null
  readonly #cycle: HostFunction
  readonly #changed: HostFunction
  #iterator: Iterator<unknown>
  #previous: unknown = undefined
  #ahead: { readonly value: unknown } | null = null
  #length: number | null
  #last: readonly unknown[] | null = null

  constructor(items: unknown, { depth0 = 0, recurse = null }: { depth0?: number; recurse?: Recurse | null } = {}) {
    super()
    const iterable = iterate(items)
    this.#length = Array.isArray(iterable) ? iterable.length : null
    this.#iterator = iterable[Symbol.iterator]()
    this.#depth0 = depth0
    this.#recurse = recurse
    this.#cycle = new HostFunction('cycle', ({ positional }) => {
      if (positional.length === 0) throw new RenderFault('expected `loop.cycle` to get at least one value, got none')
      return positional[this.index0 % positional.length]
    })
    this.#changed = new HostFunction('changed', ({ positional }) => {
      const last = this.#last
      this.#last = positional
      return last === null || !isEqual([...positional], [...last])
    })
  }

  /** Goes to the next item; false when there is none. */
  advance(): boolean {
    const next = this.#peek()
    if (next === null) return false
    this.#ahead = null
    this.#previous = this.current
    this.current = next.value
    this.index0 += 1
    return true
  }

  #peek(): { readonly value: unknown } | null {
    if (this.#ahead !== null) return this.#ahead
    const next = this.#iterator.next()
    this.#ahead = next.done === true ? null : { value: next.value }
    return this.#ahead
  }

  get #total(): number {
    if (this.#length === null) {
      const rest = this.#ahead === null ? [] : [this.#ahead.value]
      for (let next = this.#iterator.next(); next.done !== true; next = this.#iterator.next()) rest.push(next.value)
      this.#ahead = null
      this.#iterator = rest[Symbol.iterator]()
      this.#length = rest.length + this.index0 + 1
    }
    return this.#length
  }

  override attribute(name: string): unknown {
    switch (name) {
      case 'index':
        return this.index0 + 1
      case 'index0':
        return this.index0
      case 'revindex':
        return this.#total - this.index0
      case 'revindex0':
        return this.#total - this.index0 - 1
      case 'first':
        return this.index0 === 0
      case 'last':
        return this.#peek() === null
      case 'length':
        return this.#total
      default:
        return this.#other(name)
    }
  }

  #other(name: string): unknown {
    switch (name) {
      case 'depth':
        return this.#depth0 + 1
      case 'depth0':
        return this.#depth0
      case 'previtem':
        return this.index0 === 0 ? new Undefined('loop.previtem') : this.#previous
      case 'nextitem': {
        const next = this.#peek()
        return next === null ? new Undefined('loop.nextitem') : next.value
      }
      case 'cycle':
        return this.#cycle
      case 'changed':
        return this.#changed
      default:
        return undefined
    }
  }

  override call({ positional: [items] }: CallArguments, _: Rendering): unknown {
    if (this.#recurse === null) throw new RenderFault('expected the loop to be `recursive` to call it, got a plain one')
    return this.#recurse(items, this.#depth0 + 1)
  }

  override describe(): string {
    return `<LoopContext ${this.index0 + 1}/${this.#total}>`
  }
}

/** The items of a `for` with an `if`, tested one by one as the loop gets there. */
export function* filterItems(items: unknown, test: (item: unknown) => boolean): Generator {
  for (const item of iterate(items)) if (test(item)) yield item
}
