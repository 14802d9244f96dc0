import type { Attempt, DeliveryState, Endpoint, Stand } from '../../../events/events.ts'
import { codeText, html, timeText, type Markup, type Part } from '../../../report/report.ts'
import { mark } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { timeOf, type AppView } from './view.ts'

const { states, deliveries, attempts: say } = eventWords

const LIFE_KINDS = { active: 'is-good', disabled: 'is-quiet', suspended: 'is-bad', restarting: 'is-going' } as const

/** How an endpoint is doing, as a word with a colour. */
export function lifeMark({ state, failingSince }: Pick<Endpoint, 'state' | 'failingSince'>): Markup {
  return state === 'active' && failingSince !== null ? mark(states.failing, '') : mark(states[state], LIFE_KINDS[state])
}

const DELIVERY_KINDS: Readonly<Record<DeliveryState, string>> = {
  open: '',
  sent: 'is-good',
  failed: 'is-bad',
  cancelled: 'is-quiet',
  expired: 'is-quiet',
}

/** How far a message has come. */
export function standMark({ state, nextAt }: Stand): Markup {
  return mark(state === 'open' && nextAt === null ? deliveries.held : deliveries[state], DELIVERY_KINDS[state])
}

/** When it is tried next; nothing once that has come: it is about to be called, or waits for others to be gathered with. */
export function nextText({ events }: Pick<AppView, 'events'>, { nextAt }: Stand): Part {
  if (nextAt === null || nextAt <= events.now) return ''
  return html`<span class="note">${say.next}</span> ${timeText(timeOf(nextAt))}`
}

/** What an attempt was answered with, or why there was no answer. */
export function answerText({ httpStatus, code }: Pick<Attempt, 'httpStatus' | 'code'>, { may }: AppView): Markup {
  if (httpStatus === null && !may('diagnose')) return html`<span class="note">${say.noAnswer}</span>`
  const answer = httpStatus === null ? (code ?? '') : String(httpStatus)
  return html`<code>${answer}</code> <span class="note">${codeText(answer)}</span>`
}

export function attemptMark({ hasSucceeded }: Pick<Attempt, 'hasSucceeded'>): Markup {
  return hasSucceeded ? mark(say.good, 'is-good') : mark(say.bad, 'is-bad')
}
