import { formatProblem } from '../errors.ts'
import type { LintFinding } from '../template/template.ts'

/** Findings for people: where, which, what to write instead; then the line with a caret below the place. */
export function lintLines(findings: readonly LintFinding[]): string[] {
  return findings.flatMap(({ code, message, excerpt, ...place }) => [
    formatProblem({ ...place, message: `${code}: ${message}` }),
    ...excerpt.split('\n'),
  ])
}
