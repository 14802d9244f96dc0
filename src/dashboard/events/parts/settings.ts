import type { Endpoint } from '../../../events/events.ts'
import { formatNumber, formatSpan, html, type Markup, type Part } from '../../../report/report.ts'
import { card, code, facts, type Shown } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import type { EndpointView } from './view.ts'

const { endpoint: say } = eventWords
const SEVERAL_DAYS_MS = 2 * 86_400_000

/** What an endpoint asks for, and how it is treated. Values of its headers are shown to nobody: they hold credentials. */
export function settingsCard({ events, endpoint }: EndpointView): Markup {
  const { description, channels, filter, headers, throttleRate } = endpoint
  const { timeoutMs, retry } = events.endpoints.profileOf(endpoint)
  const names = Object.keys(headers)
  const waits = retry.delaysMs.map(formatSpan).join(', ')
  const shown: Shown[] = [
    [say.types, eventTypesPart(endpoint)],
    [say.retries, say.schedule(retry.delaysMs.length + 1, waits)],
    [say.timeout, formatSpan(timeoutMs)],
  ]
  if (description !== '') shown.unshift([say.description, description])
  if (channels !== null) shown.push([say.channels, codes(channels)])
  if (names.length > 0) shown.push([say.headers, codes(names)])
  if (throttleRate !== null) shown.push([say.throttle, say.perSecond(throttleRate)])
  return card(say.settings, [
    facts(shown, 'rows'),
    filter === null
      ? ''
      : html`<h3>${say.filter}</h3>
          ${code(JSON.stringify(filter, null, 2))}`,
  ])
}

export function eventTypesPart({ eventTypes }: Pick<Endpoint, 'eventTypes'>): Part {
  return eventTypes === null ? say.all : codes(eventTypes)
}

function codes(texts: readonly string[]): Part {
  return texts.map((text) => html`<code>${text}</code> `)
}

/** A span in days where it is several. */
export function spanText(ms: number): string {
  return ms >= SEVERAL_DAYS_MS && ms % (SEVERAL_DAYS_MS / 2) === 0
    ? `${formatNumber(ms / (SEVERAL_DAYS_MS / 2))} days`
    : formatSpan(ms)
}
