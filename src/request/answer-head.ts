import type { IncomingHttpHeaders } from 'node:http'
import { lastHeader, mediaTypeFrom } from './answer.ts'
import { AnswerFault, notHttp } from './answer-fault.ts'
import { isToken } from './header.ts'

/** Status and headers of an answer, and what they say about its body and its connection. Shared: nobody changes it. */
export interface AnswerHead {
  readonly httpStatus: number
  /** Names in lower case; a name that comes more than once has a list. */
  readonly headers: IncomingHttpHeaders
  readonly contentType: string
  readonly retryAfter: string | null
  /** Bytes of the body; `until-close` when nothing tells its end but the connection's. */
  readonly length: number | 'chunked' | 'until-close'
  readonly isKeptAlive: boolean
  /** For how long the other side says that it waits for another request; null where it says nothing. */
  readonly keepAliveMs: number | null
}

const BEGINNING = 'HTTP/1.'
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** More digits are more bytes than anybody sends, and than JavaScript counts. */
const LENGTH = /^\d{1,15}$/
const CONTRADICTION = 'Answer contradicts itself about its length'

/**
 * Reads the head of an answer line by line.
 *
 * @see RFC 9112 §4 (status line), §5 (headers), §6.3 (length of the body), §9.3 (persistence).
 */
export class HeadReader {
  #httpStatus: number
  #isOld = false
  readonly #headers = Object.create(null) as Record<string, string | string[]>

  /** With a status the status line has been read: what comes are trailers. */
  constructor(httpStatus = 0) {
    this.#httpStatus = httpStatus
  }

  /** A line that is not whole yet: what can't become a status line any more is no answer. */
  checkBeginning(text: string): void {
    if (this.#httpStatus === 0 && !BEGINNING.startsWith(text.slice(0, BEGINNING.length))) throw notThere()
  }

  /** A line without its end. */
  add(line: string): void {
    if (this.#httpStatus === 0) return this.#addStatus(line)
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (!isToken(name))
      throw notHttp(line.startsWith(' ') || line.startsWith('\t') ? 'folded header' : 'odd header name')
    const value = line.slice(colon + 1)
    if (!VALUE.test(value)) throw notHttp('odd character in a header')
    const known = this.#headers[name]
    const trimmed = value.trim()
    if (known === undefined) this.#headers[name] = trimmed
    else if (typeof known === 'string') this.#headers[name] = [known, trimmed]
    else known.push(trimmed)
  }

  #addStatus(line: string): void {
    this.checkBeginning(line)
    const [, minor, status] = STATUS_LINE.exec(line) ?? []
    if (status === undefined) throw notHttp('no status in its first line')
    this.#isOld = minor === '0'
    this.#httpStatus = Number(status)
  }

  finish(): AnswerHead {
    const headers = this.#headers as IncomingHttpHeaders
    const length = this.#length()
    return Object.freeze({
      httpStatus: this.#httpStatus,
      headers: Object.freeze(headers),
      contentType: mediaTypeFrom(lastHeader(headers, 'content-type')),
      retryAfter: lastHeader(headers, 'retry-after'),
      length,
      isKeptAlive: this.#isKeptAlive(length),
      keepAliveMs: this.#keepAliveMs(),
    })
  }

  #length(): AnswerHead['length'] {
    const { 'content-length': length, 'transfer-encoding': encoding } = this.#headers
    if (Array.isArray(length) || (length !== undefined && encoding !== undefined)) throw new AnswerFault(CONTRADICTION)
    if (length !== undefined && !LENGTH.test(length)) throw notHttp('Content-Length is no number')
    if (this.#hasNoBody) return 0
    if (length !== undefined) return Number(length)
    if (encoding === undefined) return 'until-close'
    const codings = wordsOf(encoding)
    const chunked = codings.indexOf('chunked')
    if (chunked !== -1 && chunked < codings.length - 1) throw notHttp('Transfer-Encoding goes on after chunked')
    return chunked === -1 ? 'until-close' : 'chunked'
  }

  /** Interim answers are followed by another head, 204 and 304 by nothing, whatever their headers say. */
  get #hasNoBody(): boolean {
    return this.#httpStatus < 200 || this.#httpStatus === 204 || this.#httpStatus === 304
  }

  #isKeptAlive(length: AnswerHead['length']): boolean {
    const { connection, 'content-length': told = '0', 'transfer-encoding': encoding } = this.#headers
    const words = wordsOf(connection ?? '')
    if (length === 'until-close' || words.includes('close')) return false
    // A body that should not be there may come all the same, and would be the next answer.
    if (this.#hasNoBody && (Number(told) > 0 || encoding !== undefined)) return false
    return this.#isOld ? words.includes('keep-alive') && encoding === undefined : true
  }

  #keepAliveMs(): number | null {
    const seconds = /(?:^|[,;\s])timeout\s*=\s*(\d{1,9})/i.exec(String(this.#headers['keep-alive'] ?? ''))?.[1]
    return seconds === undefined ? null : Number(seconds) * 1000
  }
}

function wordsOf(value: string | readonly string[]): string[] {
  return String(value)
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
}

function notThere(): AnswerFault {
  return notHttp('it does not begin with HTTP/1')
}
