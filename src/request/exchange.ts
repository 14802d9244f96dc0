import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from '../campaign/outcome.ts'
import { decodeBody, decodeBytes } from './answer.ts'
import type { AnswerHead } from './answer-head.ts'
import type { AnswerListener } from './answer-parser.ts'
import type { Connection } from './connection.ts'
import { brokenFailure, CallFailure, formatSpan, lateConnectFailure } from './failure.ts'
import type { Target } from './url.ts'

/** One HTTP request; the origin is the client's. */
export interface Call {
  /** Path and query, percent-encoded; begins with `/`. */
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Flat: name, value, name, value… Host, Content-Length and Connection are set by the client. */
  readonly headers: readonly string[]
  readonly body: string | Uint8Array | null
}

export interface CallResult {
  readonly answer: Answer
  /** Of the final answer, names in lower case; empty when none came. */
  readonly headers: IncomingHttpHeaders
  /** From `call()` to the last byte or the failure, over both tries. */
  readonly latencyMs: number
  /** The request was sent a second time at once, because a reused connection broke: an earlier send is in doubt. */
  readonly hadInstantRetry: boolean
  /** The connection had carried a call before: its 408 means that it stood idle too long. */
  readonly wasReusedConnection: boolean
}

export interface ExchangeSettings {
  readonly target: Target
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  readonly isBase64Kept: boolean
  readonly isSingleTry: boolean
  readonly now: () => number
  readonly onSettled: (exchange: Exchange) => void
}

const MAX_INTERIM_ANSWERS = 10
const INSTANT_RETRY_MS = 1_000
const NO_HEADERS: IncomingHttpHeaders = Object.freeze({})
const NO_CHUNKS: Buffer[] = []

export interface ExchangeParts {
  readonly connection: Connection
  readonly call: Call
  /** Its request line and headers as they are sent. */
  readonly head: string
  readonly onResult: (result: CallResult) => void
  readonly startedAt: number
}

/**
 * One call: at most two tries on one connection, under one deadline.
 *
 * - waiting: the connection is being made, or looked at before it is used again. Nothing has left.
 * - sent: bytes may have left. Whatever happens from here on may have reached the receiver.
 * - settled: the result is given out.
 */
export class Exchange implements AnswerListener {
  readonly #settings: ExchangeSettings
  readonly connection: Connection
  readonly #call: Call
  readonly head: string
  readonly #onResult: (result: CallResult) => void
  readonly startedAt: number
  /** Its neighbours in `CallsInFlight`. */
  before: Exchange | null = null
  after: Exchange | null = null
  #phase: 'waiting' | 'sent' | 'settled' = 'waiting'
  /** Over both tries, where the phase is that of the last one. */
  #mayHaveArrived = false
  #isReused = false
  #hadInstantRetry = false
  #hasAnswerBytes = false
  #interimAnswers = 0
  #answerHead: AnswerHead | null = null
  /** The body: its text where it came in one piece, else its pieces. */
  #text: string | null = null
  #chunks: Buffer[] = NO_CHUNKS
  #bodyBytes = 0

  constructor(settings: ExchangeSettings, parts: ExchangeParts) {
    this.#settings = settings
    this.connection = parts.connection
    this.#call = parts.call
    this.head = parts.head
    this.#onResult = parts.onResult
    this.startedAt = parts.startedAt
  }

  get body(): Call['body'] {
    return this.#call.body
  }

  /** What follows on its connection is sure to be read as a request: some servers read no body where none is usual. */
  get isRepeatable(): boolean {
    return this.#call.method !== 'DELETE' || this.#call.body === null
  }

  start(): void {
    this.connection.carry(this)
  }

  /** Ends the call as our own trouble, because its client is being closed. */
  giveUp(): void {
    this.#fail(new CallFailure('local', `Call was given up, its client is closing: ${this.#settings.target.origin}`))
  }

  onSent(): void {
    this.#phase = 'sent'
    this.#mayHaveArrived = true
    this.#isReused = this.connection.uses > 0
    this.connection.uses++
  }

  onAnswerBegun(): void {
    this.#hasAnswerBytes = true
  }

