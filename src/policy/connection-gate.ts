import type { Never } from '../campaign/campaign.ts'
import type { Outcome } from '../campaign/outcome.ts'
import { isTurnedAway } from './pressure.ts'
import type { StopDecision } from './stop-decision.ts'

/** One attempt, as far as the gate is concerned. */
export interface GateEvent {
  readonly outcome: Outcome
  readonly httpStatus: number | null
  /** From dispatch to the end: tells whether the call began before the gate closed. */
  readonly latencyMs: number
}

export interface GateRules {
  /** Without any HTTP answer for so long while probing, the webhook is stopped. */
  readonly connectionMs: number | Never
  /** The deadline of an attempt. */
  readonly timeoutMs: number
}

interface Closed {
  kind: 'probing' | 'paused'
  /** When the next lone call may start. */
  nextAt: number
  /** When the lone call was started; null while none is out. */
  outSince: number | null
  /** Lone calls that did not open the gate. */
  failures: number
  /** Since when no answer has come; moves if there was nothing to probe with. */
  silentSince: number
  hasGivenUp: boolean
}

/** So many connection issues without an HTTP answer between them, and the receiver is taken for gone. */
export const CONNECTION_ISSUES_IN_A_ROW = 20
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000
const LONGEST_PAUSE_MS = 60_000

/** Nothing starts in the second before a probe, so a call that began this much before it is still the probe: clocks round. */
const START_TOLERANCE_MS = 250

/** A lone call whose end is not recorded so long after its deadline went down with its sender. */
const LOST_AFTER_MS = 10_000

/**
 * Whether calls may start, by what the receiver's connections do.
 *
 * - `open`: all may start.
 * - `probing`, after 20 connection issues in a row: one may start after 1 s, and after each failure another 2, 4 … 30 s
 *   later. The first HTTP answer, of a probe or of a call from before, opens the gate. A probe that meets a connection
 *   issue uses up no attempt. After `connectionMs` without an answer the webhook is to be stopped.
 * - `paused`, by `Retry-After` on a 429 or 503 (at most 60 s): none may start until then, after that one goes first. Any
 *   answer to it but 429, or 503 with `Retry-After`, opens the gate. Without an answer, or with a bare 429, another goes
 *   first after 1, 2, 4 … 30 s.
 *
 * Only an HTTP answer ends a row of connection issues; a timeout waiting for an answer neither counts nor ends it.
 * Ask `startsAllowed` and `stopDue` after each event, and at `wakeAt`.
 * Take another delivery for each lone call where there is one: a single poisonous one must not keep the gate shut.
 */
export class ConnectionGate {
  readonly #rules: GateRules
  #issuesInARow = 0
  #closed: Closed | null = null
  #lastMessage: string | null = null

  constructor(rules: GateRules) {
    this.#rules = rules
  }

  get mode(): 'open' | 'probing' | 'paused' {
    return this.#closed?.kind ?? 'open'
  }

