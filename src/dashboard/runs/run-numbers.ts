import {
  answersTable,
  callFacts,
  factList,
  formatNumber,
  html,
  Markup,
  reasonText,
  shareText,
  type FailureGroup,
  type RunReport,
  type RunStory,
} from '../../report/report.ts'
import { card, facts, type Shown } from '../frame/parts.ts'
import { words } from '../words.ts'
import { intervalRows } from './chart-data.ts'
import type { ShownRun } from './run-page.ts'

const { run: say } = words
const nothing = new Markup('')

/** Failed customers by what was said of them; each group leads to those behind it. */
export function failuresPart({ story: { report, failureGroups }, run, visit }: ShownRun): Markup {
  if (report.failed === 0) return nothing
  const reasons = Object.entries(report.failures).toSorted(([, a], [, b]) => b - a)
  const isPersonal = visit.may('streamResults')
  const linkTo = (query: Readonly<Record<string, string>>): Markup =>
    isPersonal
      ? html`<a href="/runs/${run.runId}/customers?${new URLSearchParams({ status: 'failed', ...query }).toString()}"
          >${say.seeAll}</a
        >`
      : nothing
  return card(
    say.failures,
    html`<div class="reasons">
      ${reasons.map(([reason, count]) => {
        const groups = failureGroups.filter((group) => group.reason === reason)
        return html`<article>
          <h3>
            <code>${reason}</code> ${formatNumber(count)} <span class="note">${shareText(count, report.failed)}</span>
          </h3>
          <p class="note">${reasonText(reason)}</p>
          <ul class="said">
            ${groups.map((group) => said(group, linkTo))} ${restOf(groups, count)}
          </ul>
        </article>`
      })}
    </div>`,
    'failures',
  )
}

function said(group: FailureGroup, linkTo: (query: Readonly<Record<string, string>>) => Markup): Markup {
  const { reason, http_status: status, error_code: code, message, customers } = group
  const labels = [status === null ? [] : [String(status)], code === null ? [] : [code]].flat()
  const query = {
    reason,
    ...(status === null ? {} : { http_status: String(status) }),
    ...(code === null ? {} : { error_code: code }),
    ...(message === null ? {} : { message }),
  }
  return html`<li>
    <span class="count">${formatNumber(customers)}</span>
    <span
      >${labels.map((label) => html`<code>${label}</code> `)}${message ?? (labels.length === 0 ? say.silent : '')}</span
    >
    ${linkTo(query)}
  </li>`
}

function restOf(groups: readonly FailureGroup[], count: number): Markup {
  const rest = count - groups.reduce((sum, { customers }) => sum + customers, 0)
  if (rest <= 0 || groups.length === 0) return nothing
  return html`<li><span class="count">${formatNumber(rest)}</span><span class="note">${say.others}</span></li>`
}

/** Charts, and the same in a table for whoever has no script. */
export function overTimePart(charts: Readonly<Record<string, string>>, story: RunStory): Markup {
  if (story.intervals.length === 0 && story.report.state !== 'running') return nothing
  const titles: Readonly<Record<string, string>> = { 'chart-calls': say.callsChart, 'chart-latency': say.latencyChart }
  return card(say.overTime, [
    Object.entries(charts).map(
      ([id, data]) =>
        html`<h3>${titles[id] ?? ''}</h3>
          <div class="chart" id="${id}" data-chart="${data}"></div>`,
    ),
    // Gone once something is drawn: while the run goes on there will be more.
    story.intervals.length < 2 ? html`<p class="note too-short">${say.tooShort}</p>` : '',
    html`<details class="more" id="numbers-over-time">
      <summary>${say.inNumbers}</summary>
      <div class="wide" tabindex="0" role="region" aria-label="${say.overTime}">${intervalRows(story)}</div>
    </details>`,
  ])
}

export function answersPart(report: RunReport): Markup {
  if (report.attempts === 0) return card(say.answers, html`<p class="nothing">${say.noCalls}</p>`)
  const { p50, p95, p99, max } = report.latency_ms
  const shares = Object.entries({ p50, p95, p99, max }).flatMap(([name, ms]): Shown[] =>
    ms === null ? [] : [[`${say.latency}, ${name}`, `${formatNumber(ms)} ms`]],
  )
  return card(say.answers, [
    html`<div class="wide">${answersTable(report)}</div>`,
    shares.length === 0 ? '' : html`<div class="big">${facts(shares)}</div>`,
  ])
}

export function callsPart(report: RunReport): Markup {
  return card(say.calls, factList(callFacts(report)))
}

export function warningsPart({ warnings }: RunReport): Markup {
  if (warnings.length === 0) return nothing
  return card(
    say.warnings,
    warnings.map(({ code, message, count }) => {
      const times = count > 1 ? html`<span class="note">${say.times(count)}</span>` : ''
      return html`<p><code>${code}</code> ${message} ${times}</p>`
    }),
  )
}
