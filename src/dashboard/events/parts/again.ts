import { EventsError, type ReplayKind, type Task } from '../../../events/events.ts'
import { html, timeText, type Markup, type Part } from '../../../report/report.ts'
import { card, mark } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { endpointPath, timeOf, type EndpointView } from './view.ts'

const { again: say } = eventWords
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const SHOWN = 5

/** Messages sent once more since a time: what has failed, and what the endpoint never got. */
export function againCard(view: EndpointView): Markup {
  const { endpoint, may } = view
  if (!may('send')) return card(say.title, tasksPart(view), 'again')
  if (endpoint.state === 'disabled') {
    return card(say.title, [html`<p class="nothing">${say.disabled}</p>`, tasksPart(view)], 'again')
  }
  const at = endpointPath(view, endpoint)
  return card(
    say.title,
    [
      sinceForm(view, `${at}/recover`, { title: say.recover, hint: say.recoverHint, button: say.recoverButton }),
      sinceForm(view, `${at}/replay-missing`, { title: say.replay, hint: say.replayHint, button: say.replayButton }),
      tasksPart(view),
    ],
    'again',
  )
}

function sinceForm(
  { events, endpoint, post }: EndpointView,
  action: string,
  { title, hint, button }: { readonly title: string; readonly hint: string; readonly button: string },
): Part {
  const since = endpoint.failingSince ?? events.now - DAY_MS
  const minute = timeOf(Math.floor(since / MINUTE_MS) * MINUTE_MS).slice(0, 16)
  return html`<div>
    <h3>${title}</h3>
    <p class="note">${hint}</p>
    ${post(
      action,
      html`<label>${say.since} <input type="datetime-local" name="since" required value="${minute}" /></label>
        <button>${button}</button>`,
      'line',
    )}
  </div>`
}

/** What was asked for lately, and how far it is. */
function tasksPart({ events, endpoint }: EndpointView): Part {
  const { rows } = events.tasks.list({ limit: SHOWN, cursor: null, order: 'descending', endpoint: endpoint.key })
  if (rows.length === 0) return ''
  return html`<div>
    <h3>${say.tasks}</h3>
    <ul class="tasks">
      ${rows.map(taskRow)}
    </ul>
  </div>`
}

const KINDS = { running: 'is-going', finished: 'is-good', cancelled: 'is-quiet' } as const

function taskRow({ kind, since, done, state }: Task): Markup {
  const what = kind === 'recover' || kind === 'replay' || kind === 'bulk' ? say.kinds[kind] : ''
  return html`<li>
    ${mark(say.states[state], KINDS[state])} ${what} ${say.taskSince} ${timeText(timeOf(since))}:
    <strong>${say.done(done)}</strong>
  </li>`
}

/** @throws {EventsError} invalid, conflict */
export async function sendAgain(view: EndpointView, kind: ReplayKind, since: string | null): Promise<void> {
  const { events, endpoint, note } = view
  const time = Date.parse(`${since ?? ''}Z`)
  if (Number.isNaN(time)) throw new EventsError('invalid', say.badSince)
  const { id } = await events.replays.begin(kind, endpoint, { since: time, until: null })
  const action = kind === 'recover' ? 'endpoint.recovered' : 'endpoint.replayed'
  await note(action, endpoint.id, { since: timeOf(time), task: id })
}
