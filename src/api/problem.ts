import { basename } from 'node:path'
import {
  ApiError,
  ConfigError,
  ERROR_CODES,
  formatProblem,
  HookcastError,
  type ErrorCode,
  type Problem,
} from '../errors.ts'

/** The status that goes with a code where the error itself names none. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  HOOKCAST_USAGE: 422,
  HOOKCAST_CAMPAIGN_INVALID: 422,
  HOOKCAST_AUDIENCE_INVALID: 422,
  HOOKCAST_STATIC_IPS: 422,
  HOOKCAST_TEMPLATE_INVALID: 422,
  HOOKCAST_TEMPLATE_RENDER: 422,
  HOOKCAST_RUN_UNKNOWN: 404,
  HOOKCAST_CAMPAIGN_UNKNOWN: 404,
  HOOKCAST_CAMPAIGN_STATE: 409,
  HOOKCAST_TRIGGER_INVALID: 422,
  HOOKCAST_RUN_IN_USE: 409,
  HOOKCAST_RUN_STATE: 409,
  HOOKCAST_API_REQUEST: 400,
  HOOKCAST_API_UNKNOWN: 404,
  HOOKCAST_API_DENIED: 403,
  HOOKCAST_API_LIMIT: 429,
  HOOKCAST_API_KEY: 409,
  // Whoever called can do nothing about these: the machine, its settings, or hookcast itself.
  HOOKCAST_CONFIG_INVALID: 500,
  HOOKCAST_REDIS_UNUSABLE: 503,
  HOOKCAST_SECRET_SEALED: 500,
  HOOKCAST_BACKUP_UNUSABLE: 500,
  HOOKCAST_OUTPUT_LOST: 500,
  HOOKCAST_UNEXPECTED: 500,
  HOOKCAST_STORAGE_FULL: 507,
  // Locked, read-only, damaged: it is worth coming again once somebody has looked after it.
  HOOKCAST_LEDGER_UNUSABLE: 503,
  HOOKCAST_LOCAL_TROUBLE: 503,
  HOOKCAST_SENDER_LOST: 503,
  HOOKCAST_EVENTS_REFUSED: 422,
  HOOKCAST_INTERRUPTED: 503,
  HOOKCAST_SERVICE_RUNNING: 503,
}

interface ProblemPlace {
  readonly at: string
  readonly message: string
}

/**
 * What is wrong with a request, as its answer says it.
 *
 * @see RFC 9457. `type` leads to the page that explains the code; `code`, `todo` and `problems` are ours.
 */
export interface ProblemDetails {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly todo: string
  /** Each thing wrong: where, and what was expected there. */
  readonly problems: readonly ProblemPlace[]
}

/** Says what an error means to whoever called; of a defect, only that there is one. */
export function problemFrom(error: unknown): ProblemDetails {
  const known = error instanceof HookcastError ? error : null
  const code = known?.code ?? 'HOOKCAST_UNEXPECTED'
  const { means, todo } = ERROR_CODES[code]
  return {
    type: `/docs#${code}`,
    title: means,
    status: known instanceof ApiError ? known.status : STATUSES[code],
    detail: detailOf(known),
    code,
    todo,
    problems: placesOf(known),
  }
}

export function problemResponse(error: unknown): Response {
  const problem = problemFrom(error)
  const headers = new Headers({ 'Content-Type': 'application/problem+json' })
  if (problem.status === 401) headers.set('WWW-Authenticate', 'Bearer')
  if (error instanceof ApiError && error.retryAfterMs !== null) {
    headers.set('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))))
  }
  return new Response(`${JSON.stringify(problem)}\n`, { status: problem.status, headers })
}

function detailOf(error: HookcastError | null): string {
  if (error === null) return 'Something went wrong here; what it was is in the log of the service'
  if (!(error instanceof ConfigError)) return error.message
  const lines = error.problems.map((problem) => formatProblem(shownProblem(problem)))
  return [...lines, ...(error.more > 0 ? [`and ${error.more} more`] : [])].join('\n')
}

function placesOf(error: HookcastError | null): readonly ProblemPlace[] {
  if (error instanceof ApiError) return error.problems
  if (!(error instanceof ConfigError)) return []
  return error.problems.map(shownProblem).map((problem) => {
    const { message } = problem
    return { at: formatProblem({ ...problem, message: '' }).trim(), message }
  })
}

/** Where the files of a service lie is nobody's matter who sees it from outside. */
export function shownProblem({ file, ...problem }: Problem): Problem {
  return { file: basename(file), ...problem }
}
