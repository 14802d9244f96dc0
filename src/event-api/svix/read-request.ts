import type { Context } from 'hono'
import type { z } from 'zod'
import { Failure, type Mistake } from './failure.ts'

/** A payload of 1 MiB written as JSON in JSON, with what stands around it. */
const MOST_BODY_BYTES = 4 * 1024 ** 2

const [QUOTE, BACKSLASH, BRACE, BRACKET, END_OF_BRACE, END_OF_BRACKET] = [0x22, 0x5c, 0x7b, 0x5b, 0x7d, 0x5d]

/** @throws {Failure} 413 */
export async function readBytes(context: Context): Promise<Buffer> {
  const length = context.req.header('Content-Length')
  if (Number(length) > MOST_BODY_BYTES) throw tooLarge()
  // No more than it says can come. A stream of the web's kind costs thrice the time, and what is made for it lives until all
  // of the heap is collected, with threads that leave no core to those who wait.
  if (length !== undefined) return Buffer.from(await context.req.raw.arrayBuffer())
  const { body } = context.req.raw
  if (body === null) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > MOST_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(): Failure {
  const detail = `expected the body to be at most ${MOST_BODY_BYTES} bytes, got more`
  return new Failure(413, { code: 'payload_too_large', detail })
}

/** @throws {Failure} 422 with each place that is wrong; unknown keys are left out, as Svix leaves them. */
export function checkBody<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  return checkValue(schema, { value: bytes.byteLength === 0 ? {} : parsed(bytes), place: 'body' })
}

/** @throws {Failure} 422 */
export function readQuery<T>(schema: z.ZodType<T>, context: Context): T {
  return checkValue(schema, { value: context.req.query(), place: 'query' })
}

/** Of a body: whoever writes it as JSON again, ours or a receiver, goes down as deep. */
const DEEPEST = 500

function parsed(bytes: Uint8Array): unknown {
  if (isDeeper(bytes, DEEPEST)) {
    const msg = `expected JSON of at most ${DEEPEST} levels, got more`
    throw new Failure(422, { code: 'validation', detail: [{ loc: ['body'], msg, type: 'value_error' }] })
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const mistake = { loc: ['body'], msg: 'expected JSON in UTF-8, got something else', type: 'value_error.jsondecode' }
    throw new Failure(422, { code: 'validation', detail: [mistake], cause })
  }
}

/** Counts the brackets that are open; those in texts are none. */
function isDeeper(bytes: Uint8Array, levels: number): boolean {
  let depth = 0
  let isText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) isText = !isText
    else if (isText) at += byte === BACKSLASH ? 1 : 0
    else if (byte === BRACE || byte === BRACKET) {
      if (++depth > levels) return true
    } else if (byte === END_OF_BRACE || byte === END_OF_BRACKET) depth--
  }
  return false
}

/** @throws {Failure} 422 with each place that is wrong */
export function checkValue<T>(
  schema: z.ZodType<T>,
  { value, place }: { readonly value: unknown; readonly place: 'body' | 'query' },
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const mistakes = result.error.issues.map(({ path, message }): Mistake => ({
    loc: [place, ...path.map(String)],
    msg: message,
    type: 'value_error',
  }))
  throw new Failure(422, { code: 'validation', detail: mistakes })
}
