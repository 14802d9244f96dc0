import { deliveriesOf, type DeliveryReport, type Slice } from '../campaign/delivery.ts'
import type { Clock } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { ProcessQueue, type SenderProgram } from '../queue/processes/processes.ts'
import type { Announced, Queue } from '../queue/queue.ts'
import type { SenderSetup } from '../sender/sender.ts'

/** Rows of one chunk, as they lie in a spool. */
export type RowBlock = Pick<Slice, 'chunk' | 'firstSeq' | 'count' | 'lines' | 'batches'>

export interface LendOptions {
  readonly setup: SenderSetup
  readonly senders: number
  readonly program: SenderProgram
  readonly clock: Clock
  /** Fires to end at once: the promise rejects with its reason. */
  readonly signal?: AbortSignal
  /** One row at a time from the start, and no row a second time. */
  readonly isSingle?: boolean
  /** False ends the trial early. */
  onReport(report: RowReport): boolean
}

/** Of a row that a process died over there is no more to tell than that. */
export type RowReport = Pick<DeliveryReport, 'seq' | 'verdict'> & Partial<DeliveryReport>

/** Rows lent together once a process died over them: few, so that what did no harm is soon done. */
const CAREFUL_ROWS = 64
/** Deaths that no row can be blamed for, after which it is the machine. */
const STRAY_DEATHS = 5

interface OpenSlice {
  readonly slice: Slice
  readonly reported: Set<number>
}

/**
 * Lends rows to sender processes, as a run does and with the same limits, but with no ledger: what is known is told, and gone.
 *
 * A process that dies gives its rows back, and they go out one by one: the row that it dies over again is the one to blame.
 *
 * @throws {QueueError} HOOKCAST_SENDER_LOST, when senders cannot be kept.
 */
