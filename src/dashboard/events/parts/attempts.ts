import type { Attempt } from '../../../events/events.ts'
import { formatSpan, html, timeText, type Markup, type Part } from '../../../report/report.ts'
import { code } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { answerText, attemptMark } from './states.ts'
import { endpointPath, messagePath, timeOf, type AppView } from './view.ts'

const { attempts: say } = eventWords

/** What each attempt is told with besides: the message where it is about an endpoint, and the other way round. */
export type AttemptsOf = 'endpoint' | 'message'

/** Each attempt with its answer, to be opened. */
export function attemptsList(
  view: AppView,
  attempts: readonly Attempt[],
  { of, nothing = say.nothing }: { readonly of: AttemptsOf; readonly nothing?: string },
): Markup {
  if (attempts.length === 0) return html`<p class="nothing">${nothing}</p>`
  return html`<ul class="attempts">
    ${attempts.map((attempt) => row(view, attempt, of))}
  </ul>`
}

function row(view: AppView, attempt: Attempt, of: AttemptsOf): Markup {
  const { id, at, latencyMs, trigger, httpStatus } = attempt
  return html`<li>
    <details id="${id}">
      <summary>
        <span class="when">${timeText(timeOf(at))}</span>
        <span class="result">${attemptMark(attempt)}</span>
        <span class="answer"
          >${answerText(attempt, view)}
          ${httpStatus === null ? '' : html`<span class="note">${say.took(formatSpan(latencyMs))}</span>`}
          ${trigger === 'manual' ? html`<span class="note">${say.byHand}</span>` : ''}</span
        >
      </summary>
      ${answerOf(view, attempt)}
      <p class="note">${say.to} <code>${attempt.url}</code></p>
    </details>
    <span class="about">${other(view, attempt, of)}</span>
  </li>`
}

function other(view: AppView, attempt: Attempt, of: AttemptsOf): Part {
  const { events } = view
  if (of === 'message') {
    const endpoint = events.endpoints.of(attempt.endpoint)
    return endpoint === null ? '' : html`<a href="${endpointPath(view, endpoint)}">${endpoint.url}</a>`
  }
  const message = events.messages.at(attempt.message)
  return message === null ? '' : html`<a href="${messagePath(view, message)}">${message.eventType}</a>`
}

function answerOf({ may }: AppView, { answer }: Attempt): Markup {
  if (!may('read')) return html`<p class="note">${say.hidden}</p>`
  if (answer === null) return html`<p class="note">${say.forgotten}</p>`
  return answer === '' ? html`<p class="note">${say.silent}</p>` : code(answer)
}
