/**
 * What the command line and programs share: finding a run, reading the settings around it, conducting it to its report.
 *
 * Programs come in by `programs.ts`, which imports none of this before a run begins.
 */
export { ActiveRuns, type ActiveRun, type EndedRun, type RunWatch } from './active-runs.ts'
export { conductRun, orInterrupted, type Conducted } from './conduct-run.ts'
export { cancelRun, pauseRun } from './end-run.ts'
export { judgeTrial, testRecordFrom, type TrialResult } from './judged-trial.ts'
export { prepareReplay } from './prepare-replay.ts'
export { findKnownRun, readableCampaign, type KnownRun } from './known-run.ts'
export { checkResumable } from './resume-run.ts'
export { redisAccessFrom, remoteSendersFor } from './remote-senders.ts'
export { progressFrom } from './run.ts'
export { settingsFor, type Surroundings } from './surroundings.ts'
