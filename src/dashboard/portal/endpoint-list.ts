import { html, type Part } from '../../report/report.ts'
import { endpointsTable } from '../events/parts/endpoints-table.ts'
import { pageAfter, pageLinks, queryOf } from '../events/parts/paging.ts'
import type { AppView } from '../events/parts/view.ts'
import { head } from '../frame/parts.ts'
import { appOf } from './desk.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const { endpoints: say } = portalWords
const PER_PAGE = 20

export const endpointListPages: readonly PortalRoute[] = [
  { method: 'get', path: '', handle: listPage },
  { method: 'get', path: '/endpoints', handle: listPage },
]

function listPage(visit: PortalVisit): PortalPage {
  const view = appOf(visit)
  const { app, events } = view
  const page = events.endpoints.list(app, pageAfter(visit.query('after'), { limit: PER_PAGE, order: 'descending' }))
  const content = [
    head({
      title: say.title,
      below: html`<p class="note">${say.what(app.name)} ${limitsOf(view)}</p>`,
      actions: adding(view),
    }),
    html`<section class="card">
      ${page.rows.length === 0 ? html`<p class="nothing">${say.nothing}</p>` : endpointsTable(view, page.rows)}
      ${pageLinks(page, { query: queryOf(visit), idOf: ({ id }) => id })}
    </section>`,
  ]
  return { title: say.title, place: 'endpoints', content }
}

function adding(view: AppView): Part {
  if (!view.may('manage') || isFull(view)) return ''
  return html`<a class="button main-action" href="${view.at}/endpoints/new">${say.add}</a>`
}

function limitsOf(view: AppView): string {
  const { events, app } = view
  const { limits, managedBy } = events.endpoints.profileOfApp(app)
  const count = events.endpoints.ofApp(app).length
  return [
    limits.endpoints === null ? [] : [say.most(count, limits.endpoints)],
    managedBy === 'app' ? [] : [say.managed],
  ]
    .flat()
    .join(' ')
}

function isFull({ events, app }: AppView): boolean {
  const most = events.endpoints.profileOfApp(app).limits.endpoints
  return most !== null && events.endpoints.ofApp(app).length >= most
}
