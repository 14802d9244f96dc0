import type { DeliveryReport } from '../campaign/delivery.ts'
import type { Outcome } from '../campaign/outcome.ts'
import type { Clock } from '../clock.ts'
import type { CallResult } from '../request/request.ts'
import { digestOf, type DecidedTask, type PreparedDelivery } from './prepare.ts'
import { PropertyRenderer, type PropertyJob } from './property-renderer.ts'
import { Mask } from './mask.ts'
import { TrialNotes } from './trial-notes.ts'
import type { SenderPort } from './sender.ts'
import type { SenderSetup } from './sender-setup.ts'

/** A finished delivery waits this long at most before the coordinator hears of it (the promise is 20 ms). */
const FLUSH_MS = 10
const SAMPLE_CHARS = 1024
const SAMPLES_PER_CODE = 100
const NO_PROPERTIES = { properties: null, warning: null } as const

type UnfinishedReport = Omit<DeliveryReport, 'properties' | 'warning'>

interface Waiting {
  readonly sliceId: number
  readonly report: UnfinishedReport
  readonly job: PropertyJob | null
}

/** Gathers what became of deliveries and tells it in groups. */
export class Reporter {
  readonly #port: SenderPort
  readonly #clock: Clock
  readonly #properties: PropertyRenderer
  readonly #trials: TrialNotes | null
  readonly #samples = new Map<string, number>()
  #waiting: Waiting[] = []
  #cancelFlush: (() => void) | null = null

  constructor({ setup, port, clock }: { setup: SenderSetup; port: SenderPort; clock: Clock }) {
    this.#port = port
    this.#clock = clock
    this.#properties = new PropertyRenderer(setup)
    this.#trials = setup.isTest || setup.isRehearsal ? new TrialNotes(new Mask(setup.secrets)) : null
  }

  decided({ task, customerId, verdict }: DecidedTask): void {
    this.#add(task.sliceId, {
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
      sample: null,
    })
  }

  called(
    ready: PreparedDelivery,
    { result, outcome, round }: { result: CallResult; outcome: Outcome; round: number },
  ): void {
    const { answer } = result
    const { task } = ready
    const code = answer.kind === 'answered' ? String(answer.httpStatus) : answer.code
    const wasCalled = code !== 'local' && code !== 'blocked'
    const isFinal = outcome.kind !== 'retry' && outcome.kind !== 'local'
    const hasProperties = isFinal && answer.kind === 'answered' && this.#properties.isWanted(ready.definition)
    const report: UnfinishedReport = {
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
      sample:
        outcome.kind === 'sent'
          ? null
          : this.#sampleOf(code, answer.kind === 'answered' ? answer.body : answer.message),
      ...(this.#trials === null ? {} : { trial: this.#trials.note(ready.request, result) }),
    }
    this.#add(task.sliceId, report, hasProperties ? { ready, answer } : null)
  }

  flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    const properties = this.#properties.render(waiting.flatMap(({ job }) => job ?? []))
    const batches = new Map<number, DeliveryReport[]>()
    let nextProperties = 0
    for (const { sliceId, report, job } of waiting) {
      const rendered = job === null ? NO_PROPERTIES : properties[nextProperties++]!
      const reports = batches.get(sliceId)
      if (reports === undefined) batches.set(sliceId, [{ ...report, ...rendered }])
      else reports.push({ ...report, ...rendered })
    }
    this.#port.reports([...batches].map(([sliceId, reports]) => ({ sliceId, reports })))
  }

  close(): void {
    this.#cancelFlush?.()
  }

  #add(sliceId: number, report: UnfinishedReport, job: PropertyJob | null = null): void {
    this.#waiting.push({ sliceId, report, job })
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

function isTlsStop(outcome: Outcome): boolean {
  return outcome.kind === 'stop' && outcome.reason === 'tls'
}
