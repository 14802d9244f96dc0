import { BatchCutter, customerIdOf, parseSpoolLine, type SpoolReader, type SpoolRow } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Decision } from '../campaign/delivery.ts'
import { partIdOf, requestIdOf } from '../campaign/run-id.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { WaitingBatch, WaitingRow } from '../ledger/rows.ts'
import type { Member, RefusedPart } from './splits.ts'

/** Looks rows up that nobody has reported on: as their sender would name them, and which of them go together. */
export class RowBook {
  readonly #spool: SpoolReader
  readonly #campaign: Campaign
  readonly #ledger: Ledger
  readonly #runId: string
  /** Null when every row is a delivery. */
  readonly batches: BatchCutter | null

  constructor({
    spool,
    campaign,
    ledger,
    hasKeptBatches,
  }: {
    spool: SpoolReader
    campaign: Campaign
    ledger: Ledger
    hasKeptBatches: boolean
  }) {
    this.#spool = spool
    this.#campaign = campaign
    this.#ledger = ledger
    const { runId, replayOf } = ledger.run()
    this.#runId = runId
    const size = campaign.webhook.batch?.size ?? null
    const isBatched = size !== null || hasKeptBatches
    this.batches = isBatched ? new BatchCutter(spool, { size, isReplay: replayOf !== null }) : null
  }

  customerIdAt(seq: number): string {
    return this.#customerIdOf(this.#rowAt(seq), seq)
  }

  /** The rows of a batch without a result: those whose end was known before anything was sent, and the others. */
  unendedOf(
    { chunk, seq }: Pick<WaitingRow, 'chunk' | 'seq'>,
    count: number,
  ): { readonly decided: readonly (Member & { readonly decision: Decision })[]; readonly members: readonly Member[] } {
    const ended = new Set(this.#ledger.endedSeqs(chunk, seq, count))
    const decided: (Member & { readonly decision: Decision })[] = []
    const members: Member[] = []
    for (let at = seq; at < seq + count; at++) {
      if (ended.has(at)) continue
      const spooled = this.#rowAt(at)
      const member = { seq: at, customerId: this.#customerIdOf(spooled, at) }
      if (spooled.verdict === null) members.push(member)
      else decided.push({ ...member, decision: decisionFrom(spooled.verdict) })
    }
    return { decided, members }
  }

  /** What the halves of refused batches were at when an earlier process ended. */
  *halves(): Generator<{ readonly root: number; readonly path: string; readonly refused: RefusedPart | null }> {
    for (const row of this.#ledger.halves()) {
      const { batch } = row
      if (batch === null) continue
      const { root, path } = batch
      yield { root, path, refused: batch.isHeld ? this.#refusedFrom(row, batch) : null }
    }
  }

  requestIdOf(seq: number, { root, path }: Pick<WaitingBatch, 'root' | 'path'>): string {
    const kept = this.#rowAt(seq).kept
    return partIdOf(kept?.request_id ?? requestIdOf(this.#runId, root), path)
  }

  #refusedFrom(row: WaitingRow, batch: WaitingBatch): RefusedPart {
    const { seq, chunk, attempt, calls, httpStatus, message, doubtAt } = row
    const { root, path, count, errorCode } = batch
    return {
      chunk,
      root,
      path,
      seq,
      count,
      attempt,
      calls,
      httpStatus,
      latencyMs: null,
      members: this.unendedOf(row, count).members,
      requestId: this.requestIdOf(seq, batch),
      words: { errorCode, message, resultCode: null, resultStatus: null },
      isInDoubt: doubtAt !== null,
    }
  }

  #rowAt(seq: number): SpoolRow {
    return parseSpoolLine(this.#spool.pick([seq]).lines)
  }

  #customerIdOf({ row, number }: SpoolRow, seq: number): string {
    return customerIdOf(row ?? {}, { column: this.#campaign.customerId, rowNumber: number ?? seq + 1 })
  }
}

function decisionFrom(verdict: NonNullable<SpoolRow['verdict']>): Decision {
  if (verdict.status === 'suppressed') return { kind: 'suppressed', reason: verdict.reason, message: verdict.message }
  return { kind: 'failed', reason: 'row', message: verdict.message ?? 'the row could not be read' }
}
