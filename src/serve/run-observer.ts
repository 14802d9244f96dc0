import type { Tell } from '../campaign/notice.ts'
import type { Clock } from '../clock.ts'
import type { ServiceStore, Statements } from '../ledger/service-store.ts'
import type { ActiveRun, EndedRun, RunWatch } from '../library/library.ts'
import type { RunReport } from '../report/report.ts'
import type { Progress } from '../runner/runner.ts'
import type { EndedAttempt, Telemetry } from '../telemetry.ts'
import { errorFacts } from './error-facts.ts'

const insertActiveRun = `INSERT OR IGNORE INTO active_run (run_id, begun_at) VALUES (?, ?)`
const deleteActiveRun = `DELETE FROM active_run WHERE run_id = ?`
const selectActiveRuns = `SELECT run_id FROM active_run ORDER BY run_id`

interface Standing {
  readonly run: ActiveRun
  progress: Progress
  /** In the metrics. What was there when it began to be watched, an earlier process has counted. */
  counted: Ended
}

interface Ended {
  readonly sent: number
  readonly failed: number
  readonly suppressed: number
}

const STATUSES = ['sent', 'failed', 'suppressed'] as const

export interface RunObserverOptions {
  readonly store: ServiceStore
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly tell: Tell
}

/**
 * What the service notes of its runs: a line at each one's beginning and end, metrics, notices, and which are going on.
 *
 * A run that was going on when the service ended, however it ended, is one that the next start goes on with.
 */
export class RunObserver implements RunWatch {
  readonly #options: RunObserverOptions
  readonly #standings = new Map<string, Standing>()
  #isStopping = false

  constructor(options: RunObserverOptions) {
    this.#options = options
    options.telemetry.onCollect(() => this.#collect())
  }

  /** Runs that were going on when the service ended. */
  left(): readonly string[] {
    return this.#options.store.all(selectActiveRuns).map((row) => String(row['run_id']))
  }

  /** From now on a run that is interrupted is one to go on with. */
  prepareStop(): void {
    this.#isStopping = true
  }

  onBegun({ runId, campaign, isResumed }: ActiveRun): void {
    const { store, clock, telemetry } = this.#options
    telemetry.log('run.started', { run_id: runId, campaign, is_resumed: isResumed })
    // Before its first call: nobody would go on with it.
    void this.#commit((store) => void store.run(insertActiveRun, runId, clock.now()))
    store.flush()
  }

  onProgress(run: ActiveRun, progress: Progress): void {
    const known = this.#standings.get(run.runId)
    if (known !== undefined) {
      known.progress = progress
      return
    }
    const { sent, failed, suppressed } = progress.numbers
    this.#standings.set(run.runId, { run, progress, counted: { sent, failed, suppressed } })
  }

  onAttempt(run: ActiveRun, attempt: EndedAttempt): void {
    this.#options.telemetry.attemptEnded(run, attempt)
  }

  onEnd({ runId, campaign }: ActiveRun, { report, error }: EndedRun): void {
    const { telemetry, tell } = this.#options
    const standing = this.#standings.get(runId)
    this.#standings.delete(runId)
    if (report === null) {
      telemetry.log('run.ended', { run_id: runId, campaign, ...errorFacts(error) })
    } else {
      if (standing !== undefined) this.#count(standing, report)
      telemetry.count('hookcast_runs_ended_total', { campaign, state: report.state })
      telemetry.log('run.ended', { ...factsOf(report), ...(error === null ? {} : errorFacts(error)) })
    }
    if (this.#isStopping && (report === null || report.state === 'interrupted')) return
    // A service that dies before this commit finds the run among those that were going on, and tells of its end then.
    void this.#commit((store) => {
      if (report?.state === 'finished' || report?.state === 'aborted') tell(`run.${report.state}`, noticeFacts(report))
      store.run(deleteActiveRun, runId)
    })
  }

  /** A run goes on, but not here. */
  forgetProgress({ runId }: ActiveRun): void {
    const standing = this.#standings.get(runId)
    if (standing !== undefined) this.#count(standing, standing.progress.numbers)
    this.#standings.delete(runId)
  }

  /** The next start does not go on with it. */
  forget(runId: string): void {
    void this.#commit((store) => void store.run(deleteActiveRun, runId))
  }

  async #commit(change: (store: Statements) => void): Promise<void> {
    try {
      await this.#options.store.commit(change)
    } catch (error) {
      this.#options.telemetry.log('service.failed', errorFacts(error))
    }
  }

  #count(standing: Standing, ended: Ended): void {
    const { telemetry } = this.#options
    const { campaign } = standing.run
    for (const status of STATUSES) {
      telemetry.count('hookcast_customers_total', { campaign, status }, ended[status] - standing.counted[status])
    }
    const { sent, failed, suppressed } = ended
    standing.counted = { sent, failed, suppressed }
  }

  #collect(): void {
    const { telemetry } = this.#options
    const sums = new Map<string, { runs: number; open: number; inFlight: number }>()
    for (const standing of this.#standings.values()) {
      const { numbers, customers, aborted, inFlight } = standing.progress
      this.#count(standing, numbers)
      const sum = sums.get(standing.run.campaign) ?? { runs: 0, open: 0, inFlight: 0 }
      sum.runs++
      sum.open += Math.max(0, customers - aborted - numbers.sent - numbers.failed - numbers.suppressed)
      sum.inFlight += inFlight
      sums.set(standing.run.campaign, sum)
    }
    for (const name of ['hookcast_runs_active', 'hookcast_customers_open', 'hookcast_requests_in_flight'] as const) {
      telemetry.reset(name)
    }
    for (const [campaign, { runs, open, inFlight }] of sums) {
      telemetry.set('hookcast_runs_active', runs, { campaign })
      telemetry.set('hookcast_customers_open', open, { campaign })
      telemetry.set('hookcast_requests_in_flight', inFlight, { campaign })
    }
  }
}

function factsOf({ aborts, warnings, ...report }: RunReport): Readonly<Record<string, unknown>> {
  return {
    ...report,
    stop_rules: aborts.map(({ rule, scope, http_status }) => ({ rule, scope, http_status })),
    warning_codes: Object.fromEntries(warnings.map(({ code, count }) => [code, count])),
  }
}

/** What operators are told of a run: numbers and our own words, nothing of a customer. */
function noticeFacts(report: RunReport): Readonly<Record<string, unknown>> {
  const { run_id, campaign, state, started_at, finished_at, customers, sent, failed, aborted, suppressed } = report
  const aborts = report.aborts.map(({ rule, scope, chunk, http_status, at, message }) => {
    return { rule, scope, chunk, http_status, at, message }
  })
  return { run_id, campaign, state, started_at, finished_at, customers, sent, failed, aborted, suppressed, aborts }
}
