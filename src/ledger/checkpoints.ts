import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../clock.ts'

export interface CheckpointsOptions {
  /** Of the SQLite file. */
  readonly path: string
  readonly pageBytes: number
  readonly clock: Clock
  /** Holds up what would be written; called without waiting for what is being synced. */
  readonly hold: () => void
  readonly release: () => void
  /** Told when no thread can do it, so that SQLite has to do it by itself. */
  readonly onFailed: () => void
}

export interface CheckpointOrder {
  /** Nothing is written meanwhile: the log may begin anew. */
  readonly isLast: boolean
}

/** Of a connection that leaves the sync of each change, and checkpoints, to others; SQLite still syncs what a checkpoint needs. */
export const LOG_PRAGMAS =
  'PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864'

/** A log of this size is checkpointed: a page that is written again and again is copied once. */
const BEGIN_BYTES = 16 * 1024 ** 2
/** So little is copied while nothing is written: some milliseconds. */
const FEW_BYTES = 2 * 1024 ** 2
/** A thread takes some MB: a file that is written no more, as that of a day is, has none. */
const REST_MS = 60_000
/** What is written as fast as it is copied is not waited for longer. */
const MOST_ROUNDS = 4

/**
 * Brings the log of a SQLite file into the file, in a thread: its syncs and writes take some 10 to 100 ms, in which
 * SQLite's own checkpoint, a part of some commit, would hold up everything else.
 *
 * The most is copied while others write, which go on behind it in the log. So that the log can begin anew, what is left is
 * copied while nothing is written; nothing waits for that but the next group of changes.
 *
 * @see https://sqlite.org/wal.html#avoiding_excessively_large_wal_files
 */
export class Checkpoints implements Disposable {
  readonly #options: CheckpointsOptions
  #thread: Worker | null = null
  #cancelRest: (() => void) | null = null
  #isGoing = false
  #isOver = false
  /** Somebody who reads for long keeps the log from beginning anew: it is not tried again with each change. */
  #nextAt = 0

  constructor(options: CheckpointsOptions) {
    this.#options = options
    this.#nextAt = this.#beginPages
  }

  get #beginPages(): number {
    return BEGIN_BYTES / this.#options.pageBytes
  }

  /** Behind a change: there are so many pages in the log. */
  look(pages: number): void {
    if (pages < this.#nextAt || this.#isGoing || this.#isOver) return
    this.#nextAt = pages + this.#beginPages
    this.#isGoing = true
    this.#go()
      .catch(() => this.#fail())
      .finally(() => {
        this.#isGoing = false
        this.#rest()
      })
  }

  async #go(): Promise<void> {
    const { hold, release, pageBytes } = this.#options
    this.#cancelRest?.()
    const thread = (this.#thread ??= this.#startThread())
    thread.ref()
    for (let left = Infinity, round = 0; left * pageBytes > FEW_BYTES && round < MOST_ROUNDS; round++) {
      left = await ask(thread, { isLast: false })
    }
    hold()
    try {
      if ((await ask(thread, { isLast: true })) === 0) this.#nextAt = this.#beginPages
    } finally {
      release()
    }
  }

  #startThread(): Worker {
    const program = new URL(`checkpoint-thread${extname(import.meta.url)}`, import.meta.url)
    const thread = new Worker(program, { workerData: this.#options.path })
    return thread.on('error', () => this.#fail())
  }

  #rest(): void {
    this.#thread?.unref()
    if (this.#isOver) return
    this.#cancelRest = this.#options.clock.after(REST_MS, () => {
      void this.#thread?.terminate()
      this.#thread = null
    })
  }

  #fail(): void {
    if (this.#isOver) return
    this[Symbol.dispose]()
    this.#options.onFailed()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#cancelRest?.()
    void this.#thread?.terminate()
  }
}

async function ask(thread: Worker, order: CheckpointOrder): Promise<number> {
  const answer = once(thread, 'message')
  thread.postMessage(order)
  const [left] = (await answer) as [number]
  return left
}
