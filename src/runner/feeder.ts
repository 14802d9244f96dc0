import type { SpoolReader } from '../audience/audience.ts'
import type { BatchNote, DeliveryNote, Slice } from '../campaign/delivery.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { WaitingRow } from '../ledger/rows.ts'
import type { Queue } from '../queue/queue.ts'
import { cutBatches, pickBatches, SLICE_BYTES } from './batch-slices.ts'
import type { RowBook } from './row-book.ts'

/** A slice as the coordinator keeps it while a sender has it. */
export interface OpenSlice {
  readonly id: number
  readonly chunk: number
  readonly firstSeq: number
  readonly count: number
  readonly lentAt: number
  /** What the ledger knew of each delivery that comes again; null for first attempts. */
  readonly waiting: ReadonlyMap<number, WaitingRow> | null
  /** By the first row of each delivery; null when every row is one. */
  readonly batches: ReadonlyMap<number, BatchNote> | null
  readonly reported: Set<number>
  isStarted: boolean
}

export interface Lending {
  readonly slice: Slice
  readonly open: OpenSlice
  /** Written in the same commit that makes the slice lent. */
  readonly write: (ledger: Ledger) => void
}

export interface FeederOptions {
  readonly ledger: Ledger
  readonly spool: SpoolReader
  readonly clock: Clock
  /** Rows that may be lent from now on before the run is interrupted; null without such a limit. */
  readonly limit: number | null
  readonly queue: Pick<Queue, 'sliceRows' | 'size'>
  readonly clientErrorsOf: (chunk: number) => number
  readonly rows: RowBook
}

/** Less is not worth a turn of the coordinator, nor is it long: some 30 ms of a sender's work. */
const LEAST_ROWS = 256

interface FeedChunk {
  readonly chunk: number
  readonly startedAt: number | null
  nextSeq: number
}

/**
 * Cuts what comes next into slices: due deliveries first, then first attempts in the audience's order.
 *
 * A chunk begins when every delivery of the one before has been started, which the coordinator tells.
 */
export class Feeder {
  readonly #options: FeederOptions
  readonly #unfinished: FeedChunk[]
  readonly #chunkSize: number | null
  readonly #stopped = new Set<number>()
  /** The spool holds every row there will be. */
  isAudienceComplete: boolean
  #newest: FeedChunk | null
  #nextSliceId: number
  #left: number
  #hasCut = false

  constructor(options: FeederOptions) {
    this.#options = options
    const { ledger, limit } = options
    const run = ledger.run()
    const chunks = ledger.chunks()
    this.#chunkSize = run.chunkSize
    this.isAudienceComplete = run.isAudienceComplete
    this.#left = limit ?? Number.POSITIVE_INFINITY
    this.#nextSliceId = 1 + Math.max(0, ...ledger.lent().map(({ slice }) => slice))
    this.#unfinished = chunks.map(({ chunk, startedAt, nextSeq }) => ({ chunk, startedAt, nextSeq }))
    this.#newest = this.#unfinished.at(-1) ?? null
    for (const { chunk, isStopped } of chunks) if (isStopped) this.#stopped.add(chunk)
  }

  get isLimitReached(): boolean {
    return this.#left <= 0
  }

  /** No first attempt is left, and none will come: the audience is complete. */
  get isFed(): boolean {
    return this.isAudienceComplete && this.#current() === null
  }

  stopChunk(chunk: number): void {
    this.#stopped.add(chunk)
  }

  /** The chunk whose first attempts come next; null when there are none (yet). */
  get nextChunk(): number | null {
    return this.#current()?.chunk ?? null
  }

