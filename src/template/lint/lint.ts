/** What can be said of a template without rendering it: what it reads, and what it is likely to get wrong. */
export { FactCounter, type AudienceFacts } from './audience-facts.ts'
export { LINT_CODES, writtenPath } from './finding.ts'
export { lintTemplate, type LintFinding } from './lint-template.ts'
export { createPlainComparison, type PlainComparison } from './plain-difference.ts'
export { placeOf, readTemplate, type TemplateReading } from './template-reading.ts'
