/**
 * The runner for programs: a run as a promise of its report, its progress and results as async iterables.
 *
 * The command line stands on the same parts.
 */
export { conductRun, orInterrupted, type Conducted } from './conduct-run.ts'
export { findKnownRun, readableCampaign, type KnownRun } from './known-run.ts'
export { readReport, readResults, type ReadResultsOptions } from './read-run.ts'
export { checkResumable, resumeRun, type ResumeRunOptions } from './resume-run.ts'
export { runCampaign, type RunCampaignOptions } from './run-campaign.ts'
export type { AudienceRow, AudienceRows } from './audience-stream.ts'
export type { Run, RunProgress } from './run.ts'
export { settingsFor, type Surroundings, type SurroundingsOptions } from './surroundings.ts'
