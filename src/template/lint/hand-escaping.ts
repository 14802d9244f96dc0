import type { Expression, FilterExpression } from '../node.ts'
import type { LintRule, Remark } from './finding.ts'
import { filtersOf, printedIn } from './printed.ts'

const JSON_FILTERS = new Set(['tojson', 'json'])
const HTML_FILTERS = new Set(['e', 'escape', 'forceescape'])
/** What JSON needs escaped in a string, as it may be written in a template. */
const SPECIAL = new Set(['"', '\\', '\n', '\r', '\t', '\r\n', '\b', '\f'])

/** Inside JSON strings values are escaped by themselves: finds what does so again, or keeps it from happening. */
export const handEscaping: LintRule = (reading) => {
  if (reading.parsed.mode.dialect !== 'json') return []
  return printedIn(reading)
    .filter(({ place }) => place === 'string')
    .flatMap(({ value }) => remarksOn(value))
}

function remarksOn(value: Expression): Remark[] {
  const { filters, subject } = filtersOf(value.kind === 'slice' ? value.object : value)
  // What is done to a JSON text afterwards (`|tojson|md5`) makes another one of it.
  const last = filters.find(({ name }) => name !== 'safe')
  if (last !== undefined && JSON_FILTERS.has(last.name)) {
    const message =
      value.kind === 'slice'
        ? `\`${last.name}\` and the cut do by hand what is done already: values are escaped for the JSON string that they stand in, so leave both out`
        : `\`${last.name}\` prints quotation marks of its own inside those of the template, which breaks the JSON: leave the filter out, or the quotation marks around the placeholder`
    return [remarkOn(last, message)]
  }
  return filters.flatMap((filter) => {
    if (HTML_FILTERS.has(filter.name)) {
      const message = `\`${filter.name}\` escapes for JSON here and not for HTML, which is done anyway: leave it out`
      return [remarkOn(filter, message)]
    }
    if (filter.name === 'replace' && isEscape(filter)) {
      const message =
        '`replace` escapes by hand what is escaped already for the JSON string that it stands in: leave it out'
      return [remarkOn(filter, message)]
    }
    if (filter.name === 'safe' && subject?.kind !== 'literal') {
      const message =
        '`safe` prints the value unescaped, so that a quotation mark in it ends the JSON string: leave it out'
      return [remarkOn(filter, message)]
    }
    return []
  })
}

function remarkOn({ nameStart: start }: FilterExpression, message: string): Remark {
  return { code: 'hand_escaping', start, message }
}

/** `replace('"', '\\"')`, and not `replace('"', "'")`, which changes what is said. */
function isEscape({ arguments: { positional } }: FilterExpression): boolean {
  const [from, to] = positional.map(textOf)
  return from !== undefined && from !== null && SPECIAL.has(from) && to?.startsWith('\\') === true
}

function textOf(node: Expression): string | null {
  return node.kind === 'literal' && node.literal.type === 'text' ? node.literal.value : null
}
