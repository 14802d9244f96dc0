/** What a program may import from `hookcast`. */
export { readReport, readResults, resumeRun, runCampaign } from './library/library.ts'
export type {
  AudienceRow,
  AudienceRows,
  ReadResultsOptions,
  ResumeRunOptions,
  Run,
  RunCampaignOptions,
  RunProgress,
  SurroundingsOptions,
} from './library/library.ts'
export type { AbortEntry, ResultRecord, RunReport } from './report/report.ts'
export { compileTemplate, SuppressedByTemplate } from './template/template.ts'
export type { CompiledTemplate, CompileOptions, TemplatePayload } from './template/template.ts'
export { ConfigError, HookcastError, LedgerError, QueueError, TemplateError } from './errors.ts'
export type { ErrorCode, Problem } from './errors.ts'
