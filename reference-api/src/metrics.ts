import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Upper bounds in seconds. The sender's own limits are among them: 1 s is slow, 10 s is a timeout. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Counts of one route; noting a request costs two additions. */
export class RouteMetrics {
  readonly statuses = new Map<number, number>()
  readonly buckets = Array.from({ length: BUCKETS_S.length + 1 }, () => 0)
  sumMs = 0

  note(status: number, durationMs: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    this.sumMs += durationMs
    let bucket = 0
    while (bucket < BUCKETS_S.length && durationMs > (BUCKETS_S[bucket] ?? 0) * 1000) bucket += 1
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1
  }
}

/** What is read when somebody asks: null where it is not known. */
export type Gauges = Readonly<Record<string, { readonly help: string; readonly value: number | null }>>

/** The counts of all routes, in the text format that Prometheus reads (version 0.0.4). */
export class Metrics {
  readonly #routes = new Map<string, RouteMetrics>()
  readonly #delay = monitorEventLoopDelay({ resolution: 20 })

  constructor() {
    this.#delay.enable()
  }

  route(method: string, path: string): RouteMetrics {
    const labels = `method="${method}",route="${path}"`
    const found = this.#routes.get(labels) ?? new RouteMetrics()
    this.#routes.set(labels, found)
    return found
  }

  print(gauges: Gauges): string {
    const lines = [
      '# HELP api_requests_total Requests answered.',
      '# TYPE api_requests_total counter',
      ...this.#each(({ statuses }, labels) =>
        Array.from(statuses, ([status, count]) => `api_requests_total{${labels},status="${status}"} ${count}`),
      ),
      '# HELP api_request_duration_seconds From the request to its answer.',
      '# TYPE api_request_duration_seconds histogram',
      ...this.#each(histogramLines),
    ]
    const own: Gauges = {
      process_resident_memory_bytes: { help: 'Memory of the process.', value: process.memoryUsage.rss() },
      process_event_loop_delay_p99_seconds: {
        help: 'How late the event loop is, at the 99th percentile since the last look.',
        value: this.#delay.percentile(99) / 1e9,
      },
    }
    this.#delay.reset()
    for (const [name, { help, value }] of Object.entries({ ...gauges, ...own })) {
      if (value !== null) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }

  close(): void {
    this.#delay.disable()
  }

  #each(linesOf: (route: RouteMetrics, labels: string) => readonly string[]): readonly string[] {
    return Array.from(this.#routes, ([labels, route]) => linesOf(route, labels)).flat()
  }
}

function histogramLines({ buckets, sumMs }: RouteMetrics, labels: string): readonly string[] {
  const name = 'api_request_duration_seconds'
  let count = 0
  const lines = buckets.map((each, index) => {
    count += each
    return `${name}_bucket{${labels},le="${BUCKETS_S[index] ?? '+Inf'}"} ${count}`
  })
  return [...lines, `${name}_sum{${labels}} ${sumMs / 1000}`, `${name}_count{${labels}} ${count}`]
}
