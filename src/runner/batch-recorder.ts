import type { BatchNote, BatchReport, Decision, DeliveryReport } from '../campaign/delivery.ts'
import type { Outcome } from '../campaign/outcome.ts'
import type { FailedReason } from '../campaign/result.ts'
import type { Clock } from '../clock.ts'
import type { ResultRow, WaitingBatch, WaitingRow } from '../ledger/rows.ts'
import { halvesOf, type StopDecision, type StopRules } from '../policy/policy.ts'
import type { RowBook } from './row-book.ts'
import { NO_WORDS, type End, type ResultBook } from './result-book.ts'
import type { Member, Next, RefusedPart, Splits } from './splits.ts'

export interface BatchRecorderOptions {
  readonly book: ResultBook
  readonly rules: StopRules
  readonly clock: Clock
  readonly splits: Splits
  readonly rows: RowBook
}

/** A batch that has been reported on, and what the coordinator knew about it. */
export interface RecordedBatch {
  readonly chunk: number
  readonly note: Pick<BatchNote, 'root' | 'path' | 'count'>
  readonly waiting: WaitingRow | null
  readonly calls: number
  readonly isInDoubt: boolean
}

type AnswerOf = Pick<DeliveryReport, 'seq' | 'httpStatus'> & { readonly latencyMs: number | null }

/** Writes down what became of the customers of batches, and goes on with the halves of a refused one. */
export class BatchRecorder {
  readonly #options: BatchRecorderOptions

  constructor(options: BatchRecorderOptions) {
    this.#options = options
  }

  /** Customers who were left out end by themselves, whatever comes of the others. */
  recordLeftOut(report: DeliveryReport, batch: BatchReport, { chunk, note }: RecordedBatch): StopDecision[] {
    const { book, rules } = this.#options
    const decisions: StopDecision[] = []
    const rows: ResultRow[] = []
    const isFirst = report.attempt === 1 && note.path === ''
    const leftOut = batch.leftOut.toSorted((a, b) => a.seq - b.seq)
    let counted = 0
    for (const { seq, customerId, decision } of leftOut) {
      const before = batch.members.findIndex((member) => member.seq > seq)
      const rendered = before === -1 ? batch.members.length : before
      if (isFirst && report.verdict.kind === 'called') rules.recordRendered(chunk, rendered - counted)
      counted = rendered
      rows.push(book.end({ ...UNANSWERED, chunk, seq, customerId }, endOf(decision, { calls: 0, isInDoubt: false })))
      decisions.push(...rules.record(eventOf(report, chunk, decision)))
    }
    if (isFirst && report.verdict.kind === 'called') rules.recordRendered(chunk, batch.members.length - counted)
    if (rows.length > 0) book.add((ledger) => rows.forEach((row) => ledger.putResult(row)))
    for (const { code, message } of batch.warnings) book.warn(code, message)
    return decisions
  }

  /** Nothing was sent, or not again. */
  recordDecision(report: DeliveryReport, batch: BatchReport, recorded: RecordedBatch): StopDecision[] {
    const { verdict } = report
    if (verdict.kind === 'called') throw new TypeError('expected a batch without a call, got one')
    const { calls, isInDoubt } = recorded
    this.#end(report, batch, { ...recorded, endFor: () => endOf(verdict, { calls, isInDoubt }) })
    // Of a template that fails every customer is counted.
    const isRender = verdict.reason === 'render' || verdict.reason === 'template'
    const events = isRender ? batch.members.length : Math.min(1, batch.members.length)
    const { rules } = this.#options
    return Array.from({ length: events }, () => rules.record(eventOf(report, recorded.chunk, verdict))).flat()
  }

  /** The batch has its end; each customer the one of the answer's item, where there is one. */
  recordEnd(report: AnswerOf, batch: BatchReport, recorded: RecordedBatch & { readonly end: End }): void {
    const { end } = recorded
    const endFor = ({ item }: BatchReport['members'][number]): End => {
      if (item === null) return end
      const status = item.status
      // What is said about somebody by name leaves no doubt about them.
      return {
        status,
        reason: status === 'sent' ? null : 'refused',
        calls: end.calls,
        words: item.words,
        isInDoubt: false,
      }
    }
    this.#end(report, batch, { ...recorded, endFor })
  }

