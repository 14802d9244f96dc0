import type { Answer, Outcome } from '../../src/campaign/outcome.ts'
import type { JudgeContext } from '../../src/policy/policy.ts'

type Answered = Extract<Answer, { kind: 'answered' }>
type Failed = Extract<Answer, { kind: 'failed' }>

/** An HTTP answer; a `json` body brings its content type. */
export function answered(
  httpStatus: number,
  { json, ...rest }: Partial<Omit<Answered, 'kind'>> & { readonly json?: unknown } = {},
): Answer {
  const body = json === undefined ? {} : { contentType: 'application/json', body: JSON.stringify(json) }
  return {
    kind: 'answered',
    httpStatus,
    contentType: '',
    retryAfter: null,
    body: '',
    isTruncated: false,
    ...body,
    ...rest,
  }
}

export function unanswered(code: Failed['code'], mayHaveArrived = false): Answer {
  return { kind: 'failed', code, message: `No answer: ${code}`, mayHaveArrived }
}

export const POINTERS = { success: '/success', code: '/errors/0/code', message: '/errors/0/description' }

type Changes = Partial<Omit<JudgeContext, 'rules'>> & Partial<JudgeContext['rules']>

export function context({
  answers = {},
  response = POINTERS,
  conflict = 'accepted',
  ...rest
}: Changes = {}): JudgeContext {
  return {
    attempt: 1,
    isInDoubt: false,
    wasReusedConnection: false,
    hasRunSucceeded: false,
    endedAt: Date.UTC(2026, 10, 22, 10, 0, 0),
    ...rest,
    rules: { answers, response, conflict },
  }
}

export const NOTHING_SAID = { errorCode: null, resultCode: null, resultStatus: null, message: null }
export const SENT: Outcome = { kind: 'sent', alreadyAccepted: false, words: NOTHING_SAID }

/** A retry as the state machines see one. */
export function retryOutcome(
  changes: Partial<Extract<Outcome, { kind: 'retry' }>> = {},
): Extract<Outcome, { kind: 'retry' }> {
  return {
    kind: 'retry',
    cause: 'server_error',
    retryAfterMs: null,
    isInDoubt: false,
    isConnectionIssue: false,
    message: null,
    ...changes,
  }
}

export const CONNECTION_ISSUE = retryOutcome({
  cause: 'connect',
  isConnectionIssue: true,
  message: 'Could not connect: refused',
})
export const TIMEOUT = retryOutcome({ cause: 'timeout', isInDoubt: true, message: 'No answer in time: 10 s' })

export function stopOutcome(
  reason: Extract<Outcome, { kind: 'stop' }>['reason'],
  message: string | null = null,
): Outcome {
  const scope = reason === 'client_error' || reason === 'redirect' ? 'chunk' : 'webhook'
  return { kind: 'stop', scope, reason, words: { ...NOTHING_SAID, message } }
}
