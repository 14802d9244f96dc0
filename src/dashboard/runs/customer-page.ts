import { SpoolReader } from '../../audience/audience.ts'
import { knownRun, type ApiServices } from '../../api/api.ts'
import type { Campaign } from '../../campaign/campaign.ts'
import { ApiError, HookcastError } from '../../errors.ts'
import { isRunLocked } from '../../ledger/run-folder.ts'
import { readableCampaign, type KnownRun } from '../../library/library.ts'
import {
  formatNumber,
  html,
  readCustomers,
  readReport,
  timeText,
  type HeldCustomer,
  type Markup,
  type Part,
} from '../../report/report.ts'
import { tryDelivery, type ShownRequest } from '../../trial/trial.ts'
import { card, code, facts, head, resultMark, type Shown } from '../frame/parts.ts'
import type { Page, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { requestShown } from './request-shown.ts'

const { customer: say } = words

/** One customer's whole story: what was to be sent, each attempt, each answer. */
export async function customerPage(visit: Visit): Promise<Page> {
  const run_id = visit.param('run')
  // The results of the API are asked for first: whoever may not see customers is refused.
  await visit.ask('streamResults', { params: { run_id }, query: { status: 'suppressed' } })
  const { services } = visit
  const run = knownRun(run_id, services)
  const campaign = readableCampaign(run, services.surroundings)
  const { held, line, isGoing } = findCustomer(run, { campaign, seq: Number(visit.param('seq')) })
  const name = held.result?.customer_id ?? `${say.row} ${formatNumber(held.number)}`
  const tried = held.row === null ? null : await rendered({ run, campaign, services, line, seq: held.seq })
  const content = [
    head({
      path: [
        [words.runs.title, '/runs'],
        [campaign.name, `/runs/${run_id}`],
        [words.customers.title, `/runs/${run_id}/customers`],
      ],
      title: html`${name} ${resultMark(held.status, held.result?.reason ?? null)}`,
      below: facts(factsOf(held, isGoing)),
    }),
    held.result?.message == null ? '' : html`<p class="verdict">${held.result.message}</p>`,
    card(say.attempts, attempts(held)),
    html`<div class="sides">
      ${card(say.request, requestPart(tried))} ${card(say.template, templatePart(campaign))}
    </div>`,
    card(say.rowTitle, held.row === null ? html`<p class="nothing">${say.noRow}</p>` : code(pretty(held.row))),
    Object.keys(held.result?.properties ?? {}).length === 0
      ? ''
      : card(say.properties, code(JSON.stringify(held.result?.properties, null, 2))),
  ]
  return { title: name, place: 'runs', content }
}

function findCustomer(
  run: KnownRun,
  { campaign, seq }: { readonly campaign: Campaign; readonly seq: number },
): { readonly held: HeldCustomer; readonly line: string; readonly isGoing: boolean } {
  const { customers, state } = readReport(run.paths, { isLocked: isRunLocked(run.paths) })
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= customers) {
    throw new ApiError('HOOKCAST_API_UNKNOWN', say.unknown, { status: 404 })
  }
  using spool = SpoolReader.open(run.paths.folder)
  spool.grow(customers)
  const [held] = readCustomers(run.paths, campaign, { seqs: [seq], spool })
  const line = Buffer.from(spool.pick([seq]).lines.subarray(0, -1)).toString()
  return { held: held!, line, isGoing: state === 'running' }
}

function factsOf({ result, number, waiting }: HeldCustomer, isGoing: boolean): Shown[] {
  const shown: Shown[] = [[say.row, formatNumber(number)]]
  if (result !== null) {
    shown.push([say.requestId, html`<code>${result.request_id}</code>`], [say.ended, timeText(result.occurred_at)])
    shown.push([say.calls, formatNumber(result.attempts)])
    if (result.latency_ms !== null) shown.push([say.latency, `${formatNumber(result.latency_ms)} ms`])
    if (result.batch_size > 1) shown.push([say.batch, formatNumber(result.batch_size)])
    if (result.in_doubt) shown.push([say.inDoubt, say.mayHave])
  }
  // One that has a result is called by a resume or a replay alone.
  if (result === null && waiting?.due_at != null)
    shown.push([say.due, isGoing ? timeText(waiting.due_at) : say.onResume])
  return shown
}

interface Sample {
  readonly attempt: number
  readonly http_status: number | null
  readonly code: string
  readonly body: string
}

/** From the first to the last: what is known of each. */
function attempts({ result, waiting, samples }: HeldCustomer): Markup {
  const calls = result?.attempts ?? waiting?.calls ?? 0
  if (calls === 0) return html`<p class="nothing">${say.noCalls}</p>`
  const kept = samples as unknown as readonly Sample[]
  const steps = Array.from({ length: calls }, (_, at) => {
    const sample = kept.find(({ attempt }) => attempt === at + 1) ?? null
    return attemptStep(at + 1, { sample, result: at + 1 === calls ? result : null })
  })
  return html`<ol class="steps">
    ${steps}
  </ol>`
}

/** With the result, where it was the last. */
function attemptStep(
  attempt: number,
  { sample, result }: { readonly sample: Sample | null; readonly result: HeldCustomer['result'] },
): Markup {
  const kind = result === null ? 'is-waiting' : result.status === 'sent' ? 'is-sent' : 'is-failed'
  const answer = result?.http_status ?? sample?.http_status ?? sample?.code ?? say.notKept
  const latencyMs = result?.latency_ms ?? null
  return html`<li class="${kind}">
    <h3>${say.attempt} ${attempt} <span class="note">${answer}</span></h3>
    ${latencyMs === null ? '' : html`<p class="note">${say.answered(formatNumber(latencyMs))}</p>`}
    ${sample === null || sample.body === '' ? '' : code(sample.body)}
  </li>`
}

/** The request as the run made it, from what the run keeps; null and why, when it cannot be made any more. */
async function rendered({
  run,
  campaign,
  services,
  line,
  seq,
}: {
  readonly run: KnownRun
  readonly campaign: Campaign
  readonly services: ApiServices
  readonly line: string
  readonly seq: number
}): Promise<{ readonly request: ShownRequest | null; readonly message: string | null }> {
  const { env, wiring } = services.surroundings
  const batch = campaign.webhook.batch === null ? null : { seq, lines: [line] }
  try {
    const host = { ...wiring, env, settings: run.settings }
    const tried = await tryDelivery(campaign, { seq, line, batch }, { purpose: 'rehearsal', host, runId: run.runId })
    const { verdict, request } = tried
    return { request, message: verdict.kind === 'called' ? null : verdict.message }
  } catch (error) {
    if (error instanceof HookcastError) return { request: null, message: error.message }
    throw error
  }
}

function requestPart(tried: Awaited<ReturnType<typeof rendered>> | null): Part {
  if (tried === null) return html`<p class="nothing">${say.noRow}</p>`
  const message = tried.message === null ? '' : html`<p class="alarm">${tried.message}</p>`
  return [
    message,
    tried.request === null ? '' : [requestShown(tried.request), html`<p class="note">${say.renderedNow}</p>`],
  ]
}

function templatePart({ webhook }: Campaign): Part {
  const { body, batch } = webhook
  const templates = batch === null ? [body] : [batch.root, batch.customer]
  return templates.map((template) =>
    template === null
      ? html`<p class="nothing">${words.none}</p>`
      : [html`<p class="note">${template.file}</p>`, code(template.text)],
  )
}

function pretty(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2)
}
