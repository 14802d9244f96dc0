import { examplesIn, type EventType } from '../../events/events.ts'
import { formatNumber, html, sentence, timeText, type Markup, type Part } from '../../report/report.ts'
import { card, code, facts, head, mark, type Shown } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { EVENTS_PATH, eventsPage, queryOf } from './desk.ts'
import { pageAfter, pageLinks } from './parts/paging.ts'
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
    ${page.rows.length === 0 ? html`<p class="nothing">${sentence(say.nothing)}</p>` : table(page.rows)}
    ${pageLinks(page, { query: queryOf(visit), idOf: ({ name }) => name, labels: [eventWords.apps.first, eventWords.apps.next] })}
  </section>`
  return eventsPage(PATH, content)
}

function table(types: readonly EventType[]): Markup {
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.name}</th>
        <th scope="col">${say.group}</th>
        <th scope="col">${say.changed}</th>
      </tr>
    </thead>
    <tbody>
      ${types.map(
        (type) =>
          html`<tr>
            <th scope="row">
              <a href="${PATH}/${encodeURIComponent(type.name)}">${type.name}</a> ${marks(type)}
              <span class="note">${type.description}</span>
            </th>
            <td data-label="${say.group}">${type.groupName ?? '–'}</td>
            <td class="short" data-label="${say.changed}">${timeText(timeOf(type.changedAt))}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function marks({ isDeprecated, isArchived }: EventType): Part {
  return [isDeprecated ? mark(say.deprecated, '') : '', isArchived ? mark(say.archived, 'is-quiet') : '']
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
      title: html`${name} ${marks(type)}`,
      below: html`<p>${description}</p>
        ${facts(shown)}`,
    }),
    ...schemaCards(type),
  ]
  return { title: name, place: 'events', content }
}

/** Newest version first. */
function schemaCards({ schemas }: EventType): readonly Markup[] {
  const versions = Object.entries(schemas ?? {}).toSorted(([a], [b]) => Number(b) - Number(a))
  if (versions.length === 0) return [html`<section class="card"><p class="nothing">${say.noSchema}</p></section>`]
  return versions.map(([version, schema]) => {
    const examples = examplesIn(schema).map((example) => [html`<h3>${say.example}</h3>`, code(pretty(example))])
    return card(say.schema(version), [fieldsOf(schema), examples, whole(schema, version)])
  })
}

function whole(schema: unknown, version: string): Markup {
  return html`<details class="more" id="schema-${version}">
    <summary>${say.schemaText}</summary>
    ${code(pretty(schema))}
  </details>`
}

interface Schema {
  readonly properties?: unknown
  readonly required?: unknown
  readonly type?: unknown
  readonly description?: unknown
}

/** Its fields, as far as it names them at its top. */
function fieldsOf(schema: unknown): Part {
  const { properties, required } = schemaFrom(schema)
  const fields = Object.entries(schemaFrom(properties) as Readonly<Record<string, unknown>>)
  if (fields.length === 0) return ''
  const needed = new Set(Array.isArray(required) ? (required as readonly unknown[]) : [])
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.fields.name}</th>
        <th scope="col">${say.fields.type}</th>
        <th scope="col">${say.fields.what}</th>
      </tr>
    </thead>
    <tbody>
      ${fields.map(([name, field]) => {
        const { type, description } = schemaFrom(field)
        return html`<tr>
          <th scope="row">
            <code>${name}</code> ${needed.has(name) ? html`<span class="note">${say.fields.required}</span>` : ''}
          </th>
          <td data-label="${say.fields.type}">${typeText(type)}</td>
          <td>${typeof description === 'string' ? description : ''}</td>
        </tr>`
      })}
    </tbody>
  </table>`
}

function typeText(type: unknown): string {
  if (Array.isArray(type)) return type.map(String).join(', ')
  return typeof type === 'string' ? type : '–'
}

function schemaFrom(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? value : {}
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
