import type { Expression } from '../node.ts'
import type { AudienceFacts } from './audience-facts.ts'
import { shareOf, writtenPath, type LintRule } from './finding.ts'
import { filtersOf, printedIn, type Printed } from './printed.ts'
import type { TemplateReading } from './template-reading.ts'

/** Filters after which a value prints as before. */
const TRANSPARENT = new Set(['string', 'trim', 'safe'])
const TRUTH = '`true` is printed as Python writes it: write {{ "true" if … else "false" }}, or `| lower`'
const NONE = '`none` is printed as Python writes it, `None`: write a text in its place, or `| default("", true)`'

/** Finds what prints `True`, `False` or `None` for a receiver that expects none of Python's words. */
export const pythonWords: LintRule = (reading, facts) =>
  printedIn(reading).flatMap((printed) => {
    const message = messageFor(printed, reading, facts)
    return message === null ? [] : [{ code: 'python_words', start: printed.value.start, message }]
  })

function messageFor({ value, isPlain }: Printed, reading: TemplateReading, facts: AudienceFacts | null): string | null {
  const { filters, subject } = filtersOf(value)
  if (subject === null || filters.some(({ name }) => !TRANSPARENT.has(name))) return null
  // Where values are escaped they print as the payload writes them, unless they were made a text before.
  if (!isPlain && !filters.some(({ name }) => name === 'string')) return null
  return staticWord(subject) ?? (facts === null ? null : countedWord(subject, reading, facts))
}

function staticWord(node: Expression): string | null {
  if (node.kind === 'compare' || node.kind === 'not' || node.kind === 'test') return TRUTH
  if (node.kind !== 'literal') return null
  if (node.literal.type === 'boolean') return TRUTH
  return node.literal.type === 'none' ? NONE : null
}

function countedWord(node: Expression, { reads }: TemplateReading, facts: AudienceFacts): string | null {
  const read = reads.find(({ start, end }) => start === node.start && end === node.end)
  if (read === undefined || facts.rows === 0) return null
  const { booleans, nulls, missing } = facts.of(read.path)
  const name = writtenPath(read.path)
  if (booleans > 0) return `\`${name}\` is true or false in ${shareOf(booleans, facts.rows)}; ${TRUTH}`
  // `get` gives none where there is nothing; the attribute itself is undefined, and prints as nothing.
  const nones = nulls + (node.kind === 'call' && !read.hasFallback ? missing : 0)
  return nones === 0 ? null : `\`${name}\` is none in ${shareOf(nones, facts.rows)}; ${NONE}`
}
