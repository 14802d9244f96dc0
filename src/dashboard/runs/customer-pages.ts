import { RESULT_STATUSES } from '../../campaign/result.ts'
import { knownRun } from '../../api/api.ts'
import { readableCampaign } from '../../library/library.ts'
import { findResults, html, type Markup, type ResultRecord } from '../../report/report.ts'
import { code, head, resultMark, select } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { customerPage } from './customer-page.ts'

const PER_PAGE = 50
const { customers: say } = words

export const customerPages: readonly PageRoute[] = [
  { method: 'get', path: '/runs/:run/customers', handle: customersPage },
  { method: 'get', path: '/runs/:run/customers/:seq', handle: customerPage },
  { method: 'get', path: '/runs/:run/campaign', handle: campaignPage },
]

/** Of the query: what is not named is not looked at. */
const SAME = ['reason', 'error_code', 'message', 'customer_id'] as const

async function customersPage(visit: Visit): Promise<Page> {
  const run_id = visit.param('run')
  // The results of the API are asked for first: whoever may not see customers is refused.
  await visit.ask('streamResults', { params: { run_id }, query: { status: 'suppressed' } })
  const { services, context } = visit
  const run = knownRun(run_id, services)
  const status = visit.query('status')
  const httpStatus = visit.query('http_status')
  const wanted = SAME.flatMap((name) => {
    const value = visit.query(name)
    return value === null ? [] : [[name, value] as const]
  })
  const campaign = readableCampaign(run, services.surroundings)
  const { records, next } = await findResults(run.paths, campaign, {
    from: Number(visit.query('after')) || 0,
    limit: PER_PAGE,
    // `failed,aborted` too, as the command line has it.
    statuses: status === null ? null : RESULT_STATUSES.filter((one) => status.split(',').includes(one)),
    matches: (record) =>
      wanted.every(([name, value]) => record[name] === value) &&
      (httpStatus === null || String(record.http_status) === httpStatus),
    signal: context.req.raw.signal,
  })
  const query = new URLSearchParams(context.req.query())
  query.set('after', String(next))
  const content = [
    head({
      path: [
        [words.runs.title, '/runs'],
        [campaign.name, `/runs/${run_id}`],
      ],
      title: say.title,
    }),
    html`<section class="card">
      ${filterForm(visit, status)} ${table(records, run_id)}
      <div class="pages">
        ${visit.query('after') === null ? '' : html`<a href="/runs/${run_id}/customers">${words.pages.first}</a>`}
        ${next === null ? '' : html`<a href="?${query.toString()}">${words.pages.next}</a>`}
      </div>
    </section>`,
  ]
  return { title: say.title, place: 'runs', content }
}

function filterForm(visit: Visit, status: string | null): Markup {
  const statuses = new Set<string>(['', ...RESULT_STATUSES, status ?? ''])
  const options = Array.from(statuses, (one): [string, string] => [one, one === '' ? words.runs.filter.all : one])
  const kept = ['reason', 'http_status', 'error_code', 'message'].filter((name) => visit.query(name) !== null)
  return html`<form class="line">
    <label>${say.id} <input name="customer_id" value="${visit.query('customer_id') ?? ''}" /></label>
    <label>${say.status} ${select('status', options, status)}</label>
    ${kept.map((name) => html`<label>${name} <input name="${name}" value="${visit.query(name) ?? ''}" /></label>`)}
    <button>${words.runs.filter.button}</button>
  </form>`
}

function table(records: readonly ResultRecord[], runId: string): Markup {
  if (records.length === 0) return html`<p class="nothing">${say.nothing}</p>`
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.id}</th>
        <th scope="col">${say.status}</th>
        <th scope="col" class="number">${say.attempts}</th>
        <th scope="col" class="number">${say.answer}</th>
        <th scope="col">${say.said}</th>
      </tr>
    </thead>
    <tbody>
      ${records.map(
        ({ customer_id: id, seq, status, reason, attempts, http_status: answer, error_code, message }) =>
          html`<tr>
            <th scope="row"><a href="/runs/${runId}/customers/${seq}">${id}</a></th>
            <td>${resultMark(status, reason)}</td>
            <td class="number" data-label="${say.attempts}">${attempts}</td>
            <td class="number" data-label="${say.answer}">${answer ?? '–'}</td>
            <td>${error_code === null ? '' : html`<code>${error_code}</code>`} ${message ?? ''}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** The files that a run goes by, also when they have changed since. */
async function campaignPage(visit: Visit): Promise<Page> {
  const run_id = visit.param('run')
  const { file, files, params, secrets } = await visit.ask('getRunCampaign', { params: { run_id } })
  const names = Object.keys(files).toSorted((a, b) => Number(b === file) - Number(a === file))
  const content = [
    head({
      path: [
        [words.runs.title, '/runs'],
        [run_id, `/runs/${run_id}`],
      ],
      title: words.run.asItWas,
    }),
    secrets.length === 0
      ? ''
      : html`<p class="note">${say.secrets} ${secrets.map((name) => html`<code>${name}</code> `)}</p>`,
    Object.keys(params).length === 0
      ? ''
      : html`<section class="card">
          <h2>params</h2>
          ${code(JSON.stringify(params, null, 2))}
        </section>`,
    names.map(
      (name) =>
        html`<section class="card">
          <h2>${name}</h2>
          ${code(files[name] ?? '')}
        </section>`,
    ),
  ]
  return { title: words.run.asItWas, place: 'runs', content }
}
