/** What a program may import from `hookcast`. */
export { readReport, readResults, resumeRun, runCampaign } from './library/programs.ts'
export type {
  ReadResultsOptions,
  ResumeRunOptions,
  RunCampaignOptions,
  SurroundingsOptions,
} from './library/options.ts'
export type { AudienceRow, AudienceRows } from './library/audience-stream.ts'
export type { Run, RunProgress } from './library/run.ts'
export type { AbortEntry, ResultRecord, RunReport } from './report/report.ts'
export { compileTemplate, SuppressedByTemplate } from './template/template.ts'
export type { CompiledTemplate, CompileOptions, TemplatePayload } from './template/template.ts'
export { ConfigError, HookcastError, LedgerError, QueueError, TemplateError } from './errors.ts'
export type { ErrorCode, Problem } from './errors.ts'