  startsAllowed(now: number): 'all' | 'one' | 'none' {
    if (this.#closed === null) return 'all'
    const { nextAt, hasGivenUp } = this.#closed
    const isShut = hasGivenUp || now < nextAt || this.#isOut(this.#closed, now) || this.#isOverdue(this.#closed, now)
    return isShut ? 'none' : 'one'
  }

  /** The one start that was allowed is given out; no other is until its end is recorded. */
  recordStart(now: number): void {
    const closed = this.#closed
    if (closed === null) return
    if (closed.failures === 0) closed.silentSince = Math.max(closed.silentSince, now - FIRST_WAIT_MS)
    closed.outSince = now
  }

  /** The start that was given out made no call (its template failed, its sender died): another may go. */
  recordUnused(): void {
    if (this.#closed !== null) this.#closed.outSince = null
  }

  /** Takes an attempt that ended. One that was not spent comes again under the same number. */
  record(event: GateEvent, now: number): { readonly isAttemptSpent: boolean } {
    const { outcome } = event
    const lone = this.#isLone(event, now) ? this.#closed : null
    if (outcome.kind === 'local') {
      if (lone !== null) lone.outSince = null
      return { isAttemptSpent: false }
    }
    const isIssue = outcome.kind === 'retry' && outcome.isConnectionIssue
    if (event.httpStatus !== null && !isIssue) {
      this.#recordAnswer(event, lone, now)
      return { isAttemptSpent: true }
    }
    if (isIssue) {
      this.#issuesInARow++
      this.#lastMessage = outcome.message
    }
    if (lone !== null) delayNext(lone, now)
    if (this.#issuesInARow >= CONNECTION_ISSUES_IN_A_ROW) this.#probe(now)
    return { isAttemptSpent: !isIssue || lone?.kind !== 'probing' }
  }

  /** When time alone next changes what this gate says, `now` for a stop that is due; null when only an event can. */
  wakeAt(now: number): number | null {
    const closed = this.#closed
    if (closed === null || closed.hasGivenUp) return null
    if (this.#isOverdue(closed, now)) return now
    const nextAt = closed.outSince === null ? closed.nextAt : this.#lostAt(closed.outSince)
    const later = [nextAt, this.#deadlineAt(closed)].filter((at) => at !== null && at > now) as number[]
    return later.length === 0 ? null : Math.min(...later)
  }

  /** The decision to stop the webhook, once the receiver was silent for too long; given once, and not while a probe is out. */
  stopDue(now: number): StopDecision | null {
    const closed = this.#closed
    if (closed === null || closed.hasGivenUp || !this.#isOverdue(closed, now)) return null
    closed.hasGivenUp = true
    return {
      rule: 'connection',
      scope: 'webhook',
      chunk: null,
      httpStatus: null,
      message: this.#lastMessage,
      count: this.#issuesInARow,
      of: null,
      silentMs: now - closed.silentSince,
      chunksRule: null,
    }
  }

  #recordAnswer(event: GateEvent, lone: Closed | null, now: number): void {
    this.#issuesInARow = 0
    const closed = this.#closed
    const { outcome } = event
    if (outcome.kind === 'retry' && outcome.retryAfterMs !== null && isTurnedAway(event)) {
      if (lone !== null) lone.outSince = null
      this.#pause(now + Math.min(outcome.retryAfterMs, LONGEST_PAUSE_MS), now)
    } else if (closed?.kind !== 'paused') this.#closed = null
    // While paused, an answer to a call from before the pause says nothing about now.
    else if (lone !== null) {
      if (isTurnedAway(event)) delayNext(lone, now)
      else this.#closed = null
    }
  }

  #pause(until: number, now: number): void {
    const closed = this.#closed
    const nextAt = closed?.kind === 'paused' ? Math.max(closed.nextAt, until) : until
    this.#closed = { ...closedAt(now), kind: 'paused', nextAt, outSince: closed?.outSince ?? null }
  }

  #probe(now: number): void {
    if (this.#closed?.kind === 'probing') return
    const nextAt = Math.max(now + FIRST_WAIT_MS, this.#closed?.nextAt ?? now)
    this.#closed = { ...closedAt(now), kind: 'probing', nextAt }
  }

  #deadlineAt({ kind, silentSince }: Closed): number | null {
    const { connectionMs } = this.#rules
    return connectionMs === 'never' || kind !== 'probing' ? null : silentSince + connectionMs
  }

  #isOverdue(closed: Closed, now: number): boolean {
    const deadlineAt = this.#deadlineAt(closed)
    return deadlineAt !== null && now >= deadlineAt && closed.failures > 0 && !this.#isOut(closed, now)
  }

  #lostAt(outSince: number): number {
    return outSince + this.#rules.timeoutMs + LOST_AFTER_MS
  }

  #isOut({ outSince }: Closed, now: number): boolean {
    return outSince !== null && now < this.#lostAt(outSince)
  }

  #isLone({ latencyMs }: GateEvent, now: number): boolean {
    const outSince = this.#closed?.outSince ?? null
    return outSince !== null && now - latencyMs >= outSince - START_TOLERANCE_MS
  }
}

function closedAt(now: number): Pick<Closed, 'outSince' | 'failures' | 'silentSince' | 'hasGivenUp'> {
  return { outSince: null, failures: 0, silentSince: now, hasGivenUp: false }
}

/** The lone call did not open the gate: 1, 2, 4 … 30 s apart. The first probe has waited its second before this. */
function delayNext(closed: Closed, now: number): void {
  const steps = closed.kind === 'probing' ? closed.failures + 1 : closed.failures
  closed.outSince = null
  closed.failures++
  closed.nextAt = now + Math.min(FIRST_WAIT_MS * 2 ** steps, LONGEST_WAIT_MS)
}
