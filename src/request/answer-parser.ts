import { AnswerFault, notHttp } from './answer-fault.ts'
import { HeadReader, type AnswerHead } from './answer-head.ts'

/** Who hears of an answer, piece by piece. */
export interface AnswerListener {
  /** Its first byte is there. */
  onAnswerBegun(): void
  /** The head of an interim answer, or of the final one. */
  onHead(head: AnswerHead): void
  /** `bytes` are overwritten by what comes next. `isWhole`: they are all that there is, and the end follows at once. */
  onBody(bytes: Buffer, isWhole: boolean): void
}

const MAX_HEAD_BYTES = 16_384
const HEAD_END = '\r\n\r\n'
const CR = 0x0d
const LF = 0x0a
const NO_BYTES: Buffer = Buffer.alloc(0)
/** A size with more digits is more than JavaScript counts; what may follow it is RFC 9112 §7.1.1, without its spaces. */
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,13})(?:;[\w!#$%&'*+\-.^`|~]+(?:=(?:[\w!#$%&'*+\-.^`|~]+|"[\t\x20!\x23-\x7e]*"))?)*$/
const CHUNK_SIZE_BEGINNING = /^[0-9A-Fa-f]{0,13}(?:[;\r]|$)/

const FRAMING = /^(?:content-length|transfer-encoding):/i

type Phase = 'idle' | 'head' | 'counted' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers'

/**
 * Reads the answers of one connection, strictly: what could be read in two ways is a fault.
 *
 * - idle: no call is out; whatever comes is nobody's.
 * - head: status line and headers, in one go where all of it is there, else line by line.
 * - counted, until-close, chunk-size, chunk, chunk-end, trailers: the body, as the head said.
 *
 * A head that is the same text as the one before is not read again: answers of a receiver differ in their date.
 *
 * @see RFC 9112 §2.2, §6, §7.1
 */
export class AnswerParser {
  readonly #onEnd: () => void
  #listener: AnswerListener | null = null
  #phase: Phase = 'idle'
  /** What has arrived, and how far it is read. */
  #bytes = NO_BYTES
  #at = 0
  #hasBegun = false
  #head: HeadReader | null = null
  #lastHeadText = ''
  #lastHead: AnswerHead | null = null
  /** A line whose end has not come yet, and what lines have taken since the last piece of a body. */
  #line = ''
  #lineBytes = 0
  /** Bytes left of the body, or of its chunk. */
  #left = 0
  #hasBody = false
  #isKeptAlive = true
  #keepAliveMs: number | null = null

  /** `onEnd` is called when an answer is complete; nothing is read after that until `begin`. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** A request is on its way: the answer is for `listener`. */
  begin(listener: AnswerListener): void {
    this.#listener = listener
    this.#phase = 'head'
    this.#hasBegun = false
    this.#hasBody = false
    this.#lineBytes = 0
  }

  /** Nothing more is told. */
  stop(): void {
    this.#listener = null
  }

  /** After an answer: its connection may carry another call. */
  get isReusable(): boolean {
    return this.#isKeptAlive && this.#at === this.#bytes.length
  }

  /** After an answer: for how long the other side says that it waits; null where it says nothing. */
  get keepAliveMs(): number | null {
    return this.#keepAliveMs
  }

  /** @throws {AnswerFault} when it is no answer, or nobody's. */
  read(bytes: Buffer): void {
    this.#bytes = bytes
    this.#at = 0
    while (this.#at < bytes.length && this.#listener !== null) this.#step(this.#listener)
    this.#bytes = NO_BYTES
    this.#at = 0
  }

  /** The other side has ended the connection; true when that was the end of an answer. */
  close(): boolean {
    if (this.#phase !== 'until-close' || this.#listener === null) return false
    this.#end()
    return true
  }

  #step(listener: AnswerListener): void {
    switch (this.#phase) {
      case 'head':
        return this.#readHead(listener)
      case 'counted':
      case 'chunk':
        return this.#readCounted(listener)
      case 'until-close':
        return this.#tell(listener, this.#bytes.length - this.#at)
      case 'chunk-size':
        return this.#readChunkSize()
      case 'chunk-end':
        return this.#readChunkEnd()
      case 'trailers':
        return this.#readTrailer()
      case 'idle':
        throw new AnswerFault('Answer came to nobody')
    }
  }

  #readHead(listener: AnswerListener): void {
    const bytes = this.#bytes
    if (!this.#hasBegun) {
      // Some servers end a body with one line more than they counted.
      while (this.#at < bytes.length && (bytes[this.#at] === CR || bytes[this.#at] === LF)) this.#at++
      if (this.#at === bytes.length) return
      this.#hasBegun = true
      listener.onAnswerBegun()
      if (this.#listener === null) return
    }
    if (this.#head === null) {
      const text = bytes.toString('latin1', this.#at, Math.min(bytes.length, this.#at + MAX_HEAD_BYTES))
      const end = text.indexOf(HEAD_END)
      if (end !== -1) {
        this.#at += end + HEAD_END.length
        return this.#hear(listener, this.#headFrom(text.slice(0, end)))
      }
      this.#head = new HeadReader()
    }
    const line = this.#takeLine()
    if (line === null) this.#head.checkBeginning(this.#line)
    else if (line !== '') this.#head.add(line)
    else {
      const head = this.#head.finish()
      this.#head = null
      this.#hear(listener, head)
    }
  }

  #headFrom(text: string): AnswerHead {
    if (this.#lastHead === null || text !== this.#lastHeadText) {
      const reader = new HeadReader()
      for (const line of text.split('\r\n')) reader.add(line)
      this.#lastHead = reader.finish()
      this.#lastHeadText = text
    }
    return this.#lastHead
  }

  #hear(listener: AnswerListener, head: AnswerHead): void {
    const { httpStatus, length, isKeptAlive, keepAliveMs } = head
    if (httpStatus === 100) throw new AnswerFault('Answer began with 100 Continue, which was not asked for')
    if (httpStatus === 101) throw new AnswerFault('Answer switches to another protocol (101)')
    this.#isKeptAlive = isKeptAlive
    this.#keepAliveMs = keepAliveMs
    this.#lineBytes = 0
    listener.onHead(head)
    if (this.#listener === null) return
    if (httpStatus >= 100 && httpStatus < 200) {
      if (!isKeptAlive) throw notHttp('an interim answer ends the connection')
      return
    }
    if (length === 'chunked') this.#phase = 'chunk-size'
    else if (length === 'until-close') this.#phase = 'until-close'
    else {
      this.#phase = 'counted'
      this.#left = length
      if (length === 0) this.#end()
    }
  }

  #readCounted(listener: AnswerListener): void {
    const length = Math.min(this.#left, this.#bytes.length - this.#at)
    this.#left -= length
    const isOver = this.#left === 0
    this.#tell(listener, length, isOver && this.#phase === 'counted')
    if (!isOver || this.#listener === null) return
    if (this.#phase === 'counted') this.#end()
    else this.#phase = 'chunk-end'
  }

  #tell(listener: AnswerListener, length: number, isLast = false): void {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    this.#lineBytes = 0
    listener.onBody(bytes, isLast && !this.#hasBody)
    this.#hasBody = true
  }

  #readChunkSize(): void {
    const line = this.#takeLine()
    if (!CHUNK_SIZE_BEGINNING.test(line ?? this.#line)) throw notHttp('chunk size is no number')
    if (line === null) return
    const digits = CHUNK_SIZE.exec(line)?.[1]
    if (digits === undefined) throw notHttp('chunk size is no number')
    this.#left = Number.parseInt(digits, 16)
    this.#phase = this.#left === 0 ? 'trailers' : 'chunk'
  }

  #readChunkEnd(): void {
    const line = this.#takeLine()
    if ((line ?? this.#line.replace('\r', '')) !== '') throw notHttp('chunk is longer than its size')
    if (line !== null) this.#phase = 'chunk-size'
  }

  /** Trailers say nothing that is asked for here; they are headers all the same. */
  #readTrailer(): void {
    const line = this.#takeLine()
    if (line === '') return this.#end()
    if (line === null) return
    if (FRAMING.test(line)) throw notHttp('a trailer tells a length')
    new HeadReader(200).add(line)
  }

  /** The next line without its end; null when its end has not come yet. */
  #takeLine(): string | null {
    const from = this.#at
    const end = this.#bytes.indexOf(LF, from)
    this.#at = end === -1 ? this.#bytes.length : end + 1
    this.#lineBytes += this.#at - from
    if (this.#lineBytes > MAX_HEAD_BYTES) throw new AnswerFault('Answer has more than 16 KiB of headers')
    this.#line += this.#bytes.toString('latin1', from, this.#at)
    if (end === -1) return null
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) throw notHttp('a line ends without CR')
    return line.slice(0, -2)
  }

  #end(): void {
    this.#phase = 'idle'
    this.#listener = null
    this.#onEnd()
  }
}
