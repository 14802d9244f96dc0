import { html, timeText, type Markup, type Part } from '../../../report/report.ts'
import { card, facts, head, live, type Shown } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { againCard } from './again.ts'
import { attemptsList } from './attempts.ts'
import { healthCard, lastAttempts, type Health } from './health.ts'
import { secretCard } from './secret.ts'
import { eventTypesPart, settingsCard } from './settings.ts'
import { lifeMark } from './states.ts'
import { endpointPath, timeOf, type EndpointView, type PathTo } from './view.ts'

const { endpoint: say, attempts: sayAttempts } = eventWords
const SHOWN_ATTEMPTS = 10

export interface EndpointStory {
  readonly view: EndpointView
  readonly health: Health
  readonly path: PathTo
  /** Once somebody has pressed for it. */
  readonly secret?: string | null
  /** What else can be pressed. */
  readonly actions?: Part
}

/** One endpoint: how it is doing, what it answered, its secret, what was sent again. */
export function endpointContent(story: EndpointStory): Markup {
  const { view, secret = null } = story
  const parts = liveEndpointParts(story)
  return html`${live('head', parts.head)} ${live('health', parts.health)} ${live('attempts', parts.attempts)}
    <div class="sides">${live('again', parts.again)} ${secretCard(view, secret)}</div>
    ${settingsCard(view)}`
}

/** Those of its parts that change while somebody looks. */
// oxlint-disable-next-line typescript/explicit-function-return-type, typescript/explicit-module-boundary-types -- The keys are the ids of the parts.
export function liveEndpointParts(story: EndpointStory) {
  const { view, health } = story
  const { endpoint } = view
  const attempts = lastAttempts(view, SHOWN_ATTEMPTS)
  const seeAll = html`<p><a href="${endpointPath(view, endpoint)}/attempts">${sayAttempts.seeAll}</a></p>`
  return {
    head: headPart(story),
    health: healthCard(view, health),
    attempts: card(
      sayAttempts.title,
      [attemptsList(view, attempts, { of: 'endpoint' }), attempts.length < SHOWN_ATTEMPTS ? '' : seeAll],
      'attempts',
    ),
    again: againCard(view),
  }
}

function headPart({ view, path, actions = '' }: EndpointStory): Markup {
  const { endpoint, events } = view
  const profile = events.endpoints.profileOf(endpoint)
  const shown: Shown[] = [
    [say.id, html`<code>${endpoint.id}</code>`],
    [say.types, eventTypesPart(endpoint)],
    [say.profile, profile.name],
    [say.made, timeText(timeOf(endpoint.madeAt))],
  ]
  return head({
    path,
    title: html`${endpoint.url === '' ? endpoint.id : endpoint.url} ${lifeMark(endpoint)}`,
    below: facts(shown),
    actions: [...pressed(view), actions],
  })
}

/** What can be pressed, as the endpoint stands. */
function pressed(view: EndpointView): Part[] {
  const { endpoint, may, post } = view
  const at = endpointPath(view, endpoint)
  const parts: Part[] = []
  if (endpoint.state === 'suspended' && may('send')) {
    parts.push(post(`${at}/restart`, html`<button class="main-action">${say.restart}</button>`))
  }
  if (endpoint.state === 'disabled') {
    if (may('manage')) parts.push(post(`${at}/enable`, html`<button class="main-action">${say.enable}</button>`))
    return parts
  }
  if (may('send')) parts.push(testForm(view, at))
  if (may('manage')) {
    parts.push(
      html`<details class="confirm" id="disable">
        <summary class="button danger">${say.disable}</summary>
        <div>
          <p>${say.disableSure}</p>
          ${post(`${at}/disable`, html`<button class="danger">${say.disableButton}</button>`)}
        </div>
      </details>`,
    )
  }
  return parts
}

const MOST_OFFERED = 250

function testForm({ events, endpoint, post }: EndpointView, at: string): Markup {
  const { rows } = events.eventTypes.list(
    { limit: MOST_OFFERED, cursor: null, order: 'ascending' },
    { withArchived: false },
  )
  const named = endpoint.eventTypes?.find((name) => !name.endsWith('*'))
  const usual = named ?? rows[0]?.name ?? 'test'
  return html`<details class="confirm" id="test">
    <summary class="button">${say.test}</summary>
    <div>
      ${post(
        `${at}/test`,
        html`<label
            >${say.testType} <span class="note">${say.testHint}</span>
            <input name="event_type" value="${usual}" list="event-types" required class="mono" />
          </label>
          <datalist id="event-types">${rows.map(({ name }) => html`<option value="${name}"></option>`)}</datalist>
          <div><button class="main-action">${say.testButton}</button></div>`,
        'fields',
      )}
    </div>
  </details>`
}
