import { createHash } from 'node:crypto'
import type { ReadableStream } from 'node:stream/web'
import type { Context } from 'hono'
import { z } from 'zod'
import { nearestName } from '../campaign/nearest-name.ts'
import { ApiError } from '../errors.ts'
import type { Operation } from './operation.ts'
import type { ApiServices } from './services.ts'
import { tooLarge, type Upload } from './uploads.ts'

/** What people and programs write by hand; audiences are uploads, which have a limit of their own. */
const MOST_BODY_BYTES = 1_048_576

export interface ReadBody {
  readonly body: unknown
  readonly upload: Upload | null
  /** SHA-256 of what came, in hex. */
  readonly digest: string
}

/** @throws {ApiError} HOOKCAST_API_UNKNOWN, when no thing can be called that. */
export function readParams({ params }: Operation, { req }: Context, given: unknown = req.param()): unknown {
  const result = params.safeParse(given)
  if (result.success) return result.data
  throw new ApiError('HOOKCAST_API_UNKNOWN', `No such thing: ${JSON.stringify(req.path)}`, { status: 404 })
}

/** @throws {ApiError} HOOKCAST_API_REQUEST, with each parameter that is wrong. */
export function readQuery(operation: Operation, context: Context): unknown {
  return checked(operation.query, context.req.query(), 'query')
}

/** @throws {ApiError} HOOKCAST_API_REQUEST, with each place that is wrong. */
export async function readBody(operation: Operation, context: Context, services: ApiServices): Promise<ReadBody> {
  const mediaType = mediaTypeOf(context)
  const format = operation.uploads?.[mediaType]
  const stream = format === undefined ? null : (context.req.raw.body as ReadableStream<Uint8Array> | null)
  if (format !== undefined && stream !== null) {
    const isGzip = isGzipped(context)
    const upload = await services.uploads.take(stream, { format, isGzip, now: services.clock.now() })
    return { body: checked(operation.body ?? z.undefined(), {}, 'body'), upload, digest: upload.digest }
  }
  const bytes = await readAll(context)
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (operation.body === null) return { body: undefined, upload: null, digest }
  if (bytes.length > 0 && mediaType !== 'application/json') {
    const known = ['application/json', ...Object.keys(operation.uploads ?? {})].join(', ')
    const message = `expected Content-Type to be one of ${known}, got ${mediaType === '' ? 'nothing' : JSON.stringify(mediaType)}`
    throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 415 })
  }
  return { body: checked(operation.body, bytes.length === 0 ? {} : parsed(bytes), 'body'), upload: null, digest }
}

/** @see RFC 9110 §8.4 */
function isGzipped(context: Context): boolean {
  const encoding = context.req.header('Content-Encoding') ?? 'identity'
  if (encoding === 'identity' || encoding === 'gzip') return encoding === 'gzip'
  const message = `expected Content-Encoding to be gzip or left out, got ${JSON.stringify(encoding)}`
  throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 415 })
}

/** In lower case, without parameters; empty without one. */
export function mediaTypeOf(context: Context): string {
  return (context.req.header('Content-Type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** Reads the body of a request as it is. @throws {ApiError} HOOKCAST_API_REQUEST, when it is too large: it is not read then. */
export async function readAll(context: Context, mostBytes = MOST_BODY_BYTES): Promise<Buffer> {
  const length = context.req.header('Content-Length')
  if (Number(length) > mostBytes) throw tooLarge(mostBytes)
  // No more than it says can come, and read at once it costs a third of what it costs as a stream.
  if (length !== undefined) return Buffer.from(await context.req.raw.arrayBuffer())
  const stream = context.req.raw.body as ReadableStream<Uint8Array> | null
  return stream === null ? Buffer.alloc(0) : await readStream(stream, mostBytes)
}

async function readStream(stream: ReadableStream<Uint8Array>, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > mostBytes) throw tooLarge(mostBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new ApiError('HOOKCAST_API_REQUEST', 'expected the body to be JSON in UTF-8, got something else', {
      status: 400,
      cause,
    })
  }
}

/** @throws {ApiError} HOOKCAST_API_REQUEST, with each place that is wrong. */
export function checked(schema: z.ZodType, value: unknown, place: 'query' | 'body'): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const problems = result.error.issues.map((issue) => problemFromIssue(issue, place, known))
  const detail = problems.map(({ message }) => message).join('; ')
  throw new ApiError('HOOKCAST_API_REQUEST', detail, { status: 400, problems })
}

/** What was found is not shown: it may be a customer's. */
function problemFromIssue(
  issue: z.core.$ZodIssue,
  place: 'query' | 'body',
  known: readonly string[],
): ApiError['problems'][number] {
  const at = place === 'query' ? issue.path.join('.') : `/${issue.path.map(pointerPart).join('/')}`
  if (issue.code === 'unrecognized_keys') {
    const hints = issue.keys.map((key) => {
      const near = nearestName(key, known)
      return near === null ? key : `${key}, did you mean ${near}?`
    })
    return { at: place === 'query' ? issue.keys.join(', ') : at, message: `unknown key: ${hints.join(', ')}` }
  }
  const name = issue.path.length === 0 ? `the ${place}` : `\`${issue.path.join('.')}\``
  return { at, message: `expected ${name} to be ${expectedBy(issue)}` }
}

/** @see RFC 6901 §3 */
function pointerPart(part: PropertyKey): string {
  return String(part).replaceAll('~', '~0').replaceAll('/', '~1')
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return ARTICLES[issue.expected] ?? issue.expected
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small') return `at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`
  if (issue.code === 'too_big') return `at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`
  return issue.message
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' }
