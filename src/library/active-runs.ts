import type { Settings } from '../campaign/settings.ts'
import { readRun } from '../report/report.ts'
import { replayRun, resumeRun, SenderSeats, startRun, type Progress, type RunEnd } from '../runner/runner.ts'
import type { ReplayRequest, RunLimit, RunOptions, StartRequest } from '../runner/runner.ts'
import type { EndedAttempt } from '../telemetry.ts'
import { conductRun, type Conducted } from './conduct-run.ts'
import type { KnownRun } from './known-run.ts'
import type { Surroundings } from './surroundings.ts'

/** How a run ended this time: with its report, or before there could be one. */
export type EndedRun = Conducted | { readonly report: null; readonly error: unknown }

/** A run that has begun, or goes on, in this process. */
export interface ActiveRun {
  readonly runId: string
  readonly campaign: string
  readonly isResumed: boolean
}

/** Whoever is told of runs as they go. */
export interface RunWatch {
  /** Before the first call. */
  onBegun?(run: ActiveRun): void
  onProgress?(run: ActiveRun, progress: Progress): void
  onAttempt?(run: ActiveRun, attempt: EndedAttempt): void
  onEnd?(run: ActiveRun, ended: EndedRun): void
}

interface Conduct {
  readonly settings: Settings
  readonly until?: RunLimit | null
  readonly isUnknownResent?: boolean
}

/**
 * Most runs need few senders, or wait: there are more than run at once on the cores. Each takes some 60 MB; with 16 of them
 * eight runs go on at once, and four of events.
 */
const LEAST_SEATS = 16
const SEATS_PER_SENDER = 8
/** Senders on workers take no memory here; each run takes what its ceiling has use for, and what there is. */
const REMOTE_SEATS = 4096

/**
 * Runs that this process conducts, many at once and in the background: ceilings that they share hold over all of them.
 *
 * Whoever starts one waits until it has begun, and is told what hindered it; what becomes of it then is for whoever
 * watches, and in its folder.
 */
export class ActiveRuns {
  readonly #surroundings: Surroundings
  readonly #watch: RunWatch
  readonly #stop = new AbortController()
  readonly #cut = new AbortController()
  readonly #conducts = new Set<Promise<void>>()
  readonly #ends = new Map<string, Promise<void>>()
  /** Of all runs in this process, those of events too. */
  readonly seats: SenderSeats

  constructor(surroundings: Surroundings, watch: RunWatch = {}) {
    this.#surroundings = surroundings
    this.#watch = watch
    const senders = surroundings.senders(surroundings.settings(null))
    const seats = surroundings.remote === undefined ? Math.max(LEAST_SEATS, SEATS_PER_SENDER * senders) : REMOTE_SEATS
    this.seats = new SenderSeats(seats, surroundings.wiring.clock)
  }

  /** Runs that go on, or are about to begin. */
  get size(): number {
    return this.#conducts.size
  }

  /** Resolves when a run of that id goes on no more here; at once, when it does not. */
  async untilEnded(runId: string): Promise<void> {
    await this.#ends.get(runId)
  }

  /** Starts a run, and resolves with its id once its audience is checked and it calls. */
  async start(request: StartRequest, conduct: Conduct): Promise<string> {
    const kind = { campaign: request.campaign.name, isResumed: false }
    return await this.#begin(kind, conduct, (options, onRunId) => startRun({ ...request, onRunId }, options))
  }

  async replay(request: ReplayRequest, conduct: Conduct): Promise<string> {
    const kind = { campaign: request.campaign.name, isResumed: false }
    return await this.#begin(kind, conduct, (options, onRunId) => replayRun({ ...request, onRunId }, options))
  }

  /** Resolves once the run goes on, or there was nothing left to do. */
  async resume({ runId, settings }: KnownRun, conduct: Omit<Conduct, 'settings'> = {}): Promise<void> {
    const known = readRun(settings.data, runId)
    const kind = { campaign: 'error' in known ? '' : known.campaign, isResumed: true }
    await this.#begin(kind, { ...conduct, settings }, (options, onRunId) => {
      const onProgress: RunOptions['onProgress'] = (progress) => {
        onRunId(runId)
        options.onProgress(progress)
      }
      return resumeRun(runId, { ...options, onProgress })
    })
  }

  /**
   * Stops all: what is in flight comes to its end, or is in doubt when `cut` fires; resolves once nobody calls any more.
   *
   * What was going on is `interrupted`. Nothing can be started afterwards.
   */
  async stop(cut?: AbortSignal): Promise<void> {
    this.#stop.abort()
    const onCut = (): void => this.#cut.abort()
    if (cut?.aborted === true) onCut()
    cut?.addEventListener('abort', onCut, { once: true })
    await Promise.all(this.#conducts)
    cut?.removeEventListener('abort', onCut)
  }

  async #begin(
    kind: Omit<ActiveRun, 'runId'>,
    { settings, until = null, isUnknownResent = false }: Conduct,
    start: (options: RunOptions, onRunId: (runId: string) => void) => Promise<RunEnd>,
  ): Promise<string> {
    const begun = Promise.withResolvers<string>()
    const ended = Promise.withResolvers<void>()
    const watch = this.#watch
    let run: ActiveRun | null = null
    const onRunId = (runId: string): void => {
      if (run !== null) return
      run = { ...kind, runId }
      this.#ends.set(runId, ended.promise)
      watch.onBegun?.(run)
      begun.resolve(runId)
    }
    const told =
      <T>(tell: ((run: ActiveRun, what: T) => void) | undefined) =>
      (what: T): void => {
        if (run !== null) tell?.(run, what)
      }
    const onProgress = told(watch.onProgress?.bind(watch))
    const onAttempt = told(watch.onAttempt?.bind(watch))
    const onEnd = told(watch.onEnd?.bind(watch))
    const conduct = async (): Promise<void> => {
      const { signal } = this.#stop
      const { signal: cutSignal } = this.#cut
      try {
        const conducted = await conductRun(
          this.#surroundings,
          { settings, until, isUnknownResent, signal, cutSignal, onProgress },
          (options) => start({ ...options, onAttempt, seats: this.seats }, onRunId),
        )
        onRunId(conducted.report.run_id)
        onEnd(conducted)
      } catch (error) {
        begun.reject(error)
        onEnd({ report: null, error })
      }
      if (run !== null) this.#ends.delete(run.runId)
      ended.resolve()
    }
    const conducting = conduct()
    this.#conducts.add(conducting)
    void conducting.then(() => this.#conducts.delete(conducting))
    return await begun.promise
  }
}
