import { formatNumber, html, sentence, timeText } from '../../report/report.ts'
import { facts, head, type Shown } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { EVENTS_PATH, eventsPage } from './desk.ts'
import { eventTypeMarks, eventTypesTable, schemaCards } from './parts/event-types.ts'
import { pageAfter, pageLinks, queryOf } from './parts/paging.ts'
import { timeOf } from './parts/view.ts'
import { eventWords } from './words.ts'

const PATH = `${EVENTS_PATH}/types`
const PER_PAGE = 100
const { types: say } = eventWords

export const eventTypePages: readonly PageRoute[] = [
  { method: 'get', path: PATH, handle: listPage },
  { method: 'get', path: `${PATH}/:type`, handle: typePage },
]

async function listPage(visit: Visit): Promise<Page> {
  const query = pageAfter(visit.query('after'), { limit: PER_PAGE, order: 'ascending' })
  const page = visit.events.eventTypes.list(query, { withArchived: true })
  const content = html`<section class="card">
    <p class="note">${say.what}</p>
    ${page.rows.length === 0 ? html`<p class="nothing">${sentence(say.nothing)}</p>` : eventTypesTable(page.rows, PATH)}
    ${pageLinks(page, { query: queryOf(visit), idOf: ({ name }) => name, labels: [eventWords.apps.first, eventWords.apps.next] })}
  </section>`
  return eventsPage(PATH, content)
}

async function typePage(visit: Visit): Promise<Page> {
  const { events } = visit
  const type = events.eventTypes.get(visit.param('type'))
  const { name, description, groupName, featureFlags, changedAt } = type
  const wanted = events.endpoints.all().filter(({ eventTypes }) => eventTypes?.includes(name)).length
  const shown: Shown[] = [
    [say.wanted, formatNumber(wanted)],
    [say.changed, timeText(timeOf(changedAt))],
  ]
  if (groupName !== null) shown.unshift([say.group, groupName])
  if (featureFlags !== null && featureFlags.length > 0) shown.push([say.flags, featureFlags.join(', ')])
  const content = [
    head({
      path: [
        [eventWords.title, EVENTS_PATH],
        [eventWords.tabs.types, PATH],
      ],
      title: html`${name} ${eventTypeMarks(type)}`,
      below: html`<p>${description}</p>
        ${facts(shown)}`,
    }),
    ...schemaCards(type),
  ]
  return { title: name, place: 'events', content }
}
