import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { HookcastError } from '../errors.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import type { ResultRecord, RunReport } from '../report/report.ts'
import type { Progress } from '../runner/runner.ts'
import type { Conducted } from './conduct-run.ts'

/** Where a run is at one moment. */
export interface RunProgress {
  readonly run_id: string
  /** Known so far; all of them once `audience_complete`. */
  readonly customers: number
  readonly audience_complete: boolean
  readonly sent: number
  readonly failed: number
  readonly aborted: number
  readonly suppressed: number
  /** Requests in flight. */
  readonly in_flight: number
  /** Customers that ended a second, over the last five seconds; null while that is not known. */
  readonly per_second: number | null
  /** When the next retry is due, ISO 8601; null when none waits. */
  readonly next_retry_at: string | null
}

/** A run that has its id: where it is kept, and which column names its customers. */
export interface Begun {
  readonly runId: string
  readonly paths: RunPaths
  readonly customerIdColumn: string | null
}

/** What whoever conducts a run tells of it. */
export interface Witness {
  begun(begun: Begun): void
  progress(progress: Progress): void
}

/** More often than that nobody looks, and the coordinator has better things to do. */
const PROGRESS_MS = 100
const RESULTS_MS = 250

/**
 * A run that was started: await it for its report, or follow it meanwhile.
 *
 * `progress()` and `results()` may be called as often as you like; each call follows from its own beginning. A loop that
 * is slow, or left, holds up nothing and fills no memory: progress that nobody took is replaced by newer, and results
 * are read from the disk when they are asked for. Both end when the run does, and throw what the promise rejects with.
 */
export class Run implements Promise<RunReport> {
  readonly [Symbol.toStringTag] = 'Run'
  readonly #clock: Clock
  readonly #report: Promise<RunReport>
  readonly #ended = new AbortController()
  #begun: Begun | null = null
  #latest: RunProgress | null = null
  #news = Promise.withResolvers<void>()

  constructor(clock: Clock, conduct: (witness: Witness) => Promise<Conducted>) {
    this.#clock = clock
    this.#report = this.#conduct(conduct)
  }

  /** The id of the run; null until it has begun, which takes as long as checking the audience does. */
  get runId(): string | null {
    return this.#begun?.runId ?? null
  }

  /** Where the run is, at most ten times a second: the newest only, and at last how it ended. */
  async *progress(): AsyncGenerator<RunProgress, void, void> {
    this.#passErrorsOn()
    let told: RunProgress | null = null
    while (!this.#hasEnded) {
      await this.#news.promise
      if (this.#latest === told || this.#latest === null) continue
      told = this.#latest
      yield told
      await this.#clock.sleep(PROGRESS_MS, this.#ended.signal)
    }
    if (this.#latest !== null && this.#latest !== told) yield this.#latest
    await this.#report
  }

  /**
   * What became of each customer, each once, soon after it has ended; not in the order of the audience, since some wait
   * for a retry. A run that was resumed tells those from before, too. Whoever has no result when the run ends comes later,
   * when it is resumed.
   */
  async *results(): AsyncGenerator<ResultRecord, void, void> {
    this.#passErrorsOn()
    while (this.#begun === null && !this.#hasEnded) await this.#news.promise
    if (this.#begun !== null) yield* this.#follow(this.#begun)
    await this.#report
  }

  async *#follow({ paths, customerIdColumn }: Begun): AsyncGenerator<ResultRecord, void, void> {
    const { ResultFollower } = await import('../report/report.ts')
    using follower = new ResultFollower(paths, { customerId: customerIdColumn }, this.#clock)
    for (;;) {
      const isLast = this.#hasEnded
      for (const records of follower.read({ isLast })) {
        yield* records
        // The run's own coordinator lives in this process: it goes first.
        await afterOthers()
      }
      if (isLast) return
      await this.#clock.sleep(RESULTS_MS, this.#ended.signal)
    }
  }

  get #hasEnded(): boolean {
    return this.#ended.signal.aborted
  }

  /** Whoever follows gets the error from there: the promise is not left unhandled when it is awaited only after that. */
  #passErrorsOn(): void {
    this.#report.catch(() => undefined)
  }

  async #conduct(conduct: (witness: Witness) => Promise<Conducted>): Promise<RunReport> {
    try {
      const { report, error } = await conduct({
        begun: (begun) => {
          this.#begun = begun
          this.#tell()
        },
        progress: (progress) => {
          this.#latest = progressFrom(this.#begun?.runId ?? '', progress)
          this.#tell()
        },
      })
      if (error !== null) throw error satisfies HookcastError
      return report
    } finally {
      this.#ended.abort()
      this.#tell()
    }
  }

  #tell(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }

  // oxlint-disable-next-line unicorn/no-thenable -- A run is a promise of its report, so that it can be awaited as it is.
  then<A = RunReport, B = never>(
    onReport?: ((report: RunReport) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#report.then(onReport, onError)
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<RunReport | B> {
    return this.#report.catch(onError)
  }

  finally(onEnd?: (() => void) | null): Promise<RunReport> {
    return this.#report.finally(onEnd)
  }
}

/** Progress as programs and the API show it. */
export function progressFrom(runId: string, progress: Omit<Progress, 'runId'>): RunProgress {
  const { numbers, customers, aborted, inFlight, nextDueAt, isAudienceComplete, perSecond } = progress
  const { sent, failed, suppressed } = numbers
  return {
    run_id: runId,
    customers,
    audience_complete: isAudienceComplete,
    sent,
    failed,
    aborted,
    suppressed,
    in_flight: inFlight,
    per_second: perSecond,
    next_retry_at: nextDueAt === null ? null : new Date(nextDueAt).toISOString(),
  }
}
