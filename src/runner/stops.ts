import type { Campaign } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { describeStop, type StopDecision } from '../policy/policy.ts'
import type { Recorder } from './recorder.ts'

/** What is stopped: chunks, or the whole webhook. */
export class Stops {
  readonly #chunks: Set<number>
  readonly #isEventRun: boolean
  #isWebhookStopped: boolean

  readonly #onAcknowledged: () => void
  readonly #open = new Set<Promise<void>>()

  constructor(ledger: Ledger, onAcknowledged = (): void => undefined) {
    this.#onAcknowledged = onAcknowledged
    this.#isEventRun = ledger.run().event !== null
    this.#chunks = new Set(ledger.chunks().flatMap(({ chunk, isStopped }) => (isStopped ? [chunk] : [])))
    this.#isWebhookStopped = ledger.isWebhookStopped()
  }

  get isWebhookStopped(): boolean {
    return this.#isWebhookStopped
  }

  /** Stopped until somebody lets it go on: those who come meanwhile are not known yet. */
  get isOnHold(): boolean {
    return this.#isEventRun && this.#isWebhookStopped
  }

  /** What is in doubt there is not sent again. On hold it waits, and is. */
  readonly isGivenUp = (chunk: number): boolean => !this.#isEventRun && this.isStopped(chunk)

  readonly isStopped = (chunk: number): boolean => this.#isWebhookStopped || this.#chunks.has(chunk)

  /** Every sender knows of all that is stopped. */
  get isAcknowledged(): boolean {
    return this.#open.size === 0
  }

  /** Senders were told to stop, and say so by this. */
  async acknowledged(by: Promise<void>): Promise<void> {
    this.#open.add(by)
    await by
    this.#open.delete(by)
    this.#onAcknowledged()
  }

  /** Customers who are stopped without a result; who is in flight may still get one. */
  countAborted(customers: number, { chunkSize }: Campaign, recorder: Recorder): number {
    if (this.#isWebhookStopped) return customers - recorder.ended
    const most = chunkSize ?? customers
    let aborted = 0
    for (const chunk of this.#chunks) {
      const size = Math.min(most, customers - chunk * most)
      aborted += size - (recorder.endedIn(chunk) ?? size)
    }
    return aborted
  }

  /** Writes a stop down; false when all that it would stop is stopped already. */
  apply(
    decision: StopDecision,
    { campaign, clock, recorder }: { campaign: Campaign; clock: Clock; recorder: Recorder },
  ): boolean {
    const { rule, scope, chunk, httpStatus } = decision
    if (this.#isWebhookStopped || (chunk !== null && this.#chunks.has(chunk))) return false
    if (chunk === null) this.#isWebhookStopped = true
    else this.#chunks.add(chunk)
    const { origin, path } = campaign.webhook
    const message = describeStop(decision, path.text.includes('{') ? origin : origin + path.text)
    const { samples } = recorder
    recorder.add((ledger) =>
      ledger.recordStop({ rule, scope, chunk, httpStatus, stoppedAt: clock.now(), message, samples }),
    )
    return true
  }
}
