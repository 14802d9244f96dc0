import { formatNumber, html, type Markup, type Part } from '../../report/report.ts'
import { card, code, facts, mark, resultMark, type Shown } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { requestShown } from '../runs/request-shown.ts'
import { words } from '../words.ts'
import { campaignPage } from './campaign-frame.ts'

const { preview: say } = words

export const previewPages: readonly PageRoute[] = [
  { method: 'get', path: '/campaigns/:campaign/preview', handle: previewPage },
  { method: 'post', path: '/campaigns/:campaign/test', handle: testPage },
]

interface Whom {
  readonly row?: number
  readonly customer_id?: string
}

function whomFrom(read: (name: string) => string | null): Whom {
  const [customerId, row] = [read('customer_id'), read('row')]
  if (customerId !== null) return { customer_id: customerId }
  return { row: row === null ? 1 : Number(row) }
}

/** What would be sent to one customer, beside what it is made from. */
async function previewPage(visit: Visit): Promise<Page> {
  const campaign = visit.param('campaign')
  const whom = whomFrom((name) => visit.query(name))
  const found = await visit.ask('previewCampaign', { params: { campaign }, body: { ...whom, lint: true } })
  const { status, reason, message, request, findings, differences } = found
  const content: Part = [
    card(say.whom, [whomForm(whom), sendTest(visit, whom)]),
    html`<p class="verdict">
      ${found.customer_id}, ${say.row} ${formatNumber(found.row)}
      ${status === 'ready' ? mark(say.ready, 'is-good') : resultMark(status, reason)}
    </p>`,
    message === null ? '' : html`<p class="alarm">${message}</p>`,
    html`<div class="sides">
      ${card(say.request, request === null ? html`<p class="nothing">${words.none}</p>` : requestShown(request))}
      ${card(say.template, await templates(visit))}
    </div>`,
    findings.length === 0
      ? ''
      : card(
          say.findings,
          findings.map(
            (one) => html`<p class="notice"><code>${one.file}:${one.line}:${one.column}</code> ${one.message}</p>`,
          ),
        ),
    differences.length === 0
      ? ''
      : card(
          say.differences,
          differences.map(
            (one) =>
              html`<p>
                <code>${one.file}:${one.line}:${one.column}</code> <code>${one.printed}</code>, ${say.plain}
                <code>${one.plain}</code>
              </p>`,
          ),
        ),
  ]
  return campaignPage(visit, { tab: '/preview', content })
}

function whomForm({ row, customer_id: customerId }: Whom): Markup {
  return html`<form class="line">
    <label>${say.row} <input name="row" inputmode="numeric" pattern="[0-9]+" value="${row ?? ''}" /></label>
    <label>${say.customerId} <input name="customer_id" value="${customerId ?? ''}" /></label>
    <button>${say.show}</button>
  </form>`
}

function sendTest(visit: Visit, { row, customer_id: customerId }: Whom): Part {
  if (!visit.may('testCampaign')) return ''
  const hidden = html`<input type="hidden" name="row" value="${row ?? ''}" />
    <input type="hidden" name="customer_id" value="${customerId ?? ''}" />`
  return html`<details class="more" id="send-test">
    <summary>${say.test}</summary>
    <p>${say.testHint}</p>
    ${visit.post(`/campaigns/${visit.param('campaign')}/test`, [hidden, html`<button class="danger">${say.testButton}</button>`])}
  </details>`
}

/** The texts that the request is made from: the campaign's files but its audience. */
async function templates(visit: Visit): Promise<Part> {
  const { files } = await visit.ask('getCampaign', { params: { campaign: visit.param('campaign') } })
  const names = Object.keys(files)
  const shown = names.length > 1 ? names.filter((name) => !name.endsWith('campaign.yaml')) : names
  return shown.map((name) => [html`<p class="note">${name}</p>`, code(files[name] ?? '')])
}

/** One real request, and what came back. */
async function testPage(visit: Visit): Promise<Page> {
  const campaign = visit.param('campaign')
  const whom = whomFrom((name) => visit.field(name))
  const tested = await visit.ask('testCampaign', { params: { campaign }, body: whom })
  const { request, answer, judged, status, reason, latency_ms: latencyMs, properties, warning } = tested
  const told: Shown[] = [
    [say.judged, judged ?? words.none],
    [say.answer, answer?.http_status ?? tested.code ?? words.none],
  ]
  if (latencyMs !== null) told.push([words.customer.latency, `${formatNumber(latencyMs)} ms`])
  const headers = Object.entries(answer?.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  const content: Part = [
    card(say.tested, [
      html`<p class="verdict">
        ${tested.customer_id ?? ''} ${status === null ? mark(say.again, '') : resultMark(status, reason)}
      </p>`,
      facts(told),
      warning === null ? '' : html`<p class="notice">${warning}</p>`,
    ]),
    html`<div class="sides">
      ${card(say.request, request === null ? html`<p class="nothing">${words.none}</p>` : requestShown(request))}
      ${card(say.answer, answer === null ? html`<p class="nothing">${words.none}</p>` : code(`${headers.join('\n')}\n\n${answer.body}`))}
    </div>`,
    Object.keys(properties).length === 0
      ? ''
      : card(words.customer.properties, code(JSON.stringify(properties, null, 2))),
  ]
  return campaignPage(visit, { tab: '/preview', content })
}
