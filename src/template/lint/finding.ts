import type { AudienceFacts } from './audience-facts.ts'
import type { TemplateReading } from './template-reading.ts'

/** What a template may get wrong although it compiles. A code is a promise: programs match on it. */
export const LINT_CODES = {
  hand_escaping: 'It escapes by hand what is escaped already, or switches that off',
  python_words: 'It prints `True`, `False` or `None`',
  loop_counter: 'It sets a variable in a loop and expects it to stay',
  untyped_flag: 'It asks whether a text such as `false` is true',
  attribute_missing: 'It reads what rows of the audience lack',
  path_without_fallback: 'A part of the path is missing for some customers',
  method_name: 'It reads a column that is called like a method',
} as const
export type LintCode = keyof typeof LINT_CODES

/** A place in a template and what is wrong there: one sentence, with what to write instead. */
export interface Remark {
  readonly code: LintCode
  /** Offset into the template's text. */
  readonly start: number
  readonly message: string
}

/** Looks at a template, and at what is known about the audience, if anything is. */
export type LintRule = (reading: TemplateReading, facts: AudienceFacts | null) => readonly Remark[]

const NAME = /^[A-Za-z_]\w*$/

/** A path as it is written in a template. */
export function writtenPath(path: readonly string[]): string {
  return `customer${path.map((name) => (NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`)).join('')}`
}

/** `17 of 2,000 rows (0.9 %)` */
export function shareOf(count: number, rows: number): string {
  const percent = (count / rows) * 100
  const shown = percent > 0 && percent < 1 ? percent.toPrecision(1) : String(Math.round(percent))
  return `${count.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} rows (${shown} %)`
}
