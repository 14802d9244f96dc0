import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { busy, CODES, Refusal } from './answer.ts'
import type { BodyFormat } from './route.ts'

/** Bytes of bodies held at once, over all requests: above it the next one is turned away with a 503. */
const HELD_LIMIT_BYTES = 256 * 1024 * 1024

const TYPES: Readonly<Record<BodyFormat, RegExp>> = {
  json: /^application\/(?:[\w.+-]+\+)?json *(?:; *charset=("?)utf-8\1 *)?$/i,
  xml: /^(?:text\/|application\/(?:[\w.+-]+\+)?)xml *(?:; *charset=("?)utf-8\1 *)?$/i,
}

/** Reads request bodies within bounds: each at most its route's limit, all together at most 256 MiB. */
export class BodyReader {
  #heldBytes = 0

  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * The raw bytes, or an empty buffer where there is no body.
   *
   * The limit is checked against Content-Length before a byte is read, and while reading for chunked bodies.
   * @throws {Refusal} 415 when it is not announced as what the route takes, 413 over the limit, 503 when too much is held already.
   */
  async read(incoming: IncomingMessage, limitBytes: number, format: BodyFormat = 'json'): Promise<Buffer> {
    const { 'content-length': length, 'content-type': type, 'transfer-encoding': chunked } = incoming.headers
    const announced = length === undefined ? 0 : Number(length)
    if (announced === 0 && chunked === undefined) return Buffer.alloc(0)
    if (announced > limitBytes) throw tooLarge(limitBytes)
    const wanted = `application/${format}`
    if (type !== wanted && !TYPES[format].test(type ?? '')) {
      throw unsupported(`Content-Type has to be ${wanted} in UTF-8.`, { Accept: wanted })
    }
    if (incoming.headers['content-encoding'] !== undefined) {
      throw unsupported('A compressed body is not accepted.', { 'Accept-Encoding': 'identity' })
    }
    const held = chunked === undefined ? announced : limitBytes
    if (this.#heldBytes + held > HELD_LIMIT_BYTES) throw busy(503, 'Too much is being received at the moment.')
    this.#heldBytes += held
    try {
      return await collect(incoming, limitBytes)
    } finally {
      this.#heldBytes -= held
    }
  }
}

/** @throws {Refusal} 400: a body that is not JSON is the campaign's fault, so the sender had better stop. */
export function parseJson(raw: Buffer): unknown {
  if (!isUtf8(raw)) throw new Refusal(400, { code: CODES.bodyEncoding, description: 'The body is not UTF-8.' })
  try {
    return JSON.parse(raw.toString('utf8')) as unknown
  } catch {
    throw new Refusal(400, { code: CODES.brokenBody, description: 'The body is not JSON.' })
  }
}

function collect(incoming: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limitBytes) reject(tooLarge(limitBytes))
      else chunks.push(chunk)
    })
    incoming.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    // The sender is gone and hears no answer; the log and the numbers are to tell that this was no crash.
    const onCutOff = (): void =>
      reject(new Refusal(400, { code: CODES.brokenBody, description: 'The body ended too early.' }))
    incoming.on('error', onCutOff)
    incoming.on('close', () => {
      if (!incoming.readableEnded) onCutOff()
    })
  })
}

function tooLarge(limitBytes: number): Refusal {
  return new Refusal(413, { code: CODES.tooLarge, description: `The body is over ${limitBytes} bytes.` })
}

function unsupported(description: string, headers: Readonly<Record<string, string>>): Refusal {
  return new Refusal(415, { code: CODES.mediaType, description }, headers)
}
