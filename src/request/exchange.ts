import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Answer } from '../campaign/outcome.ts'
import { decodeBody, decodeBytes, lastHeader, mediaTypeFrom } from './answer.ts'
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

export interface ExchangeParts {
  readonly connection: Connection
  readonly call: Call
  readonly onResult: (result: CallResult) => void
  readonly startedAt: number
}

/**
 * One call: at most two tries on one connection, under one deadline. It is the handler that undici calls.
 *
 * - waiting: dispatched; the connection is being made, or looked at before it is used again. Nothing has left.
 * - sent: bytes may have left. Whatever happens from here on may have reached the receiver.
 * - settled: the result is given out; what undici says from here on is not heard.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #settings: ExchangeSettings
  readonly connection: Connection
  readonly #call: Call
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
  #httpStatus = 0
  #headers = NO_HEADERS
  readonly #chunks: Buffer[] = []
  #bodyBytes = 0
  #refusal: string | null = null

  constructor(settings: ExchangeSettings, parts: ExchangeParts) {
    this.#settings = settings
    this.connection = parts.connection
    this.#call = parts.call
    this.#onResult = parts.onResult
    this.startedAt = parts.startedAt
  }

  /** @throws {RangeError} when undici refuses the request as malformed; nothing was sent then. */
  start(): void {
    this.#dispatch()
    if (this.#refusal === null) return
    this.#leave()
    throw new RangeError(`expected \`call\` to be a request that can be sent, got ${this.#refusal}`)
  }

  /** Ends the call as our own trouble, because its client is being closed. */
  giveUp(): void {
    this.#fail(new CallFailure('local', `Call was given up, its client is closing: ${this.#settings.target.origin}`))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'settled') return controller.abort(new Error('settled'))
    this.#phase = 'sent'
    this.#mayHaveArrived = true
    this.#isReused = this.connection.uses > 0
    this.connection.uses++
  }

  onResponseStarted(): void {
    this.#hasAnswerBytes = true
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    httpStatus: number,
    headers: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2],
  ): void {
    if (this.#phase === 'settled') return
    if (httpStatus >= 100 && httpStatus < 200) {
      this.#interimAnswers++
      if (this.#interimAnswers > MAX_INTERIM_ANSWERS) this.#refuseAnswer('Answer has more than 10 interim answers')
      return
    }
    if (httpStatus < 100 || httpStatus > 599) {
      return this.#refuseAnswer(`Answer has a status that HTTP does not know (${httpStatus})`)
    }
    this.#httpStatus = httpStatus
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === 'settled') return
    const room = this.#settings.maxAnswerBytes - this.#bodyBytes
    this.#bodyBytes += chunk.length
    if (chunk.length <= room) return void this.#chunks.push(chunk)
    if (room > 0) this.#chunks.push(chunk.subarray(0, room))
    // The rest may be endless: the connection goes, the status stays.
    this.#drop()
    this.#settle(this.#answered(true))
  }

  onResponseEnd(): void {
    if (this.#phase !== 'settled') this.#settle(this.#answered(false))
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#phase === 'settled') return
    if (isRefusal(error)) {
      this.#refusal = error.message
      return
    }
    const wasReusedConnection = this.#phase === 'sent' ? this.#isReused : this.connection.uses > 0
    const { origin, isTls } = this.#settings.target
    const hasAnswerBytes = this.#hasAnswerBytes
    const failure = brokenFailure(this.connection.socketError ?? error, {
      origin,
      isTls,
      wasReusedConnection,
      hasAnswerBytes,
    })
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
    this.#dispatch()
  }

  #dispatch(): void {
    const { path, method, headers, body } = this.#call
    // undici reads the list and keeps its own.
    this.connection.dispatch({ path, method, headers: headers as string[], body }, this)
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

  /** Settled first: undici tells the end of what it drops, and that end is not this call's. */
  #drop(): void {
    this.#phase = 'settled'
    this.connection.discard()
  }

  #answered(isTruncated: boolean): Answer {
    return {
      kind: 'answered',
      httpStatus: this.#httpStatus,
      contentType: mediaTypeFrom(lastHeader(this.#headers, 'content-type')),
      retryAfter: lastHeader(this.#headers, 'retry-after'),
      body: (this.#settings.isBase64Kept ? decodeBytes : decodeBody)(this.#chunks, isTruncated),
      isTruncated,
    }
  }

  /** Gives the connection back first: the caller may start its next call from inside `onResult`. */
  #settle(answer: Answer): void {
    this.#leave()
    const result: CallResult = {
      answer,
      headers: answer.kind === 'answered' ? this.#headers : NO_HEADERS,
      latencyMs: this.#settings.now() - this.startedAt,
      hadInstantRetry: this.#hadInstantRetry,
      wasReusedConnection: this.#isReused,
    }
    try {
      this.#onResult(result)
    } catch (error) {
      // undici would swallow it: a defect in the caller has to end the process as any other does.
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

/** undici refuses a malformed request before it looks for a connection. */
function isRefusal(error: Error & { readonly code?: string }): boolean {
  return error.code === 'UND_ERR_INVALID_ARG' || error.code === 'UND_ERR_NOT_SUPPORTED'
}
