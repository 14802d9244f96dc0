import { pino, type DestinationStream, type Logger } from 'pino'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from './clock.ts'

/**
 * Every log line of the service: its level, and the fields that it may have.
 *
 * What is not listed is not written, so that no customer, no answer of a receiver and no secret gets into a log by accident.
 * docs/service.md is tested against this table.
 */
export const LOG_LINES = {
  'service.started': { level: 'info', fields: ['version', 'listeners', 'runs_resumed'] },
  'service.stopping': { level: 'info', fields: ['runs_active'] },
  'service.stopped': { level: 'info', fields: ['runs_left'] },
  'service.failed': { level: 'error', fields: ['code', 'message', 'stack'] },
  'request.failed': { level: 'error', fields: ['code', 'message', 'stack'] },
  'run.started': { level: 'info', fields: ['run_id', 'campaign', 'is_resumed'] },
  'run.ended': {
    level: 'info',
    fields: [
      'run_id',
      'campaign',
      'state',
      'started_at',
      'duration_ms',
      'customers',
      'sent',
      'failed',
      'aborted',
      'suppressed',
      'waiting',
      'pending',
      'deliveries',
      'attempts',
      'codes',
      'failures',
      'latency_ms',
      'slow_responses',
      'instant_retries',
      'in_doubt',
      'already_accepted',
      'lowest_concurrency',
      'resumed',
      'stop_rules',
      'warning_codes',
      'code',
      'message',
    ],
  },
  'attempt.ended': {
    level: 'info',
    fields: [
      'run_id',
      'campaign',
      'chunk',
      'seq',
      'attempt',
      'outcome',
      'reason',
      'http_status',
      'code',
      'latency_ms',
      'is_in_doubt',
    ],
  },
  'webhook.held': { level: 'warn', fields: ['campaign', 'run_id', 'rule'] },
  'hold.released': { level: 'info', fields: ['campaign', 'run_id', 'is_discarded'] },
  'schedule.fired': { level: 'info', fields: ['campaign', 'due_at', 'state', 'run_id'] },
  'notice.delivered': { level: 'info', fields: ['id', 'type', 'attempt'] },
  'notice.failed': { level: 'warn', fields: ['id', 'type', 'attempt', 'is_final', 'http_status', 'code'] },
  'secrets.resealed': { level: 'info', fields: ['resealed', 'unopened'] },
  'storage.low': { level: 'warn', fields: ['free_bytes', 'least_bytes'] },
} as const satisfies Record<string, { level: 'info' | 'warn' | 'error'; fields: readonly string[] }>

export type LogLine = keyof typeof LOG_LINES
export type LogFields<L extends LogLine> = Readonly<Partial<Record<(typeof LOG_LINES)[L]['fields'][number], unknown>>>

/** Every metric of the service but those of the process itself (`process_…`, `nodejs_…`). docs/service.md is tested against it. */
export const METRICS = {
  hookcast_info: { kind: 'gauge', labels: ['version'], help: '1; the version is in its label' },
  hookcast_runs_active: { kind: 'gauge', labels: ['campaign'], help: 'Runs going on' },
  hookcast_runs_ended_total: { kind: 'counter', labels: ['campaign', 'state'], help: 'Runs that ended, by state' },
  hookcast_customers_total: {
    kind: 'counter',
    labels: ['campaign', 'status'],
    help: 'Customers with a result: sent, failed or suppressed',
  },
  hookcast_customers_open: { kind: 'gauge', labels: ['campaign'], help: 'Customers of active runs without a result' },
  hookcast_attempts_total: {
    kind: 'counter',
    labels: ['campaign', 'code'],
    help: 'Attempts by HTTP status, or timeout, connect, reset, tls, dns, invalid_response, proxy',
  },
  hookcast_attempt_duration_seconds: {
    kind: 'histogram',
    labels: ['campaign'],
    help: 'From the dispatch of a request to the last byte of its answer',
  },
  hookcast_requests_in_flight: { kind: 'gauge', labels: ['campaign'], help: 'Requests of active runs in flight' },
  hookcast_workers: { kind: 'gauge', labels: [], help: 'Workers heard of within the last seconds' },
  hookcast_worker_senders: { kind: 'gauge', labels: [], help: 'Sender processes that workers have room for' },
  hookcast_worker_slices: { kind: 'gauge', labels: [], help: 'Slices that workers have in hand' },
  hookcast_worker_slice_age_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'How long a worker has had the oldest of them',
  },
  hookcast_triggers_total: {
    kind: 'counter',
    labels: ['result'],
    help: 'Event triggers: accepted, duplicate, unmatched or error',
  },
  hookcast_triggers_waiting: { kind: 'gauge', labels: [], help: 'Event triggers accepted and not yet in a run' },
  hookcast_holds: { kind: 'gauge', labels: [], help: 'Campaigns on hold' },
  hookcast_notices_total: {
    kind: 'counter',
    labels: ['type', 'result'],
    help: 'Notices: delivered, failed or given_up',
  },
  hookcast_notices_waiting: { kind: 'gauge', labels: [], help: 'Notices not yet delivered' },
  hookcast_event_attempts_total: {
    kind: 'counter',
    labels: ['code'],
    help: 'Attempts of event webhooks by HTTP status, or what there was in place of an answer',
  },
  hookcast_event_attempt_duration_seconds: {
    kind: 'histogram',
    labels: [],
    help: 'From the dispatch of an event webhook to the last byte of its answer',
  },
  hookcast_event_deliveries_failed_total: {
    kind: 'counter',
    labels: [],
    help: 'Event webhooks that ended without having arrived',
  },
  hookcast_event_requests_in_flight: { kind: 'gauge', labels: [], help: 'Requests of event webhooks in flight' },
  hookcast_event_endpoints: {
    kind: 'gauge',
    labels: ['state'],
    help: 'Endpoints: active, disabled, suspended or restarting',
  },
  hookcast_event_endpoints_stalled: {
    kind: 'gauge',
    labels: [],
    help: 'Endpoints for which something was due for 5 minutes and nothing was tried',
  },
  hookcast_event_storage_bytes: { kind: 'gauge', labels: [], help: 'What event webhooks take on the disk' },
  hookcast_storage_free_bytes: { kind: 'gauge', labels: [], help: 'Free bytes on the disk of the data folder' },
  hookcast_http_requests_total: {
    kind: 'counter',
    labels: ['method', 'route', 'status'],
    help: 'Requests to the service by route pattern',
  },
  hookcast_http_request_duration_seconds: {
    kind: 'histogram',
    labels: ['route'],
    help: 'From a request to the service to the beginning of its answer',
  },
} as const satisfies Record<
  string,
  { kind: 'counter' | 'gauge' | 'histogram'; labels: readonly string[]; help: string }
