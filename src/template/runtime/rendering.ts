import { callMethod } from './method.ts'
import { RenderFault } from './fault.ts'
import { isTrue } from './iterate.ts'
import type { Journal } from './journal.ts'
import { createRandom } from './random.ts'
import { FILTERS, TESTS } from './table.ts'
import type { CallArguments, Dialect, Rendering } from './value.ts'
import type { Zones } from './zone.ts'

/** What is the same for every render of a template. */
export interface RenderSettings {
  readonly dialect: Dialect
  readonly isEscaping: boolean
  readonly timezone: string
  readonly maxOutputBytes: number
  readonly zones: Zones
}

/** A place in the rendered text: from there on, what site `site` printed. */
export interface Mark {
  readonly offset: number
  readonly site: number
}

/** The state of one render; made anew for each. */
export class RenderState implements Rendering {
  isEscaping: boolean
  isInString = true
  depth = 0
  /** Innermost site of a failure; only tracing code sets it. */
  failedAt: number | null = null
  readonly marks: Mark[] = []
  readonly #settings: RenderSettings
  readonly #journal: Journal
  readonly #seed: string
  #draw: (() => number) | null = null

  constructor(settings: RenderSettings, journal: Journal, seed: string) {
    this.#settings = settings
    this.#journal = journal
    this.#seed = seed
    this.isEscaping = settings.isEscaping
  }

  get dialect(): Dialect {
    return this.#settings.dialect
  }

  get timezone(): string {
    return this.#settings.timezone
  }

  get maxOutputBytes(): number {
    return this.#settings.maxOutputBytes
  }

  get zones(): Zones {
    return this.#settings.zones
  }

  random(): number {
    this.#draw ??= createRandom(this.#seed)
    return this.#draw()
  }

  beforeChange(container: object): void {
    if (Object.isFrozen(container))
      throw new RenderFault('expected a list or mapping that can be changed, got a frozen one')
    this.#journal.record(container)
  }

  mark(offset: number, site: number): void {
    this.marks.push({ offset, site })
  }

  callFilter(name: string, value: unknown, args: CallArguments): unknown {
    if (!Object.hasOwn(FILTERS, name)) throw new RenderFault('expected a known filter, got another name')
    return callMethod(value, FILTERS[name]!, { ...args, rendering: this })
  }

  callTest(name: string, value: unknown, args: CallArguments): boolean {
    if (!Object.hasOwn(TESTS, name)) throw new RenderFault('expected a known test, got another name')
    return isTrue(callMethod(value, TESTS[name]!, { ...args, rendering: this }))
  }
}
