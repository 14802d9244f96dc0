import type { Settings } from '../campaign/settings.ts'
import { HookcastError } from '../errors.ts'
import { runPaths } from '../ledger/run-folder.ts'
import { readReport, type RunReport } from '../report/report.ts'
import type { Progress, RunEnd, RunLimit, RunOptions } from '../runner/runner.ts'
import { MOST_REMOTE_SENDERS, remoteSendersFor } from './remote-senders.ts'
import type { Surroundings } from './surroundings.ts'

/** How a run is to be conducted, from its start to its report. */
export interface Conduct {
  readonly settings: Settings
  readonly until?: RunLimit | null
  readonly isUnknownResent?: boolean
  readonly signal?: AbortSignal | undefined
  readonly cutSignal?: AbortSignal | undefined
  readonly onProgress: (progress: Progress) => void
  readonly onNote?: ((text: string) => void) | undefined
}

export interface Conducted {
  readonly report: RunReport
  /** Trouble of our own that ended it before its time; the run is resumable. */
  readonly error: HookcastError | null
}

/**
 * Lets a run go from its start to its end, and reads its report.
 *
 * @throws {HookcastError} HOOKCAST_INTERRUPTED, when `signal` fires before anything was sent.
 */
export async function conductRun(
  surroundings: Surroundings,
  { settings, until, isUnknownResent, signal, cutSignal, onProgress, onNote }: Conduct,
  start: (options: RunOptions) => Promise<RunEnd>,
): Promise<Conducted> {
  const { env, wiring, senders } = surroundings
  await using cleanUp = new AsyncDisposableStack()
  const tell = onNote ?? surroundings.onNote
  const remote = await remoteSendersFor(surroundings, { settings, onNote: tell, cleanUp })
  const options: RunOptions = {
    ...wiring,
    env,
    settings,
    dataFolder: settings.data,
    senders: remote === null ? senders(settings) : MOST_REMOTE_SENDERS,
    ...(remote === null ? {} : { remote }),
    ...(tell === undefined ? {} : { onNote: tell }),
    ...(signal === undefined ? {} : { signal }),
    ...(cutSignal === undefined ? {} : { cutSignal }),
    isUnknownResent: isUnknownResent ?? false,
    until: until ?? null,
    onProgress,
  }
  const { runId, error } = await orInterrupted(signal, () => start(options))
  const report = readReport(runPaths(settings.data, runId), { isLocked: false, clock: wiring.clock })
  return { report, error }
}

/** A signal before anything was sent ends what was being read with an error that says so. */
export async function orInterrupted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error
    throw new HookcastError('HOOKCAST_INTERRUPTED', 'Interrupted before anything was sent', { cause: error })
  }
}
