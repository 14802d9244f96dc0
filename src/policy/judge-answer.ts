import type { AnswerMeaning, ResponsePointers } from '../campaign/campaign.ts'
import type { Answer, Outcome, ReceiverWords } from '../campaign/outcome.ts'
import { valueAt } from './json-pointer.ts'
import { NO_WORDS, isJson, parseBody, wordsOfErrors, wordsOfRefusal, wordsOfSuccess } from './receiver-words.ts'
import { parseRetryAfter } from './retry-schedule.ts'

export interface JudgeRules {
  /** Meanings by status that replace the table's. */
  readonly answers: Readonly<Record<string, AnswerMeaning>>
  readonly response: ResponsePointers
  /** What a 409 to a send in doubt is. */
  readonly conflict: 'accepted' | 'failed'
}

/** What else the meaning of an answer hangs on. */
export interface JudgeContext {
  /** 1-based. */
  readonly attempt: number
  /** An earlier send of this request ended without an answer, or the instant second try happened. */
  readonly isInDoubt: boolean
  readonly wasReusedConnection: boolean
  /** As far as the caller knows; `StopRules.settle` has the last word. */
  readonly hasRunSucceeded: boolean
  /** When the answer was complete, epoch ms: a `Retry-After` date is counted from here. */
  readonly endedAt: number
  readonly rules: JudgeRules
}

type Answered = Extract<Answer, { kind: 'answered' }>
type Failed = Extract<Answer, { kind: 'failed' }>
type Retry = Extract<Outcome, { kind: 'retry' }>

const SENT: Outcome = Object.freeze({ kind: 'sent', alreadyAccepted: false, words: NO_WORDS })
const ALREADY_ACCEPTED: Outcome = Object.freeze({
  kind: 'sent',
  alreadyAccepted: true,
  words: Object.freeze({ ...NO_WORDS, message: 'already accepted' }),
})

/** Of all 4xx these say that the request itself is wrong, for everyone: the contract stops the webhook on them. */
const HARD_STOPS: ReadonlySet<number> = new Set([400, 404, 410, 412, 413, 418])

/**
 * Says what one answer means for its delivery and for everything after it.
 *
 * The whole table stands in README.md, and is tested against this function. `answers` of the campaign wins
 * over every row of it, a 409 in doubt included. A `stop` by `tls` holds only while no call of the run has succeeded.
 *
 * @see RFC 9110 §15; campaign rules, "Outcomes of one attempt".
 */
export function judgeAnswer(answer: Answer, context: JudgeContext): Outcome {
  if (answer.kind === 'failed') return judgeFailure(answer, context)
  const meaning = context.rules.answers[answer.httpStatus]
  return meaning === undefined ? judgeStatus(answer, context) : MEANINGS[meaning](answer, context)
}

function judgeStatus(answer: Answered, context: JudgeContext): Outcome {
  const status = answer.httpStatus
  if (status >= 200 && status < 300) return judgeSuccess(answer, context)
  if (status === 409) return judgeConflict(answer, context)
  if (status === 429) return retry('pressure', answer, context)
  if (status === 408 && context.wasReusedConnection) {
    // Servers and balancers say 408 as they close an idle connection: it is about the connection (RFC 9110 §15.5.9).
    return { ...retry('stale_connection', answer, context), isConnectionIssue: true }
  }
  if (status >= 500 && status < 600) return retry('server_error', answer, context)
  if (status >= 400 && status < 500) {
    return HARD_STOPS.has(status)
      ? stop('hard_stop', wordsOf(answer, context))
      : stop('client_error', wordsOf(answer, context))
  }
  if (status >= 300 && status < 400) {
    const words = wordsOf(answer, context)
    return stop('redirect', { ...words, message: words.message ?? `Redirect not followed: ${status}` })
  }
  const message = `Answer has no HTTP status: ${status}`
  return { ...retry('invalid_response', answer, context), isInDoubt: true, message }
}

function judgeSuccess(answer: Answered, context: JudgeContext): Outcome {
  if (!isJson(answer.contentType) || !couldSayMore(answer.body)) return SENT
  const document = parseBody(answer)
  if (document === undefined) return SENT
  if (valueAt(document, context.rules.response.success) === false) {
    return { kind: 'refused', reason: 'refused', words: wordsOfErrors(document, context.rules.response) }
  }
  const words = wordsOfSuccess(document)
  return words === NO_WORDS ? SENT : { kind: 'sent', alreadyAccepted: false, words }
}

/** Without these characters a body can neither hold `false` nor a member `result`, however it is written: no need to parse. */
function couldSayMore(body: string): boolean {
  return body.includes('false') || body.includes('result') || body.includes('\\')
}

function judgeConflict(answer: Answered, context: JudgeContext): Outcome {
  if (context.isInDoubt && context.rules.conflict === 'accepted') {
    const stillRunning = retry('in_progress', answer, context)
    return stillRunning.retryAfterMs === null ? ALREADY_ACCEPTED : stillRunning
  }
  if (!context.isInDoubt && context.attempt === 1) return stop('client_error', wordsOf(answer, context))
  return { kind: 'refused', reason: 'conflict', words: wordsOf(answer, context) }
}

/** What the campaign's `answers` can make of a status. */
const MEANINGS: Readonly<Record<AnswerMeaning, (answer: Answered, context: JudgeContext) => Outcome>> = {
  sent: (answer) => ({ kind: 'sent', alreadyAccepted: false, words: wordsOfSuccess(parseBody(answer)) }),
  failed: (answer, context) => ({ kind: 'refused', reason: 'refused', words: wordsOf(answer, context) }),
  retry: (answer, context) => retry('overridden', answer, context),
  chunk: (answer, context) => stop('client_error', wordsOf(answer, context)),
  webhook: (answer, context) => stop('hard_stop', wordsOf(answer, context)),
}

function judgeFailure(answer: Failed, context: JudgeContext): Outcome {
  const { code, message, mayHaveArrived } = answer
  if (code === 'local') return { kind: 'local', message }
  if (code === 'blocked' || code === 'proxy') return stop(code, { ...NO_WORDS, message })
  if (code === 'tls' && !context.hasRunSucceeded) return stop('tls', { ...NO_WORDS, message })
  return {
    kind: 'retry',
    cause: code,
    retryAfterMs: null,
    isInDoubt: context.isInDoubt || mayHaveArrived,
    // Time that ran out before anything left was spent on connecting; waiting for an answer is no connection issue.
    isConnectionIssue: code === 'timeout' ? !mayHaveArrived : code !== 'invalid_response',
    message,
  }
}

function retry(cause: Retry['cause'], answer: Answered, context: JudgeContext): Retry {
  return {
    kind: 'retry',
    cause,
    retryAfterMs: answer.retryAfter === null ? null : parseRetryAfter(answer.retryAfter, context.endedAt),
    isInDoubt: context.isInDoubt,
    isConnectionIssue: false,
    message: wordsOf(answer, context).message,
  }
}

type Stop = Extract<Outcome, { kind: 'stop' }>

/** A redirect counts as a client error; the rest of what is wrong with the way to the receiver stops everyone. */
function stop(reason: Stop['reason'], words: ReceiverWords): Stop {
  return {
    kind: 'stop',
    scope: reason === 'client_error' || reason === 'redirect' ? 'chunk' : 'webhook',
    reason,
    words,
  }
}

function wordsOf(answer: Answered, context: JudgeContext): ReceiverWords {
  return wordsOfRefusal(answer, context.rules.response)
}
