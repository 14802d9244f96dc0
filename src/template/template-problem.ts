import { placeAt, type TextPlace } from '../campaign/text-places.ts'
import { nearestName } from '../campaign/nearest-name.ts'
import { TemplateError, type ErrorCode } from '../errors.ts'

/** A stretch of a template's text: offsets into it, `end` exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A template's text and where it came from. */
export interface Source {
  readonly text: string
  readonly file: string
  /** 1-based line of `file` on which the text begins. */
  readonly firstLine: number
  /** Where the parts of the text stand in `file`, when it is not all of it or not line by line. */
  readonly places?: readonly TextPlace[] | undefined
}

/** 1-based; `line` counts in the file, not in the text. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Finds line and column of an offset. Columns count characters as people do, not UTF-16 units. */
export function placeFromOffset(source: Source, offset: number): Place {
  if (source.places !== undefined) return placeAt(source.places, source.text, offset)
  const before = source.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = source.firstLine
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line += 1
  return { line, column: Array.from(before.slice(lineStart)).length + 1 }
}

const SHOWN_LINE_LENGTH = 100

/** The line around an offset with a caret below the place; a long line is cut to the part around it. */
export function excerpt(source: Source, offset: number): string {
  const lineStart = source.text.lastIndexOf('\n', offset - 1) + 1
  const newline = source.text.indexOf('\n', offset)
  const lineEnd = newline === -1 ? source.text.length : newline
  const from = offset - lineStart > SHOWN_LINE_LENGTH - 20 ? offset - (SHOWN_LINE_LENGTH - 40) : lineStart
  const shown = source.text.slice(from, Math.min(lineEnd, from + SHOWN_LINE_LENGTH))
  const indent = Array.from(source.text.slice(from, offset), (character) => (character === '\t' ? '\t' : ' ')).join('')
  return `\n  ${shown}\n  ${indent}^`
}

/** Makes the error of a template that does not compile: the sentence, the line and a caret under the place. */
export function invalidTemplate(source: Source, offset: number, sentence: string): TemplateError {
  return templateError('HOOKCAST_TEMPLATE_INVALID', source, { offset, message: sentence + excerpt(source, offset) })
}

export function templateError(
  code: ErrorCode,
  source: Source,
  problem: { readonly offset: number | null; readonly message: string; readonly cause?: unknown },
): TemplateError {
  const place = problem.offset === null ? { line: null, column: null } : placeFromOffset(source, problem.offset)
  return new TemplateError(code, { file: source.file, ...place, message: problem.message }, { cause: problem.cause })
}

/** `, did you mean \`x\`?` for a mistyped name, or nothing when no known one is near. */
export function hintFor(wrong: string, known: readonly string[]): string {
  const name = nearestName(wrong, known)
  return name === null ? '' : `, did you mean \`${name}\`?`
}