  /** First attempts: the next rows of the chunk that is being fed; null when there are none. */
  cutFirst(wantedRows: number): Lending | null {
    const { clock } = this.#options
    const chunk = this.#current()
    if (chunk === null || this.#left <= 0) return null
    const { count, lines, batches } = this.#cutRows(chunk, wantedRows)
    if (count === 0) return null
    const now = clock.now()
    const firstSeq = chunk.nextSeq
    const isNew = chunk.startedAt === null
    const started = { ...chunk, startedAt: chunk.startedAt ?? now, nextSeq: firstSeq + count }
    this.#advance(started)
    this.#left -= count
    const id = this.#nextSliceId++
    const open: OpenSlice = {
      id,
      chunk: chunk.chunk,
      firstSeq,
      count,
      lentAt: now,
      waiting: null,
      batches: notesBySeq(batches),
      reported: new Set(),
      isStarted: false,
    }
    return {
      open,
      slice: this.#sliceFrom(open, { lines, startedAt: started.startedAt, notes: null, batches }),
      write: (ledger) => {
        if (isNew) ledger.startChunk(chunk.chunk, now, firstSeq)
        ledger.advanceChunk(chunk.chunk, firstSeq + count)
        ledger.lend({ slice: id, chunk: chunk.chunk, firstSeq, count, lentAt: now })
      },
    }
  }

  #cutRows(chunk: FeedChunk, wantedRows: number): ReturnType<typeof cutBatches> {
    const { spool, rows, queue } = this.#options
    const chunkEnd = this.#endOf(chunk.chunk)
    const end = Math.min(chunkEnd, spool.rows)
    if (rows.batches === null) {
      const rest = end - chunk.nextSeq
      const maxRows = Math.min(queue.sliceRows, wantedRows, evenPart(rest, queue.size), rest, this.#left)
      return { ...spool.cut(chunk.nextSeq, { maxRows, maxBytes: SLICE_BYTES }), batches: null }
    }
    const isEndKnown = this.isAudienceComplete || chunkEnd <= spool.rows
    const range = { firstSeq: chunk.nextSeq, end, isEndKnown, wantedRows, mostRows: this.#left, isFirst: !this.#hasCut }
    const cut = cutBatches(spool, rows.batches, range)
    this.#hasCut ||= cut.count > 0
    // A batch is never cut: the one that would go over the limit is left to the resume, but for the very first.
    if (cut.isOverLimit) this.#left = cut.count
    return cut
  }

  /** Deliveries that come again, of one chunk: `rows` as the ledger gave them, due and not lent. */
  cutDue(due: readonly WaitingRow[]): Lending {
    const { clock } = this.#options
    const sorted = due.toSorted((a, b) => a.seq - b.seq)
    const { count, lines, batches } = this.#pick(sorted)
    const rows = sorted.slice(0, count)
    const { chunk, seq: firstSeq } = rows[0]!
    const startedAt = this.#unfinished.find((known) => known.chunk === chunk)?.startedAt ?? clock.now()
    const open: OpenSlice = {
      id: this.#nextSliceId++,
      chunk,
      firstSeq,
      count: batches?.reduce((sum, { count }) => sum + count, 0) ?? rows.length,
      lentAt: clock.now(),
      waiting: new Map(rows.map((row) => [row.seq, row])),
      batches: notesBySeq(batches),
      reported: new Set(),
      isStarted: false,
    }
    const notes: DeliveryNote[] = rows.map(({ seq, attempt, doubtAt, digest }) => ({
      seq,
      attempt,
      isInDoubt: doubtAt !== null,
      digest,
    }))
    return {
      open,
      slice: {
        ...this.#sliceFrom(open, { lines, startedAt, notes, batches }),
        // A process died over one of them: they are taken one by one, so that it is found.
        isCareful: rows.some(({ restarts }) => restarts > 0),
      },
      write: (ledger) => {
        for (const { seq } of rows) ledger.markWaitingLent(seq)
      },
    }
  }

  #pick(due: readonly WaitingRow[]): ReturnType<typeof pickBatches> {
    const { spool, rows, ledger } = this.#options
    if (rows.batches !== null)
      return pickBatches(spool, due, (chunk, { seq, count }) => ledger.endedSeqs(chunk, seq, count))
    const seqs = due.map(({ seq }) => seq)
    return { ...spool.pick(seqs, { maxBytes: SLICE_BYTES }), batches: null }
  }

  #sliceFrom(
    open: OpenSlice,
    part: Pick<Slice, 'lines' | 'notes' | 'batches'> & { readonly startedAt: number },
  ): Slice {
    return {
      id: open.id,
      chunk: open.chunk,
      chunkStartedAt: part.startedAt,
      firstSeq: open.firstSeq,
      count: open.count,
      lines: part.lines,
      notes: part.notes,
      batches: part.batches,
      clientErrors: this.#options.clientErrorsOf(open.chunk),
      isCareful: false,
    }
  }

  #endOf(chunk: number): number {
    return this.#chunkSize === null ? Number.POSITIVE_INFINITY : (chunk + 1) * this.#chunkSize
  }

  #advance(chunk: FeedChunk): void {
    const at = this.#unfinished.findIndex((known) => known.chunk === chunk.chunk)
    if (at === -1) this.#unfinished.push(chunk)
    else this.#unfinished[at] = chunk
    if (this.#newest === null || chunk.chunk >= this.#newest.chunk) this.#newest = chunk
  }

  #current(): FeedChunk | null {
    const { spool } = this.#options
    for (const chunk of this.#unfinished) {
      const end = Math.min(this.#endOf(chunk.chunk), spool.rows)
      if (!this.#stopped.has(chunk.chunk) && chunk.nextSeq < end) return chunk
    }
    if (this.#newest === null) return spool.rows > 0 ? { chunk: 0, startedAt: null, nextSeq: 0 } : null
    if (this.#chunkSize === null) return null
    const firstSeq = this.#endOf(this.#newest.chunk)
    return firstSeq < spool.rows ? { chunk: this.#newest.chunk + 1, startedAt: null, nextSeq: firstSeq } : null
  }
}

function notesBySeq(batches: readonly BatchNote[] | null): ReadonlyMap<number, BatchNote> | null {
  return batches === null ? null : new Map(batches.map((note) => [note.seq, note]))
}

/** The last rows go out in ever smaller slices, so that senders come to the end together. */
function evenPart(rows: number, senders: number): number {
  return Math.max(LEAST_ROWS, Math.ceil(rows / (2 * Math.max(1, senders))))
}
