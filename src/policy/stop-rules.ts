import type { AbortRules } from '../campaign/campaign.ts'
import type { DeliveryReport, Verdict } from '../campaign/delivery.ts'
import type { Outcome } from '../campaign/outcome.ts'
import type { StopDecision, StopRule } from './stop-decision.ts'

/** One recorded attempt, or a delivery decided without one. Attempts that were not spent (failed probes) are not recorded here. */
export interface StopEvent extends Pick<DeliveryReport, 'attempt' | 'verdict' | 'httpStatus'> {
  readonly chunk: number
  /** Set for a batch: its customers' templates are counted one by one, with `recordRendered`. */
  readonly isBatch?: boolean
  /** A `retry` outcome after which no attempt comes. */
  readonly isOutOfRetries: boolean
}

/** What is counted in one chunk. Plain JSON. */
export interface ChunkCounters {
  /** Deliveries that ended after a call: sent, refused, stopped, or out of retries. */
  ended: number
  /** Which of the ended ones (the first is 1) ran out of retries, as far as they lie in the rule's window. */
  outOfRetries: number[]
  clientErrors: number
  /** Customers whose template ran or failed, at their first attempt. */
  rendered: number
  renderFailed: number
  renderFailedInARow: number
  isStopped: boolean
  /** Which of the last customers' templates failed (the first customer is 1); only where rules count the webhook. */
  renderFailures?: number[]
}

/** The whole state of the rules: plain JSON, to be stored with the rows that it counts. */
export interface StopState {
  readonly hasRunSucceeded: boolean
  readonly isWebhookStopped: boolean
  readonly stoppedChunks: Readonly<Partial<Record<StopRule, number>>>
  readonly chunks: readonly (readonly [chunk: number, counters: Readonly<ChunkCounters>])[]
}

/** Where every customer is a chunk of one, rules look at this many of the last at most. */
const WEBHOOK_WINDOW = 100

type Tripped = Pick<StopDecision, 'rule'> & Partial<Pick<StopDecision, 'count' | 'of' | 'message'>>

const NONE: readonly StopDecision[] = []

/**
 * Decides when failures stop a chunk or the webhook, event by event in the coordinator's recording order.
 *
 * A chunk is stopped once, and so is the webhook: later events of what is stopped are counted and decide nothing.
 * An event costs constant time; the state is a few numbers for each chunk that has not ended.
 *
 * With `perWebhook` (customers who enter alone, one event each) there is one chunk in name only: all counts are over the
 * webhook's last 100 deliveries at most, client errors count while nothing else was answered between them, and every stop
 * is the webhook's.
 */
export class StopRules {
  readonly #rules: AbortRules
  readonly #chunks: Map<number, ChunkCounters>
  #stoppedChunks: Partial<Record<StopRule, number>>
  #hasRunSucceeded: boolean
  #isWebhookStopped: boolean
  readonly #isPerWebhook: boolean

  constructor(
    rules: AbortRules,
    state: StopState | null = null,
    { perWebhook }: { readonly perWebhook: boolean } = { perWebhook: false },
  ) {
    this.#rules = rules
    this.#isPerWebhook = perWebhook
    this.#chunks = new Map(state?.chunks.map(([chunk, counters]) => [chunk, copyOf(counters)]))
    this.#stoppedChunks = { ...state?.stoppedChunks }
    this.#hasRunSucceeded = state?.hasRunSucceeded ?? false
    this.#isWebhookStopped = state?.isWebhookStopped ?? false
  }

  /** A call of this run was answered with success: from then on a TLS failure is one bad node, and not the receiver's certificate. */
  get hasRunSucceeded(): boolean {
    return this.#hasRunSucceeded
  }

