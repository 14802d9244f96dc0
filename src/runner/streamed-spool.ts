import { SpoolReader, type SpoolSummary } from '../audience/audience.ts'
import type { Warning } from '../campaign/campaign.ts'
import { HookcastError } from '../errors.ts'
import type { Coordinator } from './coordinator.ts'

/** Reads the audience into the spool, telling how many rows can be read so far, and goes on when it was heard. */
export type SpoolAlong = (onRows: (rows: number) => Promise<void>, signal: AbortSignal) => Promise<SpoolSummary>

/** A spool that is written while its rows are already being sent (`--stream`). */
export class StreamedSpool {
  readonly #spoolAlong: SpoolAlong
  readonly #stopped = new AbortController()
  readonly #firstRows = Promise.withResolvers<void>()
  readonly #fed = Promise.withResolvers<void>()
  #spooled: Promise<void> = Promise.resolve()
  #rows = 0
  #isComplete = false
  #warnings: readonly Warning[] = []
  #failure: unknown = null
  #spool: SpoolReader | null = null
  #coordinator: Coordinator | null = null

  constructor(spoolAlong: SpoolAlong) {
    this.#spoolAlong = spoolAlong
  }

  /**
   * Starts reading; resolves once there are rows, or the audience has ended.
   *
   * @throws {ConfigError} when it cannot be read at all: nothing was sent.
   */
  begin(): Promise<void> {
    this.#spooled = this.#spoolAll()
    return this.#firstRows.promise
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  open(folder: string): SpoolReader {
    this.#spool = SpoolReader.open(folder)
    return this.#spool
  }

  /** Tells the coordinator of every row from now on. A source that fails later pauses the run. */
  follow(coordinator: Coordinator): void {
    this.#coordinator = coordinator
    this.#tell()
  }

  /** Senders had room for the first rows, and have them: until then reading more would only hold these up. */
  goOn(): void {
    this.#fed.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#fed.resolve()
    await this.#spooled
  }

  async #spoolAll(): Promise<void> {
    try {
      const onRows = (rows: number): Promise<void> => {
        this.#note(rows, false)
        return this.#fed.promise
      }
      const summary = await this.#spoolAlong(onRows, this.#stopped.signal)
      this.#warnings = summary.warnings
      this.#note(summary.rows, true)
    } catch (error) {
      this.#failure = error
      this.#firstRows.reject(error)
      this.#tell()
    }
  }

  #note(rows: number, isComplete: boolean): void {
    this.#rows = rows
    this.#isComplete = isComplete
    this.#firstRows.resolve()
    this.#tell()
  }

  #tell(): void {
    const coordinator = this.#coordinator
    if (coordinator === null || this.#stopped.signal.aborted) return
    if (this.#failure === null) {
      this.#spool?.grow(this.#rows)
      coordinator.recordAudience(this.#rows, this.#isComplete)
      coordinator.addWarnings(this.#warnings)
      this.#warnings = []
    } else coordinator.end('paused', this.#failure instanceof HookcastError ? this.#failure : null)
  }
}
