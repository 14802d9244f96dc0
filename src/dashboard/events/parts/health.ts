import type { Attempt } from '../../../events/events.ts'
import { formatNumber, formatSpan, html, shareText, timeText, type Markup, type Part } from '../../../report/report.ts'
import { card, facts, type Shown } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { spanText } from './settings.ts'
import { answerText } from './states.ts'
import { endpointPath, timeOf, type EndpointView } from './view.ts'

const { endpoint: say } = eventWords
const LAST = 40
const MOST_SAID = 200
const DAY_MS = 86_400_000
/** They take about 4 ms. */
const MOST_COUNTED_ANEW = 10_000
const TALLY_KEPT_MS = 30_000

const countOf = ({ tally }: Pick<Health, 'tally'>): number =>
  Object.values(tally).reduce((sum, count) => sum + count, 0)

/** How an endpoint has been doing: its deliveries of the last day by what became of them, and its last attempts. */
export interface Health {
  readonly tally: Awaited<ReturnType<EndpointView['events']['progress']['tally']>>
  readonly talliedAt: number
  /** Newest first. */
  readonly last: readonly Attempt[]
  /** Deliveries that wait for a restart, or to be gathered. */
  readonly kept: number
  /** When the oldest came that waits for a restart; null when there is none. */
  readonly heldSince: number | null
}

/** Of many deliveries the numbers are those of a look before, for a while: each is read to be counted. */
export async function healthOf(
  { events, endpoint }: Pick<EndpointView, 'events' | 'endpoint'>,
  before: Health | null = null,
): Promise<Health> {
  const { now } = events
  const isKept = before !== null && now - before.talliedAt < TALLY_KEPT_MS && countOf(before) > MOST_COUNTED_ANEW
  return {
    tally: isKept ? before.tally : await events.progress.tally(endpoint, { since: now - DAY_MS, until: now }),
    talliedAt: isKept ? before.talliedAt : now,
    last: lastAttempts({ events, endpoint }, LAST),
    kept: events.keptFor(endpoint),
    heldSince: events.progress.heldSince(endpoint),
  }
}

export function lastAttempts(
  { events, endpoint }: Pick<EndpointView, 'events' | 'endpoint'>,
  limit: number,
): readonly Attempt[] {
  return events.attempts.ofEndpoint(endpoint, { limit, cursor: null, order: 'descending' }).rows
}

/** How an endpoint is doing, in a sentence and in numbers. */
export function healthCard(view: EndpointView, { tally, last, kept, heldSince }: Health): Markup {
  const { sent, failed, cancelled, expired, open } = tally
  // What waits for a restart has not arrived, as it would have otherwise.
  const isStopped = view.endpoint.state === 'suspended' || view.endpoint.state === 'restarting'
  const ended = sent + failed + expired + (isStopped ? open : 0)
  const numbers: Shown[] = [
    [say.rate, ended === 0 ? '–' : shareText(sent, ended)],
    [say.sent, formatNumber(sent)],
    [say.failed, formatNumber(failed + expired)],
    [say.waiting, formatNumber(Math.max(0, open - kept))],
  ]
  if (cancelled > 0) numbers.push([say.cancelled, formatNumber(cancelled)])
  if (kept > 0) numbers.push([say.kept, formatNumber(kept)])
  const answered = last.filter(({ httpStatus }) => httpStatus !== null).map(({ latencyMs }) => latencyMs)
  if (answered.length > 0) {
    const rising = answered.toSorted((a, b) => a - b)
    numbers.push([say.answeredIn, formatSpan(rising[Math.floor((rising.length - 1) / 2)]!)])
    numbers.push([say.slowest, formatSpan(rising.at(-1)!)])
  }
  return card(
    say.health,
    [
      standing(view, { last, kept, heldSince }),
      last.length === 0 ? '' : strip(last),
      html`<div class="big">${facts(numbers, 'list')}</div>`,
    ],
    'health',
  )
}

/** What was said to the last attempt that failed. */
function lastSaid(view: EndpointView, last: readonly Attempt[]): Part {
  const failed = last.find(({ hasSucceeded }) => !hasSucceeded)
  if (failed === undefined) return ''
  const said = view.may('read') ? (failed.answer ?? '').slice(0, MOST_SAID) : ''
  return html`<p>${say.lastSaid} ${answerText(failed, view)} ${said === '' ? '' : html`<code>${said}</code>`}</p>`
}

/** What happens with messages now, and what to press. */
function standing(view: EndpointView, { last, kept, heldSince }: Omit<Health, 'tally' | 'talliedAt'>): Part {
  const { endpoint, events } = view
  const see = html`<a href="${endpointPath(view, endpoint)}/messages?state=open">${say.seeKept}</a>`
  switch (endpoint.state) {
    case 'disabled':
      return html`<p class="notice">${say.disabled}</p>`
    case 'suspended':
      return html`<div class="stop">
        <p>${say.suspended(kept)} ${kept === 0 ? '' : see}</p>
        ${heldSince === null ? '' : html`<p>${say.suspendedSince} ${timeText(timeOf(heldSince))}.</p>`}
        ${lastSaid(view, last)}
        <p>${say.restartDoes}</p>
      </div>`
    case 'restarting':
      return html`<p class="notice">${say.restarting(kept)} ${kept === 0 ? '' : see}</p>`
    case 'active': {
      const profile = events.endpoints.profileOf(endpoint)
      if (profile.isPolled) return html`<p class="verdict">${say.polled} ${kept === 0 ? '' : see}</p>`
      if (endpoint.failingSince !== null) return failing(endpoint.failingSince, profile.life, lastSaid(view, last))
      return html`<p class="verdict">${last.length === 0 ? say.untried : say.well}</p>`
    }
  }
}

function failing(
  since: number,
  life: ReturnType<EndpointView['events']['endpoints']['profileOf']>['life'],
  said: Part,
): Markup {
  const { afterFailing } = say
  const after = life.kind === 'disable' ? afterFailing.disable(spanText(life.afterMs)) : afterFailing[life.kind]
  return html`<div class="notice">
    <p>${say.failing} ${timeText(timeOf(since))}. ${after}</p>
    ${said}
  </div>`
}

/** The last attempts, oldest first, each a bar: those that failed are higher. */
export function strip(last: readonly Pick<Attempt, 'hasSucceeded'>[]): Markup {
  const bars = last.toReversed().map(({ hasSucceeded }, at) => {
    const [y, kind] = hasSucceeded ? [6, 'sent'] : [0, 'failed']
    return html`<g class="is-${kind}"><rect x="${at * 10}" y="${y}" width="7" height="${14 - y}" /></g>`
  })
  const good = last.filter(({ hasSucceeded }) => hasSucceeded).length
  return html`<figure class="strip">
    <svg viewBox="0 0 ${last.length * 10} 14" width="${last.length * 10}" height="14" aria-hidden="true">${bars}</svg>
    <figcaption class="note">${say.lastTried(good, last.length)}</figcaption>
  </figure>`
}
