import { examplesIn, type EventType } from '../../../events/events.ts'
import { html, timeText, type Markup, type Part } from '../../../report/report.ts'
import { card, code, mark } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { timeOf } from './view.ts'

const { types: say } = eventWords

/** Event types, one a line; `at` is the path below which each has its page. */
export function eventTypesTable(types: readonly EventType[], at: string): Markup {
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
              <a href="${at}/${encodeURIComponent(type.name)}">${type.name}</a> ${eventTypeMarks(type)}
              <span class="note">${type.description}</span>
            </th>
            <td data-label="${say.group}">${type.groupName ?? '–'}</td>
            <td class="short" data-label="${say.changed}">${timeText(timeOf(type.changedAt))}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** Whether it is to be chosen still. */
export function eventTypeMarks({ isDeprecated, isArchived }: EventType): Part {
  return [isDeprecated ? mark(say.deprecated, '') : '', isArchived ? mark(say.archived, 'is-quiet') : '']
}

/** What comes with messages of a type: its fields, examples and schema, the newest version first. */
export function schemaCards({ schemas }: EventType): readonly Markup[] {
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