  onHead(head: AnswerHead): void {
    const { httpStatus } = head
    if (httpStatus >= 100 && httpStatus < 200) {
      this.#interimAnswers++
      if (this.#interimAnswers > MAX_INTERIM_ANSWERS) this.#refuseAnswer('Answer has more than 10 interim answers')
    } else if (httpStatus < 100 || httpStatus > 599) {
      this.#refuseAnswer(`Answer has a status that HTTP does not know (${httpStatus})`)
    } else {
      this.#answerHead = head
    }
  }

  onBody(bytes: Buffer, isWhole: boolean): void {
    const room = this.#settings.maxAnswerBytes - this.#bodyBytes
    if (isWhole && bytes.length <= room) {
      this.#text = this.#decode([bytes], false)
      return
    }
    this.#bodyBytes += bytes.length
    if (this.#chunks === NO_CHUNKS) this.#chunks = []
    if (room > 0) this.#chunks.push(Buffer.from(bytes.subarray(0, room)))
    if (bytes.length <= room) return
    // The rest may be endless: the connection goes, the status stays.
    this.#drop()
    this.#settle(this.#answered(true))
  }

  onEnd(): void {
    this.#settle(this.#answered(false))
  }

  onBroken(error: Error): void {
    const wasReusedConnection = this.#phase === 'sent' ? this.#isReused : this.connection.uses > 0
    const { origin, isTls } = this.#settings.target
    const hasAnswerBytes = this.#hasAnswerBytes
    const failure = brokenFailure(error, { origin, isTls, wasReusedConnection, hasAnswerBytes })
    const isIdleLoss = failure.failure === 'reset' && wasReusedConnection && !hasAnswerBytes
    const mayTryAgain = isIdleLoss && !(this.#settings.isSingleTry && this.#mayHaveArrived)
    if (mayTryAgain && this.#settings.now() - this.startedAt < INSTANT_RETRY_MS) this.#tryAgain()
    else this.#fail(failure)
  }

  /** An idle connection can be closed under a request at any time (RFC 9112 §9.3.1): a fresh one decides. */
  #tryAgain(): void {
    this.connection.discard()
    this.#hadInstantRetry = this.#mayHaveArrived
    this.#phase = 'waiting'
    this.#isReused = false
    this.connection.carry(this)
  }

  /** Its time is up. */
  expire(): void {
    if (this.#phase === 'settled') return
    const { timeoutMs, target } = this.#settings
    const late = `No complete answer within ${formatSpan(timeoutMs)}: ${target.origin}`
    if (this.#phase === 'sent') return this.#fail(new CallFailure('timeout', late))
    const { opening } = this.connection
    this.#fail(opening?.lateFailure(timeoutMs) ?? lateConnectFailure('tcp', timeoutMs, target))
  }

  #refuseAnswer(phrase: string): void {
    this.#fail(new CallFailure('invalid_response', `${phrase}: ${this.#settings.target.origin}`))
  }

  #fail({ failure, message }: CallFailure): void {
    this.#drop()
    this.#settle({ kind: 'failed', code: failure, message, mayHaveArrived: this.#mayHaveArrived })
  }

  #drop(): void {
    this.#phase = 'settled'
    this.connection.discard()
  }

  #answered(isTruncated: boolean): Answer {
    const { httpStatus, contentType, retryAfter } = this.#answerHead!
    const body = this.#text ?? this.#decode(this.#chunks, isTruncated)
    return { kind: 'answered', httpStatus, contentType, retryAfter, body, isTruncated }
  }

  #decode(chunks: readonly Buffer[], isCut: boolean): string {
    return (this.#settings.isBase64Kept ? decodeBytes : decodeBody)(chunks, isCut)
  }

  /** Gives the connection back first: the caller may start its next call from inside `onResult`. */
  #settle(answer: Answer): void {
    this.#leave()
    const result: CallResult = {
      answer,
      headers: answer.kind === 'answered' ? this.#answerHead!.headers : NO_HEADERS,
      latencyMs: this.#settings.now() - this.startedAt,
      hadInstantRetry: this.#hadInstantRetry,
      wasReusedConnection: this.#isReused,
    }
    try {
      this.#onResult(result)
    } catch (error) {
      // A defect in the caller ends the process as any other does, whatever of the connection is still to be done.
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #leave(): void {
    this.#phase = 'settled'
    this.#settings.onSettled(this)
  }
}
