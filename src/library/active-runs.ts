import type { Settings } from '../campaign/settings.ts'
import { replayRun, resumeRun, startRun, type RunEnd, type RunLimit, type RunOptions } from '../runner/runner.ts'
import type { ReplayRequest, StartRequest } from '../runner/runner.ts'
import { conductRun, type Conducted } from './conduct-run.ts'
import type { KnownRun } from './known-run.ts'
import type { Surroundings } from './surroundings.ts'

/** How a run ended this time: with its report, or before there could be one. */
export type EndedRun = Conducted | { readonly report: null; readonly error: unknown }

interface Conduct {
  readonly settings: Settings
  readonly until?: RunLimit | null
  readonly isUnknownResent?: boolean
}

/** Whoever wants to see progress reads it from the run's folder, as of any other run. */
const ignore = (): void => undefined

/**
 * Runs that this process conducts, many at once and in the background: ceilings that they share hold over all of them.
 *
 * Whoever starts one waits until it has begun, and is told what hindered it; what becomes of it then is for `onEnd`, and
 * in its folder.
 */
export class ActiveRuns {
  readonly #surroundings: Surroundings
  readonly #onEnd: (ended: EndedRun) => void
  readonly #stop = new AbortController()
  readonly #cut = new AbortController()
  readonly #conducts = new Set<Promise<void>>()

  constructor(surroundings: Surroundings, onEnd: (ended: EndedRun) => void = () => undefined) {
    this.#surroundings = surroundings
    this.#onEnd = onEnd
  }

  /** Runs that go on, or are about to begin. */
  get size(): number {
    return this.#conducts.size
  }

  /** Starts a run, and resolves with its id once its audience is checked and it calls. */
  async start(request: StartRequest, conduct: Conduct): Promise<string> {
    return await this.#begin(conduct, (options, onRunId) => startRun({ ...request, onRunId }, options))
  }

  async replay(request: ReplayRequest, conduct: Conduct): Promise<string> {
    return await this.#begin(conduct, (options, onRunId) => replayRun({ ...request, onRunId }, options))
  }

  /** Resolves once the run goes on, or there was nothing left to do. */
  async resume({ runId, settings }: KnownRun, conduct: Omit<Conduct, 'settings'> = {}): Promise<void> {
    await this.#begin({ ...conduct, settings }, (options, onRunId) => {
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
    { settings, until = null, isUnknownResent = false }: Conduct,
    start: (options: RunOptions, onRunId: (runId: string) => void) => Promise<RunEnd>,
  ): Promise<string> {
    const begun = Promise.withResolvers<string>()
    let hasBegun = false
    const onRunId = (runId: string): void => {
      hasBegun = true
      begun.resolve(runId)
    }
    const conduct = async (): Promise<void> => {
      const { signal } = this.#stop
      const { signal: cutSignal } = this.#cut
      try {
        const conducted = await conductRun(
          this.#surroundings,
          { settings, until, isUnknownResent, signal, cutSignal, onProgress: ignore },
          (options) => start(options, onRunId),
        )
        begun.resolve(conducted.report.run_id)
        this.#onEnd(conducted)
      } catch (error) {
        begun.reject(error)
        if (hasBegun) this.#onEnd({ report: null, error })
      }
    }
    const conducting = conduct()
    this.#conducts.add(conducting)
    void conducting.then(() => this.#conducts.delete(conducting))
    return await begun.promise
  }
}
