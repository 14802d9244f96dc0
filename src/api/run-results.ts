import { z } from 'zod'
import { RESULT_STATUSES } from '../campaign/result.ts'
import type { Clock } from '../clock.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { progressFrom, readableCampaign, type KnownRun } from '../library/library.ts'
import { formatResults, readProgress, readPropertyNames, readReport, readResults } from '../report/report.ts'
import { Pace } from '../runner/runner.ts'
import { operation } from './operation.ts'
import { knownRun, RUN_PARAMS } from './runs.ts'
import { streamResponse } from './stream.ts'
import type { runProgress } from './run-schemas.ts'

const MEDIA_TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' } as const

/** A list in one parameter: `failed,aborted`. */
const statuses = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(RESULT_STATUSES)))
  .optional()

export const runResultOperations = [
  operation({
    id: 'streamResults',
    method: 'get',
    path: '/v1/runs/{run_id}/results',
    tag: 'Runs',
    summary: 'What became of each customer, in the order of the audience',
    description:
      'One line for each that has ended; whoever waits or is in flight is not among them. Works while the run goes on. A connection that breaks before the end of the answer is no whole list.',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    isPersonal: true,
    params: RUN_PARAMS,
    query: {
      status: statuses.describe('Only these, such as `failed,aborted`'),
      format: z.enum(['ndjson', 'csv']).default('ndjson'),
    },
    stream: ['application/x-ndjson', 'text/csv'],
    handle: async ({ params, query, services }) => {
      const run = knownRun(params.run_id, services)
      const campaign = readableCampaign(run, services.surroundings)
      const records = readResults(run.paths, campaign, { statuses: query.status ?? null })
      const { format } = query
      const names = format === 'csv' ? readPropertyNames(run.paths) : []
      return streamResponse(formatResults(records, format, names), { 'Content-Type': MEDIA_TYPES[format] })
    },
  }),
  operation({
    id: 'followProgress',
    method: 'get',
    path: '/v1/runs/{run_id}/progress',
    tag: 'Runs',
    summary: 'How far a run is, as server-sent events',
    description:
      'Events `progress` (a `Progress`, at most two a second, when something has changed) until nobody works on the run any more, then one `end` with the `Run`, and the stream is over: do not connect again. Works for a run of another process on this machine, too.',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    params: RUN_PARAMS,
    stream: ['text/event-stream'],
    handle: async ({ params, services }) => {
      const run = knownRun(params.run_id, services)
      return new Response(followed(run, services.clock), {
        headers: { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' },
      })
    },
  }),
]

const LOOK_MS = 500
/** Proxies close what is silent, most after a minute. */
const KEEP_ALIVE_MS = 15_000

/** @see HTML Living Standard §9.2.5, "Parsing an event stream" */
function followed(run: KnownRun, clock: Clock): ReadableStream<Uint8Array> {
  const left = new AbortController()
  const encoder = new TextEncoder()
  const pace = new Pace()
  let told = ''
  let toldAt = clock.now()
  const look = (): { readonly text: string; readonly isLast: boolean } => {
    const { state, progress } = readProgress(run.paths, isRunLocked(run.paths))
    const now = clock.now()
    const perSecond = pace.perSecond(progress.numbers, now)
    const shown: z.output<typeof runProgress> = { ...progressFrom(run.runId, { ...progress, perSecond }), state }
    const text = `event: progress\ndata: ${JSON.stringify(shown)}\n\n`
    if (state !== 'running') {
      const report = readReport(run.paths, { isLocked: false, clock })
      const samples = report.aborts.map((abort) => ({ ...abort, samples: [] }))
      return { text: `${text}event: end\ndata: ${JSON.stringify({ ...report, aborts: samples })}\n\n`, isLast: true }
    }
    if (text !== told) {
      told = text
      toldAt = now
      return { text, isLast: false }
    }
    if (now - toldAt < KEEP_ALIVE_MS) return { text: '', isLast: false }
    toldAt = now
    return { text: ': still there\n\n', isLast: false }
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (let isFirst = told === ''; !left.signal.aborted; isFirst = false) {
        if (!isFirst) await clock.sleep(LOOK_MS, left.signal)
        if (left.signal.aborted) return
        const { text, isLast } = look()
        if (text !== '') controller.enqueue(encoder.encode(text))
        if (isLast) controller.close()
        if (isLast || text !== '') return
      }
    },
    cancel: () => left.abort(),
  })
}
