/** What can be measured by itself; names for `--only`. */
export const PARTS = [
  'speed',
  'cost',
  'peers',
  'https',
  'slow',
  'batch',
  'growth',
  'ceiling',
  'control',
  'retries',
] as const

export type Part = (typeof PARTS)[number]

export interface Failure {
  readonly part: Part
  readonly message: string
}

/** The parts that were asked for: one that fails takes nothing of the others along. */
export class Parts {
  readonly #wanted: ReadonlySet<string>
  readonly #signal: AbortSignal
  readonly failures: Failure[] = []

  constructor(wanted: ReadonlySet<string>, signal: AbortSignal) {
    this.#wanted = wanted
    this.#signal = signal
  }

  /** Null where it was not asked for, or failed. */
  async measure<Found>(part: Part, run: () => Promise<Found>): Promise<Found | null> {
    if (!this.#wanted.has(part)) return null
    try {
      return await run()
    } catch (error) {
      this.#signal.throwIfAborted()
      const message = error instanceof Error ? error.message : String(error)
      this.failures.push({ part, message })
      console.error(`${part} failed: ${message}`)
      return null
    }
  }
}
