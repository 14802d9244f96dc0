import type { BatchReport, DeliveryReport } from '../campaign/delivery.ts'
import type { Answer, Outcome } from '../campaign/outcome.ts'
import type { Clock } from '../clock.ts'
import type { CallResult } from '../request/request.ts'
import { batchReportFrom, memberJobs, membersFrom, withProperties } from './batch-report.ts'
import type { JudgedBatch } from './judge-batch.ts'
import { PropertyRenderer, type PropertyJob, type RenderedProperties } from './property-renderer.ts'
import { TrialNotes } from './trial-notes.ts'
import { digestOf } from './request-parts.ts'
import type { SenderPort } from './sender.ts'
import type { SenderSetup } from './sender-setup.ts'
import { NO_DESCRIPTOR, type SpareDescriptors } from './spare-descriptors.ts'
import type { DecidedTask, PreparedDelivery } from './task.ts'

/** A finished delivery waits this long at most before the coordinator hears of it (the promise is 20 ms). */
const FLUSH_MS = 10
const SAMPLE_CHARS = 1024
const SAMPLES_PER_CODE = 100
const NO_JOBS: readonly PropertyJob[] = []
const NO_TRIAL = {} as const

interface Waiting {
  readonly sliceId: number
  readonly report: DeliveryReport
  readonly jobs: readonly PropertyJob[]
  readonly batch: BatchReport | null
}

interface ReporterOptions {
  readonly setup: SenderSetup
  readonly port: SenderPort
  readonly clock: Clock
  readonly spare: SpareDescriptors
}

/** Gathers what became of deliveries and tells it in groups. */
export class Reporter {
  readonly #port: SenderPort
  readonly #clock: Clock
  readonly #properties: PropertyRenderer
  readonly #trials: TrialNotes | null
  readonly #spare: SpareDescriptors
  readonly #samples = new Map<string, number>()
  #waiting: Waiting[] = []
  #cancelFlush: (() => void) | null = null

  constructor({ setup, port, clock, spare }: ReporterOptions) {
    this.#spare = spare
    this.#port = port
    this.#clock = clock
    this.#properties = new PropertyRenderer(setup)
    this.#trials = setup.isTest || setup.isRehearsal ? new TrialNotes(setup) : null
  }

  decided({ task, customerId, verdict, batch }: DecidedTask): void {
    const report: DeliveryReport = {
      seq: task.seq,
      customerId,
      attempt: task.attempt,
      verdict,
      httpStatus: null,
      code: null,
      latencyMs: 0,
      round: 0,
      hadInstantRetry: false,
      isKept: false,
      digest: null,
      properties: null,
      sample: null,
      warning: null,
    }
    if (batch === null) this.#add({ sliceId: task.sliceId, report, jobs: NO_JOBS, batch: null })
    else {
      const { requestId, leftOut } = batch
      const told = { requestId, leftOut, members: membersFrom(batch, null), isToBeSplit: false, warnings: [] }
      this.#add({ sliceId: task.sliceId, report, jobs: NO_JOBS, batch: told })
    }
  }

  called(
    ready: PreparedDelivery,
    call: { result: CallResult; outcome: Outcome; round: number; batch: JudgedBatch | null },
  ): void {
    const { result, outcome, round } = call
    const { answer } = result
    const { task } = ready
    const code = answer.kind === 'answered' ? String(answer.httpStatus) : answer.code
    const wasCalled = code !== 'local' && code !== 'blocked'
    const isFinal = outcome.kind !== 'retry' && outcome.kind !== 'local'
    const hasProperties = isFinal && this.#properties.isWanted(ready.definition)
    const report: DeliveryReport = {
      seq: task.seq,
      customerId: ready.customerId,
      attempt: task.attempt,
      verdict: { kind: 'called', outcome },
      httpStatus: answer.kind === 'answered' ? answer.httpStatus : null,
      code: wasCalled ? code : null,
      latencyMs: result.latencyMs,
      round,
      hadInstantRetry: result.hadInstantRetry,
      isKept: ready.isKept,
      // A TLS failure counts as one bad node once the run has had a success anywhere: the coordinator may retry it.
      digest: isFinal && !isTlsStop(outcome) ? null : digestOf(ready.request),
      properties: null,
      sample:
        outcome.kind === 'sent'
          ? null
          : this.#sampleOf(code, answer.kind === 'answered' ? answer.body : answer.message),
      warning: null,
      ...(this.#trials === null ? NO_TRIAL : { trial: this.#trials.note(ready, result) }),
    }
    this.#addCalled(ready, { report, hasProperties, answer }, call.batch)
  }

  #addCalled(
    ready: PreparedDelivery,
    called: { readonly report: DeliveryReport; readonly hasProperties: boolean; readonly answer: Answer },
    judged: JudgedBatch | null,
  ): void {
    const { report, answer } = called
    const { sliceId } = ready.task
    const answered = called.hasProperties && answer.kind === 'answered' ? { ready, answer } : null
    if (ready.batch === null) {
      return this.#add({ sliceId, report, jobs: answered === null ? NO_JOBS : [answered], batch: null })
    }
    const batch = batchReportFrom(ready, ready.batch, judged)
    const jobs = answered === null || batch.isToBeSplit ? NO_JOBS : memberJobs(answered, judged)
    this.#add({ sliceId, report, jobs, batch })
  }

  flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    const properties = this.#render(waiting.flatMap(({ jobs }) => jobs))
    const batches = new Map<number, DeliveryReport[]>()
    let next = 0
    for (const { sliceId, report, jobs, batch } of waiting) {
      const rendered = jobs.length === 0 ? NONE : properties.slice(next, next + jobs.length)
      next += jobs.length
      const told = finished(report, batch, rendered)
      const reports = batches.get(sliceId)
      if (reports === undefined) batches.set(sliceId, [told])
      else reports.push(told)
    }
    this.#port.reports([...batches].map(([sliceId, reports]) => ({ sliceId, reports })))
  }

  #render(jobs: readonly PropertyJob[]): readonly RenderedProperties[] {
    if (jobs.length === 0) return NONE
    const rendered = this.#spare.lend(() => this.#properties.render(jobs))
    return rendered ?? jobs.map(() => ({ properties: null, warning: `event_properties: ${NO_DESCRIPTOR}` }))
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#cancelFlush ??= this.#clock.after(FLUSH_MS, () => {
      this.#cancelFlush = null
      this.flush()
    })
  }

  #sampleOf(code: string, text: string): string | null {
    const taken = this.#samples.get(code) ?? 0
    if (text === '' || taken >= SAMPLES_PER_CODE) return null
    this.#samples.set(code, taken + 1)
    return text.slice(0, SAMPLE_CHARS)
  }
}

const NONE: readonly RenderedProperties[] = []

function finished(
  report: DeliveryReport,
  batch: BatchReport | null,
  rendered: readonly RenderedProperties[],
): DeliveryReport {
  if (batch !== null) return { ...report, batch: withProperties(batch, rendered) }
  return rendered.length === 0 ? report : { ...report, ...rendered[0] }
}

function isTlsStop(outcome: Outcome): boolean {
  return outcome.kind === 'stop' && outcome.reason === 'tls'
}
