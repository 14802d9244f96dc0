import { basename } from 'node:path'
import type { Campaign } from '../../campaign/campaign.ts'
import { html, type Markup, type Part } from '../markup.ts'
import { rounded } from '../picture/scale.ts'
import { shareText } from '../picture/picture.ts'
import type { RunReport } from '../read-report.ts'
import type { FailureGroup, RunStory } from '../read-story.ts'
import { formatSpan, number } from '../text-layout.ts'
import { codeText, reasonText } from './words.ts'

/** `long` takes a line of its own. */
export type Fact = readonly [name: string, value: Part, size?: 'long']

export function factList(facts: readonly Fact[]): Markup {
  return html`<dl class="list">
    ${facts.map(
      ([name, value, size]) =>
        html`<div class="${size ?? 'short'}">
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

export function timeText(instant: string): Markup {
  return html`<time datetime="${instant}">${`${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`}</time>`
}

/** A row for each status, or way in which there was none, with a bar of its share. */
export function answersTable({ codes, attempts, answers_overridden: overridden }: RunReport): Markup {
  const most = Math.max(...Object.values(codes))
  const rows = Object.entries(codes)
    .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([code, count]) => {
      const words = overridden[code] === undefined ? codeText(code) : `${codeText(code)}, read by \`answers\``
      const width = Math.max(0.6, (count / most) * 100)
      const bar = html`<svg
        class="bar ${kindOf(code)}"
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <rect width="${rounded(width)}" height="10" />
      </svg>`
      return html`<tr>
        <th scope="row"><code>${code}</code> <span class="note">${words.replaceAll('`', '')}</span></th>
        <td data-code="${code}">${number(count)}</td>
        <td class="share">${shareText(count, attempts)}</td>
        <td class="drawn">${bar}</td>
      </tr>`
    })
  return html`<table class="bars">
    <thead>
      <tr>
        <th scope="col">Answer</th>
        <th scope="col">Calls</th>
        <th scope="col">Share</th>
        <td></td>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}

function kindOf(code: string): string {
  return /^[2-5]\d\d$/.test(code) ? `kind-${code[0]}xx` : 'kind-none'
}

/** Reasons with their counts, each with what was said most. */
export function failuresTable({ failures, failed }: RunReport, groups: readonly FailureGroup[]): Markup {
  const reasons = Object.entries(failures).toSorted(([, a], [, b]) => b - a)
  return html`<div class="reasons">
    ${reasons.map(([reason, count]) => {
      const said = groups.filter((group) => group.reason === reason)
      const rest = count - said.reduce((sum, { customers }) => sum + customers, 0)
      return html`<article>
        <h3>
          <code>${reason}</code> <span data-failure="${reason}">${number(count)}</span>
          <span class="note">${shareText(count, failed)} of the failed</span>
        </h3>
        <p class="note">${reasonText(reason)}</p>
        <ul class="said">
          ${said.map(saidItem)}${rest > 0 && said.length > 0 ? html`<li><span class="count">${number(rest)}</span> <span class="note">with other words</span></li>` : ''}
        </ul>
      </article>`
    })}
  </div>`
}

function saidItem({ http_status: status, error_code: code, message, customers }: FailureGroup): Markup {
  const labels = [status === null ? [] : [String(status)], code === null ? [] : [code]].flat()
  const words = message ?? (labels.length === 0 ? 'without a word' : '')
  return html`<li>
    <span class="count">${number(customers)}</span>
    <span>${labels.map((label) => html`<code>${label}</code> `)}${words}</span>
  </li>`
}

export function callFacts(report: RunReport): Fact[] {
  const { attempts, deliveries } = report
  const counts: readonly (readonly [string, number])[] = [
    ['Deliveries', deliveries],
    ['Calls', attempts],
    ['Retries', attempts - deliveries],
    ['Answers over a second', report.slow_responses],
    ['Instant second tries', report.instant_retries],
    ['Already accepted', report.already_accepted],
    ['In doubt', report.in_doubt],
    ['Lowest concurrency', report.lowest_concurrency],
  ]
  return counts.map(([name, count]): Fact => [name, number(count)])
}

/** Of the campaign only what is no secret and no customer's: the URL is the template's text, not a rendered one. */
export function campaignFacts({ audience, chunkSize, webhook }: Campaign, { replayOf }: RunStory): Fact[] {
  const { method, origin, path, concurrency, perSecond, throughput, timeoutMs, retry, batch, egress } = webhook
  const facts: Fact[] = [
    ['Calls', html`<code>${method} ${origin}${path.text}</code>`, 'long'],
    ['Audience', audience.path === '-' ? 'standard input' : basename(audience.path)],
    ['Customers of a chunk', chunkSize === null ? 'all' : number(chunkSize)],
    ['Calls in flight, at most', number(concurrency)],
    ['Calls a second, at most', perSecond === null ? 'not limited' : number(perSecond)],
    ['Timeout of a call', formatSpan(timeoutMs)],
    ['Retries after', retry.delaysMs.length === 0 ? 'none' : retry.delaysMs.map(formatSpan).join(', ')],
  ]
  if (batch !== null) facts.push(['Customers of a batch', number(batch.size)])
  if (egress !== null) facts.push(['Static IPs', egress.name])
  if (throughput !== null) facts.push(['Shared ceiling', throughput.name])
  if (replayOf !== null) facts.push(['Replay of', html`<code>${replayOf}</code>`, 'long'])
  return facts
}
