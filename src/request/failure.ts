import type { Answer } from '../campaign/outcome.ts'
import type { Target } from './url.ts'

export type CallFailureCode = Extract<Answer, { readonly kind: 'failed' }>['code']

/** Why there is no answer. Carried as an error through undici, and given out as a value: it is never thrown to a caller. */
export class CallFailure extends Error {
  readonly failure: CallFailureCode

  constructor(failure: CallFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CallFailure'
    this.failure = failure
  }
}

/** How far a connection had come when it failed. */
export type Stage = 'dns' | 'proxy' | 'tcp' | 'tls'

interface OddError extends Error {
  readonly code?: string
  readonly errors?: readonly OddError[]
  readonly syscall?: string
}

const LOCAL = new Map([
  ['EMFILE', 'No file descriptor is free in this process'],
  ['ENFILE', 'No file descriptor is free on this machine'],
  ['EADDRNOTAVAIL', 'No local address or port is free'],
  // A connection that is bound to an address of a pool meets it where another meets EADDRNOTAVAIL.
  ['EADDRINUSE', 'No local port is free'],
  ['ENOMEM', 'Memory ran out'],
  ['ENOBUFS', 'Memory for sockets ran out'],
  ['EAI_MEMORY', 'Memory ran out'],
])

const REFUSED = new Map([
  ['ECONNREFUSED', 'Connection was refused'],
  ['ECONNRESET', 'Connection was reset while it was made'],
  ['ETIMEDOUT', 'Connection was not answered'],
  ['EHOSTUNREACH', 'Host is unreachable'],
  ['ENETUNREACH', 'Network is unreachable'],
])

const UNKNOWN_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME'])

/** With several addresses Node gives one error that holds one for each. */
function codesOf(error: OddError): readonly string[] {
  return [error, ...(error.errors ?? [])].flatMap(({ code }) => (code === undefined ? [] : [code]))
}

/** Tells our own trouble (no file descriptor, no port, no memory) from everything that lies outside; null for the latter. */
export function localFailure(error: Error): CallFailure | null {
  const code = codesOf(error).find((code) => LOCAL.has(code))
  return code === undefined ? null : new CallFailure('local', `${LOCAL.get(code)}: ${code}`, { cause: error })
}

export function nameFailure(error: Error, hostname: string): CallFailure {
  const [code = error.name] = codesOf(error)
  const phrase = UNKNOWN_NAME.has(code) ? 'Name was not found' : `Name could not be looked up (${code})`
  return localFailure(error) ?? new CallFailure('dns', `${phrase}: ${hostname}`, { cause: error })
}

/** A connection that was never made: nothing of the request has left. */
export function connectFailure(error: Error, target: Target): CallFailure {
  const [code = error.name] = codesOf(error)
  const phrase = REFUSED.get(code) ?? `Connection could not be made (${code})`
  return localFailure(error) ?? new CallFailure('connect', `${phrase}: ${target.origin}`, { cause: error })
}

export function lateConnectFailure(stage: Stage, timeoutMs: number, target: Target): CallFailure {
  const span = formatSpan(timeoutMs)
  if (stage === 'dns') return new CallFailure('dns', `Name was not resolved within ${span}: ${target.hostname}`)
  const phrase = LATE_PHRASES[stage]
  return new CallFailure('connect', `${phrase} within ${span}: ${target.origin}`)
}

const LATE_PHRASES = {
  proxy: 'Egress proxy made no connection',
  tcp: 'Connection was not made',
  tls: 'TLS handshake did not end',
}

/** The way to the egress proxy failed: it may be back in a moment, as a receiver may. */
export function proxyLostFailure(error: Error, proxy: Target): CallFailure {
  const [code = error.name] = codesOf(error)
  const message = `Egress proxy cannot be reached (${code}): ${proxy.origin}`
  return localFailure(error) ?? new CallFailure('connect', message, { cause: error })
}

export function proxyClosedFailure(proxy: Target): CallFailure {
  return new CallFailure('connect', `Egress proxy closed the connection without an answer: ${proxy.origin}`)
}