  /** A copy of everything counted, in time proportional to the chunks that have not ended. */
  get state(): StopState {
    return {
      hasRunSucceeded: this.#hasRunSucceeded,
      isWebhookStopped: this.#isWebhookStopped,
      stoppedChunks: { ...this.#stoppedChunks },
      chunks: [...this.#chunks].map(([chunk, counters]) => [chunk, copyOf(counters)]),
    }
  }

  /**
   * The last word on an outcome, before anything else is done with it: a TLS failure after a success is to be retried.
   *
   * A sender knows of its own successes only. It hands in a digest with a `tls` stop too, as a retry needs one.
   */
  settle(outcome: Outcome): Outcome {
    if (!this.#hasRunSucceeded || outcome.kind !== 'stop' || outcome.reason !== 'tls') return outcome
    return {
      kind: 'retry',
      cause: 'tls',
      retryAfterMs: null,
      isInDoubt: false,
      isConnectionIssue: true,
      message: outcome.words.message,
    }
  }

  /** Client errors recorded in a chunk: what a slice tells its sender, so that it stops at the one too many by itself. */
  clientErrors(chunk: number): number {
    return this.#chunks.get(chunk)?.clientErrors ?? 0
  }

  /** Takes a settled event; gives what it stops: nothing, a chunk, the webhook, or a chunk and with it the webhook. */
  record(event: StopEvent): readonly StopDecision[] {
    const counters = this.#countersOf(event.chunk)
    const tripped = this.#count(event, counters)
    if (tripped === null || this.#isWebhookStopped) return NONE
    const isWhole = this.#isPerWebhook || isOfWebhook(tripped.rule)
    const decision: StopDecision = {
      scope: isWhole ? 'webhook' : 'chunk',
      chunk: isWhole ? null : event.chunk,
      httpStatus: event.httpStatus,
      message: messageOf(event.verdict),
      count: 1,
      of: null,
      silentMs: null,
      chunksRule: null,
      ...tripped,
    }
    if (decision.scope === 'webhook') {
      this.#isWebhookStopped = true
      return [decision]
    }
    return counters.isStopped ? NONE : this.#stopChunk(decision, counters)
  }

  /** The template ran for so many customers of a batch, one after the other. */
  recordRendered(chunk: number, customers: number): void {
    if (this.#rules.render === 'never' || customers === 0) return
    const counters = this.#countersOf(chunk)
    counters.rendered += customers
    counters.renderFailedInARow = 0
  }

  /** Forgets a chunk whose last delivery has ended. */
  endChunk(chunk: number): void {
    this.#chunks.delete(chunk)
  }

  /** Starts all counters anew, as a resume after a stop does; that a call succeeded stays known. */
  lift(): void {
    this.#chunks.clear()
    this.#stoppedChunks = {}
    this.#isWebhookStopped = false
  }

  #stopChunk(decision: StopDecision, counters: ChunkCounters): readonly StopDecision[] {
    counters.isStopped = true
    const { rule, httpStatus, message } = decision
    const count = (this.#stoppedChunks[rule] ?? 0) + 1
    this.#stoppedChunks[rule] = count
    if (this.#rules.chunks === 'never' || count < this.#rules.chunks) return [decision]
    this.#isWebhookStopped = true
    const webhook = {
      rule: 'chunks',
      scope: 'webhook',
      chunk: null,
      of: null,
      silentMs: null,
      chunksRule: rule,
    } as const
    return [decision, { ...webhook, count, httpStatus, message }]
  }

  #countersOf(chunk: number): ChunkCounters {
    const known = this.#chunks.get(chunk)
    if (known !== undefined) return known
    const counters = {
      ended: 0,
      outOfRetries: [],
      clientErrors: 0,
      rendered: 0,
      renderFailed: 0,
      renderFailedInARow: 0,
      isStopped: false,
    }
    this.#chunks.set(chunk, counters)
    return counters
  }

  #count(event: StopEvent, counters: ChunkCounters): Tripped | null {
    const { verdict } = event
    if (verdict.kind === 'called') {
      // A customer is counted once: only a first attempt tells that its template runs.
      if (event.attempt === 1 && event.isBatch !== true) this.#countRender(counters, false)
      return this.#countCall(verdict.outcome, event.isOutOfRetries, counters)
    }
    if (verdict.reason !== 'render' && verdict.reason !== 'template') return null
    return this.#countRender(counters, verdict.kind === 'failed')
  }

  #countRender(counters: ChunkCounters, hasFailed: boolean): Tripped | null {
    const rules = this.#rules.render
    if (rules === 'never') return null
    if (this.#isPerWebhook) return countLastRenders(counters, rules, hasFailed)
    const isEarly = counters.rendered++ < rules.of
    if (!hasFailed) {
      counters.renderFailedInARow = 0
      return null
    }
    counters.renderFailedInARow++
    if (isEarly) counters.renderFailed++
    if (counters.renderFailedInARow >= rules.inARow) return { rule: 'render', count: counters.renderFailedInARow }
    // More than the share of all `of` customers: whatever the rest of them does, it can't fall under it again.
    if (!isEarly || counters.renderFailed <= rules.share * rules.of) return null
    return { rule: 'render', count: counters.renderFailed, of: rules.of }
  }

  #countCall(outcome: Outcome, isOutOfRetries: boolean, counters: ChunkCounters): Tripped | null {
    if (outcome.kind === 'local') return null
    if (outcome.kind === 'retry') return isOutOfRetries ? this.#countExhausted(counters) : null
    counters.ended++
    if (outcome.kind !== 'stop') {
      this.#hasRunSucceeded = true
      if (this.#isPerWebhook) counters.clientErrors = 0
      return null
    }
    const { reason } = outcome
    return reason === 'client_error' || reason === 'redirect' ? this.#countClientError(counters) : { rule: reason }
  }

  #countClientError(counters: ChunkCounters): Tripped | null {
    counters.clientErrors++
    const limit = this.#rules.clientError
    return limit === 'never' || counters.clientErrors < limit
      ? null
      : { rule: 'client_error', count: counters.clientErrors }
  }

  #countExhausted(counters: ChunkCounters): Tripped | null {
    counters.ended++
    const rules = this.#rules.exhausted
    if (rules === 'never') return null
    const { ended, outOfRetries } = counters
    const most = this.#isPerWebhook ? Math.min(rules.of, WEBHOOK_WINDOW) : rules.of
    outOfRetries.push(ended)
    while (outOfRetries[0]! <= ended - most) outOfRetries.shift()
    const of = Math.min(ended, most)
    const count = outOfRetries.length
    return count >= rules.least && count > rules.share * of ? { rule: 'exhausted', count, of } : null
  }
}

/** Customers come all day: what counts is the last of them, and not the first. */
function countLastRenders(
  counters: ChunkCounters,
  rules: Exclude<AbortRules['render'], 'never'>,
  hasFailed: boolean,
): Tripped | null {
  const at = ++counters.rendered
  const of = Math.min(rules.of, WEBHOOK_WINDOW)
  const failures = (counters.renderFailures ??= [])
  while (failures[0] !== undefined && failures[0] <= at - of) failures.shift()
  counters.renderFailedInARow = hasFailed ? counters.renderFailedInARow + 1 : 0
  if (!hasFailed) return null
  failures.push(at)
  if (counters.renderFailedInARow >= rules.inARow) return { rule: 'render', count: counters.renderFailedInARow }
  return failures.length > rules.share * of ? { rule: 'render', count: failures.length, of } : null
}

function copyOf(counters: Readonly<ChunkCounters>): ChunkCounters {
  const { renderFailures } = counters
  const copy = { ...counters, outOfRetries: [...counters.outOfRetries] }
  return renderFailures === undefined ? copy : { ...copy, renderFailures: [...renderFailures] }
}

function isOfWebhook(rule: StopRule): boolean {
  return rule === 'hard_stop' || rule === 'tls' || rule === 'blocked' || rule === 'proxy'
}

function messageOf(verdict: Verdict): string | null {
  if (verdict.kind !== 'called') return verdict.message
  const { outcome } = verdict
  return outcome.kind === 'retry' || outcome.kind === 'local' ? outcome.message : outcome.words.message
}
