/**
 * What became of a run, for people and for programs: read by command line, API and dashboard alike.
 *
 * Everything is read over a connection that cannot write, also while another process works on the run.
 */
export { readReport, type AbortEntry, type RunReport } from './read-report.ts'
export { readResults } from './read-results.ts'
export { ResultFollower } from './result-follower.ts'
export type { ResultFilter } from './result-filter.ts'
export type { ResultRecord } from './result-record.ts'
export { readCustomers, type HeldCustomer } from './read-customers.ts'
export { readPropertyNames } from './property-names.ts'
export { formatReport } from './format-report.ts'
export { formatResults } from './format-results.ts'
export { readStory } from './read-story.ts'
export { formatPage, type PageOptions } from './page/page.ts'
export { readProgress } from './read-progress.ts'
export { readRun, readRuns, type RunSummary } from './read-runs.ts'
export { selectForReplay, type ReplayCounts, type ReplayFilter } from './select-for-replay.ts'
export { numbersSentSince } from './sent-since.ts'
export { formatProgress } from './format-progress.ts'
export { instantOf } from './instant.ts'
export { formatSpan } from './text-layout.ts'
