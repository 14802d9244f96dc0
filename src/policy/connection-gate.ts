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
    return this.#isOut(now) || now < this.#closed.nextAt ? 'none' : 'one'
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
    const isLone = this.#isLone(event, now)
    if (outcome.kind === 'local') {
      if (isLone) this.recordUnused()
      return { isAttemptSpent: false }
    }
    const isIssue = outcome.kind === 'retry' && outcome.isConnectionIssue
    if (event.httpStatus !== null && !isIssue) {
      this.#recordAnswer(event, isLone, now)
      return { isAttemptSpent: true }
    }
    if (isIssue) {
      this.#issuesInARow++
      this.#lastMessage = outcome.message
    }
    const isFailedProbe = isIssue && isLone && this.#closed?.kind === 'probing'
    if (isLone) this.#delayNext(now)
    if (this.#issuesInARow >= CONNECTION_ISSUES_IN_A_ROW) this.#probe(now)
    return { isAttemptSpent: !isFailedProbe }
  }

  /** When time alone next changes what this gate says; null when only an event can. */
  wakeAt(now: number): number | null {
    const closed = this.#closed
    if (closed === null) return null
    const lostAt = closed.outSince === null ? null : closed.outSince + this.#rules.timeoutMs + LOST_AFTER_MS
    const instants = [lostAt ?? closed.nextAt, this.#deadlineAt()]
    const later = instants.filter((at) => at !== null && at > now) as number[]
    return later.length === 0 ? null : Math.min(...later)
  }

  /** The decision to stop the webhook, once the receiver has been silent for too long; null before, and while a probe is out. */
  stopDue(now: number): StopDecision | null {
    const closed = this.#closed
    const deadlineAt = this.#deadlineAt()
    if (closed === null || deadlineAt === null || now < deadlineAt || closed.failures === 0 || this.#isOut(now))
      return null
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

  #recordAnswer(event: GateEvent, isLone: boolean, now: number): void {
    this.#issuesInARow = 0
    const { outcome } = event
    if (outcome.kind === 'retry' && outcome.retryAfterMs !== null && isTurnedAway(event)) {
      this.#pause(now + Math.min(outcome.retryAfterMs, LONGEST_PAUSE_MS), { isLone, now })
      return
    }
    const isPaused = this.#closed?.kind === 'paused'
    // While paused, an answer to a call from before the pause says nothing about now.
    if (isPaused && !isLone) return
    if (isPaused && isTurnedAway(event)) this.#delayNext(now)
    else this.#closed = null
  }

  #pause(until: number, { isLone, now }: { isLone: boolean; now: number }): void {
    const { outSince = null, nextAt = now, kind = null } = this.#closed ?? {}
    this.#closed = {
      kind: 'paused',
      nextAt: kind === 'paused' ? Math.max(nextAt, until) : until,
      outSince: isLone ? null : outSince,
      failures: 0,
      silentSince: now,
    }
  }

  #probe(now: number): void {
    if (this.#closed?.kind === 'probing') return
    const nextAt = Math.max(now + FIRST_WAIT_MS, this.#closed?.nextAt ?? 0)
    this.#closed = { kind: 'probing', nextAt, outSince: null, failures: 0, silentSince: now }
  }

  /** The lone call did not open the gate: 1, 2, 4 … 30 s apart. The first probe has waited its second before this. */
  #delayNext(now: number): void {
    const closed = this.#closed
    if (closed === null) return
    const steps = closed.kind === 'probing' ? closed.failures + 1 : closed.failures
    closed.outSince = null
    closed.failures++
    closed.nextAt = now + Math.min(FIRST_WAIT_MS * 2 ** steps, LONGEST_WAIT_MS)
  }

  #deadlineAt(): number | null {
    const { connectionMs } = this.#rules
    if (connectionMs === 'never' || this.#closed?.kind !== 'probing') return null
    return this.#closed.silentSince + connectionMs
  }

  #isOut(now: number): boolean {
    const outSince = this.#closed?.outSince ?? null
    return outSince !== null && now < outSince + this.#rules.timeoutMs + LOST_AFTER_MS
  }

  #isLone({ latencyMs }: GateEvent, now: number): boolean {
    const outSince = this.#closed?.outSince ?? null
    return outSince !== null && now - latencyMs >= outSince - START_TOLERANCE_MS
  }
}
