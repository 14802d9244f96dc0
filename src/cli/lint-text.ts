import type { PlainDifference } from '../campaign/delivery.ts'
import { formatProblem } from '../errors.ts'
import type { LintFinding } from '../template/template.ts'

/** Findings for people: where, which, what to write instead; then the line with a caret below the place. */
export function lintLines(findings: readonly LintFinding[]): string[] {
  return findings.flatMap(({ code, message, excerpt, ...place }) => [
    formatProblem({ ...place, message: `${code}: ${message}` }),
    ...excerpt.split('\n'),
  ])
}

/** Where JSON-aware output parts from plain Jinja2, with both: nothing is wrong there, but other than elsewhere. */
export function differenceLines(differences: readonly PlainDifference[]): string[] {
  return differences.map(({ printed, plain, ...place }) =>
    formatProblem({
      ...place,
      message: `prints \`${printed}\`, and in plain Jinja2 \`${plain.replaceAll('\n', '⏎')}\``,
    }),
  )
}
