import type { Problem } from '../../errors.ts'
import { excerpt, placeFromOffset } from '../template-problem.ts'
import { attributeMissing, methodName, pathWithoutFallback, untypedFlag } from './attribute-rules.ts'
import type { AudienceFacts } from './audience-facts.ts'
import type { LintCode, LintRule } from './finding.ts'
import { handEscaping } from './hand-escaping.ts'
import { loopCounter } from './loop-counter.ts'
import { pythonWords } from './python-words.ts'
import type { TemplateReading } from './template-reading.ts'

/** What a template may get wrong, and where. */
export interface LintFinding extends Problem {
  readonly code: LintCode
  readonly line: number
  readonly column: number
  /** The line of the template, and a caret below the place. */
  readonly excerpt: string
}

const RULES: readonly LintRule[] = [
  handEscaping,
  pythonWords,
  loopCounter,
  untypedFlag,
  attributeMissing,
  pathWithoutFallback,
  methodName,
]

/**
 * Looks for what compiles and is seldom meant. Pure: nothing is rendered.
 *
 * Without `facts` about the audience, what depends on it is not looked at.
 */
export function lintTemplate(reading: TemplateReading, facts: AudienceFacts | null): LintFinding[] {
  const { source } = reading.parsed
  return RULES.flatMap((rule) => rule(reading, facts))
    .toSorted((a, b) => a.start - b.start)
    .map(({ code, start, message }) => ({
      code,
      file: source.file,
      ...placeFromOffset(source, start),
      message,
      excerpt: excerpt(source, start).slice(1),
    }))
}