  /** Whether a refusal is to be looked into; one customer alone can't be halved. */
  isToBeSplit({ members, isToBeSplit }: BatchReport, { path }: Pick<BatchNote, 'path'>): boolean {
    return isToBeSplit && (path !== '' || members.length > 1)
  }

  recordRefusal(report: DeliveryReport, batch: BatchReport, recorded: RecordedBatch): readonly StopDecision[] {
    const { verdict, seq, attempt, httpStatus, latencyMs } = report
    const outcome = verdict.kind === 'called' ? verdict.outcome : null
    if (outcome?.kind !== 'stop') throw new TypeError('expected a batch that was refused, got another end')
    const { chunk, calls, isInDoubt, note } = recorded
    const { root, path, count } = note
    const { words } = outcome
    const answer = { attempt, calls, httpStatus, latencyMs, words, isInDoubt }
    const { members, requestId } = batch
    const part: RefusedPart = { chunk, root, path, seq, count, members, requestId, ...answer }
    const { rules, splits } = this.#options
    const next: Next = path === '' ? { kind: 'halve', part } : splits.refused(part)
    this.#goOn(next)
    if (next.kind === 'wait') this.#hold(part, report.code)
    const refused: Outcome = { kind: 'refused', reason: 'client_error', words }
    const event = { ...report, chunk, isBatch: true, isOutOfRetries: false }
    return rules.record(next.kind === 'fail' ? event : { ...event, verdict: { kind: 'called', outcome: refused } })
  }

  /** Ends a batch that nobody reports on. */
  giveUp(
    row: WaitingRow,
    batch: WaitingBatch,
    { reason, message }: { readonly reason: Extract<FailedReason, 'crash' | 'unknown'>; readonly message: string },
  ): void {
    const { book, rows } = this.#options
    const { chunk, seq, httpStatus, calls } = row
    const { decided, members } = rows.unendedOf(row, batch.count)
    const words = { ...NO_WORDS, message }
    const end: End = { status: 'failed', reason, calls, words, isInDoubt: true }
    const ends = [
      ...decided.map(({ decision, ...customer }) =>
        book.end({ ...UNANSWERED, chunk, ...customer }, endOf(decision, { calls: 0, isInDoubt: false })),
      ),
      ...members.map((member) => book.end({ ...UNANSWERED, chunk, ...member, httpStatus }, end)),
    ]
    const requestId = rows.requestIdOf(seq, batch)
    // They may have been in it, so that it can't be repeated without them.
    const erased = decided.filter(({ decision }) => decision.reason === 'erased').length
    book.add((ledger) => {
      const delivery = members.length === 0 ? null : ledger.putDelivery(requestId, members.length + erased)
      ends.forEach((row, at) => ledger.putResult(row, at < decided.length ? null : delivery))
      ledger.removeWaiting(seq)
    })
    this.#endPart(batch)
  }

  /** Ends the one customer over whom its sender died each time before anything left; the others come again without them. */
  leaveOut(row: WaitingRow, batch: WaitingBatch, { seq, message }: { seq: number; message: string }): boolean {
    const { book, rows } = this.#options
    const member = rows.unendedOf(row, batch.count).members.find((member) => member.seq === seq)
    if (member === undefined) return false
    const end: End = { status: 'failed', reason: 'crash', calls: 0, words: { ...NO_WORDS, message }, isInDoubt: false }
    const result = book.end({ ...UNANSWERED, chunk: row.chunk, ...member }, end)
    book.add((ledger) => {
      ledger.putResult(result)
      ledger.putWaiting({ ...row, isLent: false, batch: { ...batch, customers: batch.customers - 1 } })
    })
    return true
  }

