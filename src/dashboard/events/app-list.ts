import { OPERATIONAL_UID, type App, type Endpoint, type Events } from '../../events/events.ts'
import { formatNumber, html, sentence, timeText, type Markup, type Part } from '../../report/report.ts'
import { card, mark } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { EVENTS_PATH, eventsPage } from './desk.ts'
import { pageAfter, pageLinks, queryOf } from './parts/paging.ts'
import { lifeMark } from './parts/states.ts'
import { timeOf } from './parts/view.ts'
import { eventWords } from './words.ts'

const PER_PAGE = 50
const MOST_TO_LOOK_AT = 12
const { apps: say } = eventWords

export const appListPages: readonly PageRoute[] = [{ method: 'get', path: EVENTS_PATH, handle: listPage }]

async function listPage(visit: Visit): Promise<Page> {
  const { events } = visit
  const [search, after] = [visit.query('search'), visit.query('after')]
  const matches = ({ id, uid, name }: App): boolean =>
    search === null || [id, uid ?? '', name].some((text) => text.toLowerCase().includes(search.toLowerCase()))
  const page = events.apps.list(pageAfter(after, { limit: PER_PAGE, order: 'descending' }), matches)
  return eventsPage(EVENTS_PATH, [
    after === null && search === null ? attention(events) : '',
    html`<section class="card">
      <p class="note">${say.what}</p>
      <form class="line">
        <label>${say.search} <input name="search" value="${search ?? ''}" /></label>
        <button>${say.button}</button>
      </form>
      ${table(events, page.rows, search !== null)}
      ${pageLinks(page, { query: queryOf(visit), idOf: ({ id }) => id, labels: [eventWords.newest, say.next] })}
    </section>`,
  ])
}

/** Endpoints of all apps to which nothing is sent, or in vain. */
function attention(events: Events): Part {
  const found = events.endpoints.all().filter(({ state, failingSince }) => state !== 'active' || failingSince !== null)
  if (found.length === 0) return ''
  const rows = found.slice(0, MOST_TO_LOOK_AT).map((endpoint) => lookAt(events, endpoint))
  const more = found.length - rows.length
  return card(say.attention, [
    html`<table class="stacked">
      <tbody>
        ${rows}
      </tbody>
    </table>`,
    more > 0 ? html`<p class="note">${say.attentionMore(more)}</p>` : '',
  ])
}

function lookAt(events: Events, endpoint: Endpoint): Markup {
  const app = events.apps.of(endpoint.app)
  if (app === null) return html``
  const kept = endpoint.state === 'active' ? 0 : events.keptFor(endpoint)
  return html`<tr>
    <th scope="row">
      <a href="${EVENTS_PATH}/apps/${app.id}/endpoints/${endpoint.id}">${endpoint.url || endpoint.id}</a>
    </th>
    <td>${lifeMark(endpoint)}</td>
    <td>${app.name}</td>
    <td>
      ${kept > 0 ? html`${say.kept(kept)}<br />` : ''}
      ${
        endpoint.failingSince === null
          ? ''
          : html`<span class="note">${say.failingSince}</span> ${timeText(timeOf(endpoint.failingSince))}`
      }
    </td>
  </tr>`
}

function table(events: Events, apps: readonly App[], isSearched: boolean): Markup {
  if (apps.length === 0) return html`<p class="nothing">${sentence(isSearched ? say.nothingLike : say.nothing)}</p>`
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.name}</th>
        <th scope="col">${say.endpoints}</th>
        <th scope="col">${say.profile}</th>
        <th scope="col">${say.made}</th>
      </tr>
    </thead>
    <tbody>
      ${apps.map((app) => row(events, app))}
    </tbody>
  </table>`
}

function row(events: Events, app: App): Markup {
  const { id, uid, name, madeAt } = app
  return html`<tr>
    <th scope="row">
      <a href="${EVENTS_PATH}/apps/${id}">${name}</a>
      ${uid === OPERATIONAL_UID ? mark(say.operational, 'is-quiet') : ''}
      <span class="note">${uid ?? id}</span>
    </th>
    <td data-label="${say.endpoints}">${endpointsText(events.endpoints.ofApp(app))}</td>
    <td data-label="${say.profile}">${profileName(events, app)}</td>
    <td class="short" data-label="${say.made}">${timeText(timeOf(madeAt))}</td>
  </tr>`
}

/** How many there are, and how those are that are not well. */
function endpointsText(endpoints: readonly Endpoint[]): Part {
  const unwell = endpoints.filter(({ state, failingSince }) => state !== 'active' || failingSince !== null)
  const marks = [...new Set(unwell.map((endpoint) => lifeMark(endpoint).text))].map((text) => {
    const like = unwell.filter((endpoint) => lifeMark(endpoint).text === text)
    return html` ${lifeMark(like[0]!)}${like.length > 1 ? html` <span class="note">${like.length}</span>` : ''}`
  })
  return [formatNumber(endpoints.length), ...marks]
}

/** One that hookcast.yaml does not have any more is named as it is. */
export function profileName(events: Events, app: App): string {
  return events.endpoints.profileOfApp(app).name
}
