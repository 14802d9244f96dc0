import { EventsError } from '../../events/events.ts'
import { html } from '../../report/report.ts'
import { eventTypeMarks, eventTypesTable, schemaCards } from '../events/parts/event-types.ts'
import { pageAfter, pageLinks, queryOf } from '../events/parts/paging.ts'
import { head } from '../frame/parts.ts'
import { words } from '../words.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const { types: say } = portalWords
const PATH = '/event-types'
const PER_PAGE = 100

export const eventTypePages: readonly PortalRoute[] = [
  { method: 'get', path: PATH, handle: listPage },
  { method: 'get', path: `${PATH}/:type`, handle: typePage },
]

function listPage(visit: PortalVisit): PortalPage {
  const query = pageAfter(visit.query('after'), { limit: PER_PAGE, order: 'ascending' })
  const page = visit.events.eventTypes.list(query, { withArchived: false })
  const content = [
    head({ title: say.title, below: html`<p class="note">${say.what}</p>` }),
    html`<section class="card">
      ${page.rows.length === 0 ? html`<p class="nothing">${say.nothing}</p>` : eventTypesTable(page.rows, visit.at(PATH))}
      ${pageLinks(page, { query: queryOf(visit), idOf: ({ name }) => name, labels: [words.pages.first, words.pages.next] })}
    </section>`,
  ]
  return { title: say.title, place: 'event-types', content }
}

/** Of one that was archived it is not said that it was there. */
function typePage(visit: PortalVisit): PortalPage {
  const type = visit.events.eventTypes.get(visit.param('type'))
  if (type.isArchived) throw new EventsError('unknown', 'No such event type')
  const content = [
    head({
      path: [[say.title, visit.at(PATH)]],
      title: html`${type.name} ${eventTypeMarks(type)}`,
      below: html`<p>${type.description}</p>`,
    }),
    ...schemaCards(type),
  ]
  return { title: type.name, place: 'event-types', content }
}
