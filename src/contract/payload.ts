import { HookcastError } from '../errors.ts'

/** A body in which one value is wrong, as it would be for one customer. */
export interface SpoiledBody {
  /** JSON pointer to the value. */
  readonly pointer: string
  readonly how: string
  readonly text: string
  /** The value is known to be a customer's own; of a payload that somebody else wrote it may be the campaign's. */
  readonly isPersonal: boolean
}

/** What the valid calls carry. */
export interface Payload {
  readonly text: string
  readonly isBatch: boolean
  /** Messages of a batch, where the payload shows how many there are. */
  readonly batchSize: number | null
  readonly spoiled: readonly SpoiledBody[]
}

/** Replaced by the id of the request, as a template would do it: for receivers that read their key from the body. */
const REQUEST_ID = /\{\{\s*request\.id\s*\}\}/g
/** The contract's limit for one SMS is 160. */
const LONG_TEXT = 'x'.repeat(161)
const MOST_SPOILED = 5

interface Message {
  readonly customer_id: string
  readonly to: string
  readonly text: string
}

/** A number that nobody has: Ofcom keeps +44 7700 900000 to 900999 for use in drama. */
const MESSAGE: Message = { customer_id: 'hookcast-check', to: '+447700900123', text: 'A test by hookcast check' }

/** The body of the reference API's own route, one message or a batch of two. */
export function referencePayload({ isBatch }: { readonly isBatch: boolean }): Payload {
  const text = (changes: Partial<Message>): string => {
    const message = { ...MESSAGE, ...changes }
    return JSON.stringify(isBatch ? { messages: [message, MESSAGE] } : message)
  }
  const at = isBatch ? '/messages/0' : ''
  return {
    text: text({}),
    isBatch,
    batchSize: isBatch ? 2 : null,
    spoiled: [
      { pointer: `${at}/text`, how: 'longer than 160 characters', text: text({ text: LONG_TEXT }), isPersonal: true },
      { pointer: `${at}/to`, how: 'empty', text: text({ to: '' }), isPersonal: true },
    ],
  }
}

/**
 * Reads a payload that somebody else wrote.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when it is no JSON object or list.
 */
export function parsePayload(text: string, { isBatch }: { readonly isBatch: boolean }): Payload {
  const value = valueOf(text)
  if (typeof value !== 'object' || value === null) {
    throw new HookcastError(
      'HOOKCAST_USAGE',
      'expected `--payload` to be a file with a JSON object, got something else',
    )
  }
  const messages = isBatch ? firstList(value) : null
  return { text, isBatch, batchSize: messages?.length ?? null, spoiled: spoil(value) }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function firstList(value: object): readonly unknown[] | null {
  if (Array.isArray(value)) return value
  return Object.values(value).find((each): each is unknown[] => Array.isArray(each)) ?? null
}

/** A body for one request: the same for all but the id, where it asks for that. */
export function bodyFor(text: string, requestId: string): string {
  return text.replaceAll(REQUEST_ID, () => requestId)
}

/** The same JSON text without its last bracket: what a template makes of a campaign that was not finished. */
export function brokenBody({ text }: Payload): string {
  return text.trimEnd().slice(0, -1)
}

/** The same JSON value after white space, `bytes` long in all: as large as a customer's request may be, and still right. */
export function largeBody(
  text: string,
  { requestId, bytes }: { readonly requestId: string; readonly bytes: number },
): string {
  const body = bodyFor(text, requestId)
  return ' '.repeat(Math.max(0, bytes - Buffer.byteLength(body))) + body
}

interface Leaf {
  readonly path: readonly (string | number)[]
  readonly value: unknown
}

/** Texts first, each made empty: every API knows those that it needs. Where there is none, other values become null. */
function spoil(value: object): SpoiledBody[] {
  const leaves = [...leavesOf(value)].filter((leaf) => !isRequestId(leaf))
  const texts = leaves.filter((leaf) => typeof leaf.value === 'string' && leaf.value !== '')
  const others = leaves.filter((leaf) => typeof leaf.value === 'number' || typeof leaf.value === 'boolean')
  const chosen = (texts.length > 0 ? texts : others).slice(0, MOST_SPOILED)
  return chosen.map(({ path, value: old }) => ({
    pointer: path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    how: typeof old === 'string' ? 'empty' : 'null',
    text: JSON.stringify(withValue(value, path, typeof old === 'string' ? '' : null)),
    isPersonal: false,
  }))
}

function isRequestId({ value }: Leaf): boolean {
  return typeof value === 'string' && value.search(REQUEST_ID) !== -1
}

function* leavesOf(value: unknown, path: readonly (string | number)[] = []): Generator<Leaf> {
  if (typeof value !== 'object' || value === null) return yield { path, value }
  const entries: Iterable<[string | number, unknown]> = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [key, part] of entries) yield* leavesOf(part, [...path, key])
}

function withValue(value: unknown, path: readonly (string | number)[], leaf: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return leaf
  if (Array.isArray(value)) return value.map((part, index) => (index === key ? withValue(part, rest, leaf) : part))
  const whole = value as Readonly<Record<string, unknown>>
  return { ...whole, [key]: withValue(whole[key], rest, leaf) }
}
