import type { AnswerOf } from '../../api/api.ts'
import { formatNumber, formatSpan, html, sentence, type Markup, type Part } from '../../report/report.ts'
import { card, facts, type Shown } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { requestShown } from '../runs/request-shown.ts'
import { words } from '../words.ts'
import { campaignPage, warningsList } from './campaign-frame.ts'

const { dryRun: say } = words

export const dryRunPages: readonly PageRoute[] = [
  { method: 'get', path: '/campaigns/:campaign/dry-run', handle: async (visit) => page(visit, '') },
  { method: 'post', path: '/campaigns/:campaign/dry-run', handle: rehearsed },
]

function page(visit: Visit, report: Part): Page {
  const form = html`<div class="line">
    <label
      >${say.limit} <input name="limit" inputmode="numeric" pattern="[0-9]*" value="${visit.field('limit') ?? ''}"
    /></label>
    <label class="check"><input type="checkbox" name="skip_bad_rows" /> ${words.start.skipBadRows}</label>
    <button class="main-action">${say.button}</button>
  </div>`
  const at = `/campaigns/${visit.param('campaign')}/dry-run`
  const asked = visit.may('dryRunCampaign') ? visit.post(at, form) : ''
  return campaignPage(visit, { tab: '/dry-run', content: [card(say.title, [html`<p>${say.what}</p>`, asked]), report] })
}

async function rehearsed(visit: Visit): Promise<Page> {
  const limit = visit.field('limit')
  const report = await visit.ask('dryRunCampaign', {
    params: { campaign: visit.param('campaign') },
    body: { limit: limit === null ? null : Number(limit), skip_bad_rows: visit.field('skip_bad_rows') !== null },
  })
  return page(visit, reportOf(report))
}

type Report = AnswerOf<'dryRunCampaign'>

function reportOf(report: Report): Part {
  const { predicted, body_bytes: bytes, customers, would_send, would_fail, suppressed, deliveries, duplicates } = report
  const counts: Shown[] = (
    [
      [say.customers, customers],
      [say.wouldSend, would_send],
      [say.wouldFail, would_fail],
      [say.suppressed, suppressed],
      [say.deliveries, deliveries],
      [say.duplicates, duplicates],
    ] as const
  ).map(([name, count]) => [name, formatNumber(count)])
  const rest: Shown[] = [[say.duration, formatSpan(predicted.duration_ms)]]
  if (bytes.p50 !== null)
    rest.push([say.bytes, `${formatNumber(bytes.p50)} / ${formatNumber(bytes.max ?? bytes.p50)} B`])
  return [
    card(say.report, [
      html`<div class="big">${facts([...counts, ...rest])}</div>`,
      html`<p class="note">
        ${say.predicted(formatSpan(predicted.assumed_latency_ms), formatNumber(predicted.concurrency))}
      </p>`,
      report.stops.map(({ message }) => html`<p class="stop">${sentence(message)}</p>`),
      warningsList(report.warnings),
    ]),
    failures(report),
    missing(report),
    report.example === null
      ? ''
      : card(`${say.example} ${report.example.customer_id}`, requestShown(report.example.request)),
  ]
}

function failures({ failure_groups: groups }: Report): Part {
  if (groups.length === 0) return ''
  return card(
    say.failures,
    html`<ul class="said">
      ${groups.map(
        ({ reason, message, count, rows }) =>
          html`<li>
            <span class="count">${formatNumber(count)}</span>
            <span><code>${reason}</code> ${message}</span>
            <span class="note">${say.suchAs} ${rows[0]?.customer_id ?? ''}</span>
          </li>`,
      )}
    </ul>`,
  )
}

function missing({ missing_attributes: attributes }: Report): Part {
  if (attributes.length === 0) return ''
  const row = ({
    attribute,
    customers,
    share,
    has_fallback: hasFallback,
    places,
  }: (typeof attributes)[number]): Markup =>
    html`<tr>
      <th scope="row"><code>${attribute}</code></th>
      <td class="number">${formatNumber(customers)}</td>
      <td class="number">${`${Math.round(share * 1000) / 10} %`}</td>
      <td>${hasFallback ? say.fallback : say.noFallback}</td>
      <td>${places.map((place) => html`<code>${place}</code> `)}</td>
    </tr>`
  return card(
    say.missing,
    html`<div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">${say.attribute}</th>
            <th scope="col" class="number">${say.customers}</th>
            <th scope="col" class="number">${say.share}</th>
            <th scope="col">${say.otherwise}</th>
            <th scope="col">${say.places}</th>
          </tr>
        </thead>
        <tbody>
          ${attributes.map(row)}
        </tbody>
      </table>
    </div>`,
  )
}