export async function lendRows(blocks: Iterable<RowBlock>, options: LendOptions): Promise<void> {
  const { signal } = options
  signal?.throwIfAborted()
  const lending = new Lending(blocks, options)
  const onAbort = (): void => lending.fail(signal!.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await lending.run()
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

class Lending {
  readonly #options: LendOptions
  readonly #blocks: Iterator<RowBlock>
  readonly #queue: Queue
  readonly #startedAt: number
  readonly #open = new Map<number, OpenSlice>()
  readonly #done = Promise.withResolvers<void>()
  #again: Slice[] = []
  #nextId = 1
  #strayDeaths = 0
  #isFed = false

  constructor(blocks: Iterable<RowBlock>, options: LendOptions) {
    this.#options = options
    this.#blocks = blocks[Symbol.iterator]()
    this.#startedAt = options.clock.now()
    const { program, senders, setup } = options
    this.#queue = new ProcessQueue({
      program,
      senders,
      setup,
      onProcess: () => undefined,
      events: {
        onReports: (sliceId, reports) => this.#record(sliceId, reports),
        onSliceStarted: () => this.#feed(),
        onSliceEnded: (sliceId, notStarted) => this.#end(sliceId, notStarted),
        onSliceLost: (sliceId, last) => this.#lose(sliceId, last),
        onAlarm: () => this.#queue.dismissAlarm(),
        onRoom: () => this.#feed(),
        onInFlight: () => undefined,
        onTrouble: (error) => this.fail(error),
      },
    })
  }

  async run(): Promise<void> {
    await using queue = this.#queue
    await queue.start()
    queue.setGate({ concurrency: this.#options.senders, starts: null, perSecond: null, round: 0 })
    await this.#done.promise
  }

  fail(reason: unknown): void {
    this.#done.reject(reason)
  }

  #feed(): void {
    while (this.#queue.room() > 0) {
      const slice = this.#again.shift() ?? this.#nextSlice()
      if (slice === null) break
      this.#open.set(slice.id, { slice, reported: new Set() })
      this.#queue.lend(slice)
    }
    if (this.#isFed && this.#open.size === 0 && this.#again.length === 0) this.#done.resolve()
  }

  #nextSlice(): Slice | null {
    if (this.#isFed) return null
    const next = this.#blocks.next()
    this.#isFed = next.done === true
    if (next.done === true) return null
    const isCareful = this.#options.isSingle === true
    const rest = { chunkStartedAt: this.#startedAt, notes: null, clientErrors: 0, isCareful }
    return { ...next.value, ...rest, id: this.#nextId++ }
  }

  #record(sliceId: number, reports: readonly DeliveryReport[]): void {
    const open = this.#open.get(sliceId)
    if (open === undefined) return
    for (const report of reports) {
      open.reported.add(report.seq)
      if (!this.#options.onReport(report)) this.#done.resolve()
    }
  }

  #end(sliceId: number, notStarted: readonly number[]): void {
    const open = this.#open.get(sliceId)
    this.#open.delete(sliceId)
    if (open !== undefined && notStarted.length > 0) this.#again.push(...this.#carefulSlices(open.slice, notStarted))
    this.#feed()
  }

  #lose(sliceId: number, last: Announced | null): void {
    const open = this.#open.get(sliceId)
    this.#open.delete(sliceId)
    if (open === undefined) return
    const { slice, reported } = open
    let left = deliveriesOf(slice).filter((seq) => !reported.has(seq))
    if (slice.isCareful) {
      const culprit = last !== null && left.includes(last.seq) && last.isRendering ? last.seq : null
      if (culprit !== null || this.#options.isSingle === true) {
        const seq = culprit ?? left[0]
        if (seq !== undefined) this.#blame(rowsOf(slice, seq), culprit !== null)
        left = left.filter((other) => other !== seq)
      } else if (++this.#strayDeaths > STRAY_DEATHS) {
        return this.fail(new QueueError('HOOKCAST_SENDER_LOST', 'Sender processes died, and no row is to blame'))
      }
    }
    this.#again.push(...this.#carefulSlices(slice, left))
    this.#feed()
  }

  /** Of a batch all customers: which of them it was, nobody knows. */
  #blame(seqs: readonly number[], isRendering: boolean): void {
    const message = `a sender process died ${isRendering ? 'over it' : 'during the call'}`
    const verdict = { kind: 'failed', reason: 'crash', message } as const
    for (const seq of seqs) if (!this.#options.onReport({ seq, verdict })) this.#done.resolve()
  }

  /** Rows are put together anew; a batch goes out by itself. */
  #carefulSlices(slice: Slice, seqs: readonly number[]): Slice[] {
    const lines = Buffer.from(slice.lines).toString('utf8').split('\n')
    const offsets = offsetsOf(slice)
    const parts = slice.batches === null ? chunked(seqs, CAREFUL_ROWS) : chunked(seqs, 1)
    return parts.map((part) => {
      const rows = part.flatMap((seq) => rowsOf(slice, seq))
      return {
        ...slice,
        id: this.#nextId++,
        firstSeq: part[0]!,
        count: rows.length,
        lines: Buffer.from(rows.map((seq) => `${lines[offsets.get(seq)!]!}\n`).join('')),
        notes: part.map((seq) => ({ seq, attempt: 1, isInDoubt: false, digest: null })),
        batches: slice.batches === null ? null : slice.batches.filter(({ seq }) => part.includes(seq)),
        isCareful: true,
      }
    })
  }
}

/** The rows of a delivery. */
function rowsOf({ batches }: Slice, seq: number): readonly number[] {
  const batch = batches?.find((note) => note.seq === seq)
  return batch === undefined ? [seq] : Array.from({ length: batch.count }, (_, at) => batch.seq + at)
}

/** Which line of a slice each row has. */
function offsetsOf(slice: Slice): ReadonlyMap<number, number> {
  const rows = deliveriesOf(slice).flatMap((seq) => rowsOf(slice, seq))
  return new Map(rows.map((seq, at) => [seq, at]))
}

function chunked(seqs: readonly number[], most: number): number[][] {
  return Array.from({ length: Math.ceil(seqs.length / most) }, (_, at) => seqs.slice(at * most, (at + 1) * most))
}
