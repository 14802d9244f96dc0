import { isAbsolute, relative, sep } from 'node:path'

/**
 * Every code a user can meet: what it means and what to do.
 *
 * The README's table is generated from this one and tested against it. A code is `HOOKCAST_<AREA>_<WHAT>`
 * and is a promise: programs match on it, so a released one is never renamed.
 */
export const ERROR_CODES = {
  HOOKCAST_USAGE: { means: 'The command line was not understood', todo: 'Run `hookcast <command> --help`' },
  HOOKCAST_CAMPAIGN_INVALID: {
    means: 'The campaign file has problems; all are listed',
    todo: 'Mend each line named, set each variable named',
  },
  HOOKCAST_CONFIG_INVALID: { means: 'hookcast.yaml or a setting has problems', todo: 'Mend each line named' },
  HOOKCAST_AUDIENCE_INVALID: {
    means: 'The audience has rows that cannot be read',
    todo: 'Mend what is named; bad rows alone can be passed over with `--skip-bad-rows`',
  },
  HOOKCAST_STATIC_IPS: {
    means: 'More than 100,000 requests would leave over static IPs',
    todo: 'Send batches, or without `static_ips`; or go on all the same with `--yes`',
  },
  HOOKCAST_TEMPLATE_INVALID: { means: 'A template cannot be compiled', todo: 'Mend the line and column named' },
  HOOKCAST_TEMPLATE_RENDER: {
    means: 'A template failed for one customer',
    todo: 'See the line, column and expression named',
  },
  HOOKCAST_SERVICE_RUNNING: {
    means: 'Another service has the data folder',
    todo: 'Stop it, or name another folder with `--data`',
  },
  HOOKCAST_CAMPAIGN_UNKNOWN: {
    means: 'No campaign of that name, or no such version, on the service',
    todo: 'Look at the names in the folder that `--campaigns` names',
  },
  HOOKCAST_CAMPAIGN_STATE: {
    means: 'The campaign is in a state that does not allow this',
    todo: 'See the sentence with it',
  },
  HOOKCAST_TRIGGER_INVALID: {
    means: 'A trigger is not what a trigger is to be',
    todo: 'Mend what is named, and send it again',
  },
  HOOKCAST_RUN_UNKNOWN: { means: 'No run of that id in the data folder', todo: 'List them with `hookcast runs`' },
  HOOKCAST_RUN_IN_USE: {
    means: 'Another process is working on the run',
    todo: 'Wait for it, or stop it with `hookcast pause <run>`',
  },
  HOOKCAST_RUN_STATE: { means: 'The run is in a state that does not allow this', todo: 'See the state named' },
  HOOKCAST_LEDGER_UNUSABLE: {
    means: 'The run folder cannot be used: read-only, on a network disk, damaged or of a newer schema',
    todo: 'See the sentence with it',
  },
  HOOKCAST_STORAGE_FULL: {
    means: 'The disk of the data folder is full',
    todo: 'Free space; a run that had begun goes on with `hookcast resume <run>`',
  },
  HOOKCAST_BACKUP_UNUSABLE: {
    means: 'A backup cannot be made there, or is incomplete, altered or of a newer version',
    todo: 'See the sentence with it; nothing was changed',
  },
  HOOKCAST_OUTPUT_LOST: {
    means: 'What was to be printed could not be written',
    todo: 'Mend the cause; `hookcast report <run>` prints the report of a run again',
  },
  HOOKCAST_LOCAL_TROUBLE: {
    means: 'This machine ran out of something calls need: file descriptors, local ports, memory',
    todo: 'Raise the limit named, then `hookcast resume <run>`',
  },
  HOOKCAST_SENDER_LOST: {
    means: 'A sender process could not be started or kept',
    todo: 'See the cause; the run is resumable',
  },
  HOOKCAST_REDIS_UNUSABLE: {
    means: 'Redis cannot be reached, or would lose work',
    todo: 'See the setting named; a run that had begun is resumable',
  },
  HOOKCAST_SECRET_SEALED: {
    means: 'A stored secret cannot be opened: another key has sealed it, or it was changed',
    todo: 'Set HOOKCAST_SECRET_KEY to the key that sealed it, behind the new one when there is one',
  },
  HOOKCAST_API_REQUEST: {
    means: 'A request is not what its route of the control API takes',
    todo: 'See `detail` and `problems`',
  },
  HOOKCAST_API_UNKNOWN: { means: 'No such route of the control API, or no such token', todo: 'See `/docs`' },
  HOOKCAST_API_DENIED: {
    means: 'The token or signature is missing, unknown, expired or revoked, or its role may not do that',
    todo: 'See `detail`; an administrator makes tokens',
  },
  HOOKCAST_API_LIMIT: {
    means: 'Too many requests, or too many unknown tokens',
    todo: 'Wait as long as `Retry-After` says',
  },
  HOOKCAST_API_KEY: {
    means: 'The `Idempotency-Key` belongs to another request, or to one that is not done',
    todo: 'See `detail`',
  },
  HOOKCAST_EVENTS_REFUSED: { means: 'Event webhooks do not do this', todo: 'See the sentence with it' },
  HOOKCAST_INTERRUPTED: {
    means: 'Stopped by a signal before a run had begun',
    todo: 'Start it again: nothing was sent',
  },
  HOOKCAST_UNEXPECTED: {
    means: 'A defect of hookcast itself',
    todo: 'Report it with the text shown; a run that had begun is resumable',
  },
} as const satisfies Record<string, { means: string; todo: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** The base of every error that hookcast throws on purpose: match on `code`, not on the class. */
export class HookcastError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/**
 * One thing wrong with an input: where, and a sentence with what was expected and what was found.
 *
 * Units: `line` and `column` are 1-based; null where the place is not known.
 * Shape: `file` as it is found from the current folder, absolute when it lies elsewhere; `stdin` and `environment` are none.
 */
export interface Problem {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

/** Formats a problem as editors and terminals link it: `campaign.yaml:7:3 expected …`. */
export function formatProblem({ file, line, column, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== null).join(':')
  return `${place} ${message}`
}

/** Names a file as it is found from the current folder, so that editors and terminals open it: relative when it lies inside. */
function shownFile(file: string): string {
  if (!isAbsolute(file)) return file
  const way = relative('', file)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? file : way
}

/** At most this many problems are listed at once (`more` says how many were left out). */
export const PROBLEM_LIMIT = 50

/** The input is wrong: nothing was sent, the command line exits with 2. */
export class ConfigError extends HookcastError {
  readonly problems: readonly Problem[]
  /** Problems beyond those listed. */
  readonly more: number

  constructor(code: ErrorCode, problems: readonly Problem[], options?: ErrorOptions & { readonly more?: number }) {
    const more = (options?.more ?? 0) + Math.max(0, problems.length - PROBLEM_LIMIT)
    const listed = problems.slice(0, PROBLEM_LIMIT).map((problem) => ({ ...problem, file: shownFile(problem.file) }))
    const lines = listed.map(formatProblem)
    if (more > 0) lines.push(`and ${more} more`)
    super(code, lines.join('\n'), options)
    this.problems = listed
    this.more = more
  }
}

/** A template does not compile, or fails for one customer: the place is in the template's own text. */
export class TemplateError extends HookcastError {
  readonly file: string
  readonly line: number | null
  readonly column: number | null

  constructor(code: ErrorCode, problem: Problem, options?: ErrorOptions) {
    super(code, problem.message, options)
    this.file = problem.file
    this.line = problem.line
    this.column = problem.column
  }
}

/** A request to the control API that is not done: the status of the answer, and what is wrong where. */
export class ApiError extends HookcastError {
  readonly status: number
  /** Places in the request, as JSON pointers or names of parameters, and what was expected there. */
  readonly problems: readonly { readonly at: string; readonly message: string }[]
  readonly retryAfterMs: number | null

  constructor(
    code: ErrorCode,
    message: string,
    {
      status,
      problems = [],
      retryAfterMs = null,
      ...options
    }: ErrorOptions & {
      readonly status: number
      readonly problems?: ApiError['problems']
      readonly retryAfterMs?: number | null
    },
  ) {
    super(code, message, options)
    this.status = status
    this.problems = problems
    this.retryAfterMs = retryAfterMs
  }
}

/** The run's folder or its database: the run stays resumable. */
export class LedgerError extends HookcastError {}

/** Senders or the queue between them: the work is kept, the operator is told. */
export class QueueError extends HookcastError {}