>

type MetricOf<K> = {
  [N in keyof typeof METRICS]: (typeof METRICS)[N]['kind'] extends K ? N : never
}[keyof typeof METRICS]
type Labels<N extends keyof typeof METRICS> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>

const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** An attempt as its coordinator saw it end. */
export interface EndedAttempt {
  readonly chunk: number
  readonly seq: number
  readonly attempt: number
  readonly outcome: string
  readonly reason: string | null
  readonly httpStatus: number | null
  readonly code: string | null
  readonly latencyMs: number
  readonly isInDoubt: boolean
}

export interface TelemetryOptions {
  readonly clock: Clock
  readonly version: string
  /** Which attempts get a line: those that were not sent, all, or none. */
  readonly attempts: 'failed' | 'all' | 'none'
  /** Where lines go. Default: standard output. */
  readonly destination?: DestinationStream
}

/** Writes log lines and counts metrics: the one place that knows their names. */
export class Telemetry {
  readonly #registry = new Registry()
  readonly #logger: Logger
  readonly #attempts: TelemetryOptions['attempts']
  readonly #metrics = new Map<string, Counter | Gauge | Histogram>()
  readonly #collectors = new Set<() => void>()

  constructor({ clock, version, attempts, destination }: TelemetryOptions) {
    this.#attempts = attempts
    const settings = {
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (level: string) => ({ level }) },
    }
    this.#logger = destination === undefined ? pino(settings) : pino(settings, destination)
    for (const [name, { kind, labels, help }] of Object.entries(METRICS)) {
      const options = { name, help, labelNames: [...labels], registers: [this.#registry] }
      const metric =
        kind === 'counter'
          ? new Counter(options)
          : kind === 'gauge'
            ? new Gauge(options)
            : new Histogram({ ...options, buckets: BUCKETS_S })
      this.#metrics.set(name, metric)
    }
    collectDefaultMetrics({ register: this.#registry })
    this.set('hookcast_info', 1, { version })
  }

  /** Writes a line. */
  log<L extends LogLine>(line: L, fields: LogFields<L>): void {
    const { level, fields: known } = LOG_LINES[line]
    const given = fields as Readonly<Record<string, unknown>>
    const kept = known.flatMap((field) => (given[field] === undefined ? [] : [[field, given[field]] as const]))
    this.#logger[level](Object.fromEntries(kept), line)
  }

  count<N extends MetricOf<'counter'>>(name: N, labels: Labels<N>, by = 1): void {
    if (by > 0) (this.#metrics.get(name) as Counter).inc(labels, by)
  }

  set<N extends MetricOf<'gauge'>>(name: N, value: number, labels: Labels<N>): void {
    ;(this.#metrics.get(name) as Gauge).set(labels, value)
  }

  observe<N extends MetricOf<'histogram'>>(name: N, seconds: number, labels: Labels<N>): void {
    ;(this.#metrics.get(name) as Histogram).observe(labels, seconds)
  }

  /** Forgets what a gauge said, of any label: a collector sets what is still there. */
  reset(name: MetricOf<'gauge'>): void {
    this.#metrics.get(name)!.reset()
  }

  /** Counts an attempt of a run, and writes its line if it is to have one. */
  attemptEnded(run: { readonly runId: string; readonly campaign: string }, ended: EndedAttempt): void {
    const { code, latencyMs, outcome, httpStatus } = ended
    if (code !== null) this.count('hookcast_attempts_total', { campaign: run.campaign, code })
    if (httpStatus !== null) {
      this.observe('hookcast_attempt_duration_seconds', latencyMs / 1000, { campaign: run.campaign })
    }
    if (this.#attempts === 'none' || (this.#attempts === 'failed' && outcome === 'sent')) return
    this.log('attempt.ended', {
      run_id: run.runId,
      campaign: run.campaign,
      chunk: ended.chunk,
      seq: ended.seq,
      attempt: ended.attempt,
      outcome,
      reason: ended.reason,
      http_status: httpStatus,
      code,
      latency_ms: Math.round(latencyMs),
      is_in_doubt: ended.isInDoubt,
    })
  }

  /** Calls back before each reading of the metrics, to set what is known only then. */
  onCollect(collect: () => void): void {
    this.#collectors.add(collect)
  }

  /** All metrics as Prometheus reads them. */
  async exposition(): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const collect of this.#collectors) collect()
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }
}