/** The egress proxy does not do what it is asked: the operator has to mend something. */
export function proxyRefusal(reason: string, proxy: Target): CallFailure {
  return new CallFailure('proxy', `Egress proxy refuses, ${reason}: ${proxy.origin}`)
}

/** No address of a pool can reach any address of the receiver. */
export function familyFailure(family: 4 | 6, target: Target): CallFailure {
  const [pool, wanted] = family === 4 ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']
  return new CallFailure(
    'local',
    `Egress pool has ${pool} addresses only, where the receiver has ${wanted} only: ${target.origin}`,
  )
}

/** What is known of a try at the moment its connection fails. */
export interface BrokenTry {
  readonly origin: string
  readonly isTls: boolean
  readonly wasReusedConnection: boolean
  readonly hasAnswerBytes: boolean
}

/**
 * Classifies a connection that broke after the request began to leave.
 *
 * A reset is a connection issue whenever it comes; a clean end or nonsense after the first answer byte is a broken answer.
 */
export function brokenFailure(error: OddError, broken: BrokenTry): CallFailure {
  if (error instanceof CallFailure) return error
  const local = localFailure(error)
  if (local !== null) return local
  const answer = answerFailure(error, broken)
  if (answer !== null) return new CallFailure('invalid_response', `${answer}: ${broken.origin}`, { cause: error })
  if (isTlsAlert(error) && !broken.wasReusedConnection && !broken.hasAnswerBytes) {
    const phrase = error.code?.includes('CERTIFICATE_REQUIRED')
      ? 'Server wants a client certificate'
      : `TLS failed (${error.code})`
    return new CallFailure('tls', `${phrase}: ${broken.origin}`, { cause: error })
  }
  return new CallFailure('reset', `${resetPhrase(error, broken)}: ${broken.origin}`, { cause: error })
}

function resetPhrase(error: OddError, broken: BrokenTry): string {
  if (broken.hasAnswerBytes) return 'Connection was lost in the middle of the answer'
  if (error.code !== 'UND_ERR_SOCKET') return `Connection was lost before an answer (${error.code ?? error.name})`
  const hint = broken.isTls && !broken.wasReusedConnection ? ' (the server may want a client certificate)' : ''
  return `Connection was closed without an answer${hint}`
}

function isTlsAlert(error: OddError): boolean {
  return error.code?.startsWith('ERR_SSL_') === true || error.code === 'EPROTO'
}

/** undici's own errors, by what they say about the answer; null when the answer is not at fault. */
function answerFailure(error: OddError, broken: BrokenTry): string | null {
  // `HTTPParserError` has no dependable code (undici 8.12.4): the name tells it.
  if (error.name === 'HTTPParserError') return parserPhrase(error)
  if (error.code === 'UND_ERR_HEADERS_OVERFLOW') return 'Answer has more than 16 KiB of headers'
  if (error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'Answer contradicts itself about its length'
  if (error.message === 'bad response') return 'Answer began with 100 Continue, which was not asked for'
  if (error.message === 'bad upgrade') return 'Answer switches to another protocol (101)'
  if (!broken.hasAnswerBytes || isSocketError(error)) return null
  return error.code === 'UND_ERR_SOCKET' ? 'Answer broke off before its end' : 'Answer is not HTTP/1.1'
}

function isSocketError(error: OddError): boolean {
  return error.syscall !== undefined || error.code === 'ECONNRESET' || isTlsAlert(error)
}

function parserPhrase(error: OddError): string {
  const reason = /\(([\w ,/'-]{1,80})\)$/.exec(error.message)?.[1]
  return reason === undefined ? 'Answer is not HTTP/1.1' : `Answer is not HTTP/1.1 (${reason})`
}

/** Prints a span as the campaign file writes it: `10 s`, `300 ms`. */
export function formatSpan(ms: number): string {
  return ms >= 1000 && ms % 100 === 0 ? `${ms / 1000} s` : `${ms} ms`
}
