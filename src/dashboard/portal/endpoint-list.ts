import type { Endpoint } from '../../events/events.ts'
import { html, type Markup, type Part } from '../../report/report.ts'
import { head, mark } from '../frame/parts.ts'
import { words } from '../words.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const { endpoints: say } = portalWords
const PER_PAGE = 20
const MOST_NAMED = 4

export const endpointListPages: readonly PortalRoute[] = [
  { method: 'get', path: '', handle: listPage },
  { method: 'get', path: '/endpoints', handle: listPage },
]

function listPage(visit: PortalVisit): PortalPage {
  const { app, events } = visit
  const after = visit.query('after')
  const cursor = after === null ? null : { id: after, isBackwards: false }
  const { rows, isDone } = events.endpoints.list(app, { limit: PER_PAGE, cursor, order: 'descending' })
  const { limits, managedBy } = events.endpoints.profileOfApp(app)
  const count = events.endpoints.ofApp(app).length
  const content = [
    head({
      title: say.title,
      below: html`<p class="note">
        ${say.what(app.name)} ${limits.endpoints === null ? '' : html`${say.most(count, limits.endpoints)}.`}
        ${managedBy === 'app' ? '' : say.managed}
      </p>`,
    }),
    html`<section class="card">
      ${rows.length === 0 ? html`<p class="nothing">${say.nothing}</p>` : table(rows, visit)}
      ${isDone ? '' : html`<div class="pages"><a href="?after=${rows.at(-1)?.id ?? ''}">${words.pages.next}</a></div>`}
    </section>`,
  ]
  return { title: say.title, place: 'endpoints', content }
}

function table(endpoints: readonly Endpoint[], visit: PortalVisit): Markup {
  const { columns } = say
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${columns.url}</th>
        <th scope="col">${columns.state}</th>
        <th scope="col">${columns.hears}</th>
      </tr>
    </thead>
    <tbody>
      ${endpoints.map(
        (endpoint) =>
          html`<tr>
            <th scope="row">
              <a href="${visit.at(`/endpoints/${endpoint.id}`)}">${endpoint.url}</a>
              ${endpoint.description === '' ? '' : html`<div class="note">${endpoint.description}</div>`}
            </th>
            <td>${mark(endpoint.state, endpoint.state === 'active' ? 'is-good' : 'is-quiet')}</td>
            <td class="note">${hearsOf(endpoint)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** The first of the event types that an endpoint has asked for. */
function hearsOf({ eventTypes }: Endpoint, most = MOST_NAMED): Part {
  if (eventTypes === null) return say.all
  const named = eventTypes.slice(0, most).map((name) => html`<code>${name}</code> `)
  return eventTypes.length > most ? [...named, html`+ ${eventTypes.length - most}`] : named
}
