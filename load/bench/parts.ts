/** What can be measured by itself; names for `--only`. */
export const PARTS = [
  'speed',
  'growth',
  'control',
  'peers',
  'retries',
  'cost',
  'ceiling',
  'https',
  'slow',
  'batch',
  'triggers',
] as const

export type Part = (typeof PARTS)[number]

export interface Failure {
  readonly part: Part
  readonly message: string
}

/** The parts that were asked for: one that fails takes nothing of the others along. */
export class Parts {
  readonly #wanted: ReadonlySet<string>
  readonly #stopped: AbortSignal
  readonly #isOver: AbortSignal
  readonly failures: Failure[] = []

  /** `stopped` ends all of it; once `isOver` fires no part begins, and whoever listens to it ends the one that goes on. */
  constructor(wanted: ReadonlySet<string>, { stopped, isOver }: { stopped: AbortSignal; isOver: AbortSignal }) {
    this.#wanted = wanted
    this.#stopped = stopped
    this.#isOver = isOver
  }

  /** Null where it was not asked for, or failed. */
  async measure<Found>(part: Part, run: () => Promise<Found>): Promise<Found | null> {
    if (!this.#wanted.has(part)) return null
    try {
      this.#isOver.throwIfAborted()
      return await run()
    } catch (failure) {
      this.#stopped.throwIfAborted()
      const error: unknown = this.#isOver.aborted ? this.#isOver.reason : failure
      const message = error instanceof Error ? error.message : String(error)
      this.failures.push({ part, message })
      console.error(`${part} failed: ${message}`)
      return null
    }
  }
}