  #end(
    report: AnswerOf,
    { members, requestId }: BatchReport,
    ended: RecordedBatch & { endFor(member: BatchReport['members'][number]): End },
  ): void {
    const { chunk, note, waiting, calls, isInDoubt } = ended
    const { book } = this.#options
    const { httpStatus, latencyMs, seq } = report
    const rows = members.map((member) => {
      const { seq, customerId, properties } = member
      return book.end({ chunk, seq, customerId, properties, httpStatus, latencyMs }, ended.endFor(member))
    })
    book.add((ledger) => {
      const wasSent = calls > 0 || isInDoubt
      const delivery = wasSent && rows.length > 0 ? ledger.putDelivery(requestId, rows.length) : null
      for (const row of rows) ledger.putResult(row, delivery)
      if (waiting !== null) ledger.removeWaiting(seq)
    })
    this.#endPart(note)
  }

  #endPart({ root, path }: Pick<BatchNote, 'root' | 'path'>): void {
    if (path !== '') this.#goOn(this.#options.splits.ended(root, path))
  }

  #goOn(next: Next): void {
    if (next.kind === 'fail') for (const part of next.parts) this.#fail(part)
    if (next.kind !== 'halve') return
    // The one customer whom the receiver does not want.
    if (next.part.members.length === 1) this.#fail(next.part)
    else this.#halve(next.part)
  }

  #fail(part: RefusedPart): void {
    const { book } = this.#options
    const { chunk, seq, calls, httpStatus, latencyMs, words, isInDoubt, requestId } = part
    const end: End = { status: 'failed', reason: 'client_error', calls, words, isInDoubt }
    const rows = part.members.map(({ seq, customerId }) =>
      book.end({ chunk, seq, customerId, httpStatus, latencyMs, properties: null }, end),
    )
    book.add((ledger) => {
      const delivery = ledger.putDelivery(requestId, rows.length)
      for (const row of rows) ledger.putResult(row, delivery)
      ledger.removeWaiting(seq)
    })
  }

  #halve(part: RefusedPart): void {
    const { book, splits, clock } = this.#options
    const { chunk, root, seq, count } = part
    const now = clock.now()
    const [first, second] = halvesOf<Member>(part.members)
    const middle = second[0]!.seq
    const ranges = [
      { seq, count: middle - seq, members: first, path: `${part.path}0` },
      { seq: middle, count: seq + count - middle, members: second, path: `${part.path}1` },
    ]
    splits.begin(part)
    for (const { members, seq, count, path } of ranges) {
      const batch = { count, customers: members.length, root, path, isHeld: false, errorCode: null }
      const row: WaitingRow = {
        seq,
        chunk,
        attempt: 1,
        dueAt: now,
        isLent: false,
        doubtAt: null,
        restarts: 0,
        digest: null,
        calls: 0,
        httpStatus: null,
        code: null,
        message: null,
        customerId: null,
        batch,
      }
      book.add((ledger) => ledger.putWaiting(row))
    }
  }

  /** Kept with what was said to it until its other half has ended. */
  #hold(part: RefusedPart, code: string | null): void {
    const { chunk, root, path, seq, count, attempt, calls, httpStatus, words, members, isInDoubt } = part
    const now = this.#options.clock.now()
    const row: WaitingRow = {
      seq,
      chunk,
      attempt,
      dueAt: now,
      isLent: false,
      doubtAt: isInDoubt ? now : null,
      restarts: 0,
      digest: null,
      calls,
      httpStatus,
      code,
      message: words.message,
      customerId: null,
      batch: { count, customers: members.length, root, path, isHeld: true, errorCode: words.errorCode },
    }
    this.#options.book.add((ledger) => ledger.putWaiting(row))
  }
}

const UNANSWERED = { httpStatus: null, latencyMs: null, properties: null }

function endOf(decision: Decision, { calls, isInDoubt }: Pick<End, 'calls' | 'isInDoubt'>): End {
  const { kind: status, reason, message } = decision
  return { status, reason, calls, words: { ...NO_WORDS, message }, isInDoubt }
}

function eventOf({ attempt }: DeliveryReport, chunk: number, verdict: Decision): Parameters<StopRules['record']>[0] {
  return { attempt, chunk, verdict, httpStatus: null, isOutOfRetries: false }
}
