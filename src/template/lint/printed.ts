import type { JsonPlace } from '../json-place.ts'
import type { Body, Expression, Print } from '../node.ts'
import { bodiesOf } from '../scope.ts'
import type { TemplateReading } from './template-reading.ts'

/** A placeholder, and how what it prints is treated. */
export interface Printed {
  readonly value: Expression
  /** Printed as Jinja2 prints without autoescaping: `True`, `None`, nothing escaped. */
  readonly isPlain: boolean
  /** Inside or outside of JSON's quotation marks; null where nothing is escaped for JSON. */
  readonly place: JsonPlace | null
}

/** Every placeholder of a template, in the order in which they are written. */
export function printedIn({ parsed: { body, mode, places } }: TemplateReading): Printed[] {
  const printed: Printed[] = []
  const walk = (body: Body, isEscaping: boolean): void => {
    for (const node of body) {
      if (node.kind === 'print') printed.push(...piecesOf(node, { isEscaping, place: places.get(node) ?? null }))
      const inner = node.kind === 'autoescape' ? isOn(node.isOn) : isEscaping
      for (const body of bodiesOf(node)) walk(body, inner)
    }
  }
  walk(body, mode.isEscaping)
  return printed
}

function piecesOf(
  { value }: Print,
  { isEscaping, place }: { readonly isEscaping: boolean; readonly place: JsonPlace | null },
): Printed[] {
  return waysOf(value).map((value) => ({ value, isPlain: !isEscaping, place: isEscaping ? place : null }))
}

/** Each value that an inline `if` may print. */
function waysOf(node: Expression): Expression[] {
  if (node.kind !== 'condition') return [node]
  return [...waysOf(node.value), ...(node.otherwise === null ? [] : waysOf(node.otherwise))]
}

/** `{% autoescape false %}`; anything but a plain false may be on. */
function isOn(node: Expression): boolean {
  return !(node.kind === 'literal' && node.literal.type === 'boolean' && !node.literal.value)
}

/** The filters on a value, the last first, and what they begin with. */
export function filtersOf(node: Expression): {
  readonly filters: readonly (Expression & { kind: 'filter' })[]
  readonly subject: Expression | null
} {
  const filters: (Expression & { kind: 'filter' })[] = []
  let subject: Expression | null = node
  while (subject?.kind === 'filter') {
    filters.push(subject)
    subject = subject.subject
  }
  return { filters, subject }
}
