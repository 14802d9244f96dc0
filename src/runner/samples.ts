import type { DeliveryReport } from '../campaign/delivery.ts'
import type { Change } from './result-book.ts'

const SAMPLES_PER_CODE = 100
const SAMPLES_PER_STOP = 3

/** Answers that were not `sent`, kept for people: some of each kind, and the last ones for a stop to show. */
export class Samples {
  readonly #counts: Map<string, number>
  readonly #recent: string[] = []

  /** `counts`: how many of each code the ledger has. */
  constructor(counts: Map<string, number>) {
    this.#counts = counts
  }

  get recent(): readonly string[] {
    return [...this.#recent]
  }

  keep({ seq, attempt, httpStatus, code, sample }: DeliveryReport, add: (change: Change) => void): void {
    if (sample === null) return
    this.#recent.push(`${code ?? 'no call'}: ${sample}`)
    if (this.#recent.length > SAMPLES_PER_STOP) this.#recent.shift()
    const name = code ?? 'none'
    const taken = this.#counts.get(name) ?? 0
    if (taken >= SAMPLES_PER_CODE) return
    this.#counts.set(name, taken + 1)
    add((ledger) => ledger.putSample({ seq, attempt, httpStatus, code: name, body: sample }))
  }
}
