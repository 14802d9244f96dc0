import { closeSync, constants, fdatasync, fsync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Line } from './cut-lines.ts'
import type { SourceIdentity } from './open-source.ts'
import { LINE_BYTES_LIMIT } from './row-limits.ts'
import type { RowSink, SpoolSummary } from './row-pass.ts'
import { FILE_MODE, INDEX_STRIDE, spoolFiles, storageError, writeSpoolState, type SpoolState } from './spool-state.ts'

const syncData = promisify(fdatasync)
const syncFile = promisify(fsync)
const BLOCK_BYTES = 1_048_576
const LINE_FEED = 10

/** Where a spool is to be written on: a new one begins at nothing. */
export interface SpoolPosition {
  readonly rows: number
  readonly bytes: number
  /** Byte offsets of rows 0, 256, 512 … */
  readonly index: readonly number[]
}

/**
 * Writes a spool: rows in blocks of 1 MiB, the index along with them, both on disk before the seal says so.
 *
 * With `onRows` the rows of each chunk are on disk before they are announced, so that nothing is lent which a power cut can take back.
 */
export class SpoolWriter implements RowSink, Disposable {
  readonly #folder: string
  readonly #state: SpoolState
  readonly #onRows: ((rows: number) => void | Promise<void>) | undefined
  readonly #rowsFd: number
  readonly #indexFd: number
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES + LINE_BYTES_LIMIT)
  #filled = 0
  #written: number
  #rows: number
  #index: number[] = []
  // Lines that lie one behind the other in the source's chunk are copied in one go.
  #run: { bytes: Buffer; start: number; end: number } = { bytes: this.#block, start: 0, end: 0 }
  #announced = 0
  #isClosed = false

  private constructor(options: WriterOptions, at: SpoolPosition) {
    const files = spoolFiles(options.folder, options.generation)
    this.#folder = options.folder
    this.#state = unsealedState(options)
    this.#onRows = options.onRows
    this.#rows = at.rows
    this.#written = at.bytes
    this.#rowsFd = openSync(files.rows, at.rows === 0 ? 'w' : 'r+', FILE_MODE)
    this.#indexFd = openSync(files.index, at.rows === 0 ? 'w' : constants.O_RDWR | constants.O_CREAT, FILE_MODE)
    if (at.rows > 0) {
      ftruncateSync(this.#rowsFd, at.bytes)
      // Over what is there: somebody may be reading the run just now.
      writeAll(this.#indexFd, indexBytes(at.index), null)
      ftruncateSync(this.#indexFd, at.index.length * 8)
    }
  }

  /** Opens the folder's spool for writing; whatever it held behind `at` is cut off. */
  static async open(
    options: WriterOptions,
    at: SpoolPosition = { rows: 0, bytes: 0, index: [] },
  ): Promise<SpoolWriter> {
    try {
      await writeSpoolState(options.folder, unsealedState(options))
      return new SpoolWriter(options, at)
    } catch (error) {
      throw storageError('Could not write the spool', options.folder, error)
    }
  }

  /** Opens a spool that takes the place of the folder's own only when it is sealed, or put in that place unsealed. */
  static openBeside(options: WriterOptions): SpoolWriter {
    try {
      return new SpoolWriter(options, { rows: 0, bytes: 0, index: [] })
    } catch (error) {
      throw storageError('Could not write the spool', options.folder, error)
    }
  }

  get rows(): number {
    return this.#rows
  }

  verbatim({ bytes, start, end }: Line): void {
    this.#begin()
    const run = this.#run
    if (run.bytes === bytes && run.end === start) run.end = end
    else {
      this.#endRun()
      this.#run = { bytes, start, end }
    }
    if (bytes[end] === LINE_FEED && end < bytes.length) this.#run.end = end + 1
    else {
      this.#endRun()
      this.#block[this.#filled++] = LINE_FEED
    }
    if (this.#pending() >= BLOCK_BYTES) this.#flush()
  }

  text(line: string): void {
    this.#begin()
    this.#endRun()
    this.#filled += this.#block.write(line, this.#filled)
    this.#block[this.#filled++] = LINE_FEED
    if (this.#filled >= BLOCK_BYTES) this.#flush()
  }

  /** The bytes of the lines so far are about to go. */
  endChunk(): void {
    this.#endRun()
  }

  async settle(): Promise<void> {
    this.#endRun()
    if (this.#onRows === undefined || this.#announced === this.#rows) return
    this.#flush()
    try {
      await syncData(this.#rowsFd)
    } catch (error) {
      throw storageError('Could not write the spool', this.#folder, error)
    }
    await this.#announce()
  }

  /** Says that these are all the rows, for good. */
  async seal(summary: SpoolSummary): Promise<void> {
    await this.#publish(summary)
  }

  /** Puts a spool that was opened beside the folder's own in its place, and leaves it open for rows to come. */
  async putUnsealed(): Promise<void> {
    await this.#publish(null)
  }

  async #publish(summary: SpoolSummary | null): Promise<void> {
    this.#flush()
    try {
      await syncFile(this.#rowsFd)
      await syncFile(this.#indexFd)
      const sealed = summary === null ? null : { rows: this.#rows, bytes: this.#written, summary }
      await writeSpoolState(this.#folder, { ...this.#state, sealed })
    } catch (error) {
      throw storageError('Could not write the spool', this.#folder, error)
    }
    await this.#announce()
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#rowsFd)
    closeSync(this.#indexFd)
  }

  async #announce(): Promise<void> {
    if (this.#announced === this.#rows) return
    this.#announced = this.#rows
    await this.#onRows?.(this.#rows)
  }

  #begin(): void {
    if (this.#rows++ % INDEX_STRIDE === 0) this.#index.push(this.#written + this.#pending())
  }

  #pending(): number {
    return this.#filled + this.#run.end - this.#run.start
  }

  #endRun(): void {
    const { bytes, start, end } = this.#run
    if (start < end) this.#filled += bytes.copy(this.#block, this.#filled, start, end)
    this.#run = { bytes: this.#block, start: 0, end: 0 }
  }

  #flush(): void {
    this.#endRun()
    try {
      writeAll(this.#rowsFd, this.#block.subarray(0, this.#filled), this.#written)
      writeAll(this.#indexFd, indexBytes(this.#index), null)
    } catch (error) {
      throw storageError('Could not write the spool', this.#folder, error)
    }
    this.#written += this.#filled
    this.#filled = 0
    this.#index = []
  }
}

export interface WriterOptions {
  readonly folder: string
  readonly source: SourceIdentity | null
  readonly generation?: number | undefined
  readonly erased?: readonly string[] | undefined
  readonly onRows?: ((rows: number) => void | Promise<void>) | undefined
}

function unsealedState({ source, generation, erased }: WriterOptions): SpoolState {
  return {
    schema: 1,
    source,
    sealed: null,
    ...(generation === undefined ? {} : { generation }),
    ...(erased === undefined ? {} : { erased }),
  }
}

function indexBytes(offsets: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(offsets.length * 8)
  for (const [at, offset] of offsets.entries()) bytes.writeBigUInt64LE(BigInt(offset), at * 8)
  return bytes
}

function writeAll(fd: number, bytes: Buffer, position: number | null): void {
  let done = 0
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done)
  }
}
