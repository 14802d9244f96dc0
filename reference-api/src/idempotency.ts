import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { crc32 } from 'node:zlib'
import { busy, CODES, failure, Refusal, success } from './answer.ts'
import type { Answer, Reply } from './answer.ts'
import type { Claim, Claimed, Soon, Store } from './store/store.ts'

export interface IdempotencyRules {
  readonly isRequired: boolean
  /** JSON pointer (RFC 6901) to the key in the body, for senders that set no header; null reads the header. */
  readonly field: string | null
}

/** A duplicate waits this long for the first one's answer: well under the sender's 10 s. */
const WAIT_MS = 5_000
const KEY = /^[\x21-\x7e]{1,255}$/

/** A key that can be used, none, or one whose value is wrong: that one is this customer's fault. */
export type KeyFound =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'bad' }

/**
 * Finds the key of a request: `Idempotency-Key`, bare or quoted (a structured-field string), or a field of the body.
 *
 * @throws {Refusal} 400 where one is required and there is none, or the header cannot be a key: the definition is wrong.
 * @see draft-ietf-httpapi-idempotency-key-header-07 (expired; there is no standard).
 */
export function findKey(rules: IdempotencyRules, headers: IncomingHttpHeaders, body: unknown): KeyFound {
  const { field } = rules
  if (field !== null) {
    const value = valueAt(body, field)
    if (value === undefined && !rules.isRequired) return { kind: 'none' }
    if (value === undefined) throw refuseKey(`The field ${field} is missing: it has to hold the request's id.`)
    return typeof value === 'string' && KEY.test(value) ? { kind: 'key', key: value } : { kind: 'bad' }
  }
  const header = headers['idempotency-key']
  if (header === undefined && !rules.isRequired) return { kind: 'none' }
  if (typeof header !== 'string') throw refuseKey('The header Idempotency-Key is missing.')
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header
  if (!KEY.test(key)) throw refuseKey('The header Idempotency-Key has to be 1 to 255 visible ASCII characters.')
  return { kind: 'key', key }
}

/** The top-level field of the body that carries the key: schemas that do not name it let it pass. */
export function fieldOf(pointer: string): string {
  return unescape(pointer.split('/')[1] ?? '')
}

/** A longer one is kept as its hash, so that what a key costs in memory is bounded. */
const NAME_LENGTH = 200

/** What the store knows of a request with a key. */
export interface KeyUse {
  /** User, method, path and key in one: the same key of another user, or on another path, is another one. */
  readonly key: string
  /** Of the body that it stands for. */
  readonly digest: string
}

/**
 * Names the use of a key.
 *
 * A body is told from another by length and CRC-32: that is against a sender's mistakes, one of which in four billion
 * would pass, at a tenth of what a cryptographic hash costs. Whoever has credentials could deceive nobody but himself.
 */
export function keyUse(name: string, body: Buffer): KeyUse {
  const key = name.length <= NAME_LENGTH ? name : hash('sha256', name, 'base64url')
  return { key, digest: `${body.length}-${crc32(body)}` }
}

/**
 * Runs a request under its key: the first one runs, a repeat gets the first one's answer. Without a key (null) it just runs.
 *
 * The answer is kept and the work is queued in one step. Whatever is thrown (a 429, a 500, a 503) frees the key, so
 * that the sender's retry starts from the beginning.
 *
 * What is there already is not awaited: each needless `await` costs a request a turn, and there would be four.
 */
export async function answerOnce(store: Store, use: KeyUse | null, run: () => Soon<Reply>): Promise<Answer> {
  let claim: Claim | null = null
  if (use !== null) {
    const soon = store.claim(use.key, use.digest)
    let claimed = soon instanceof Promise ? await soon : soon
    if (claimed.kind === 'running') claimed = await afterTheFirst(store, use)
    if (claimed.kind !== 'claimed') return answerTo(claimed)
    claim = claimed.claim
  }
  try {
    const soonReply = run()
    const reply = soonReply instanceof Promise ? await soonReply : soonReply
    const answer = reply.success ? success(reply.fields) : failure(reply.errors)
    const work = reply.success ? (reply.work ?? []) : []
    if (claim === null && work.length === 0) return answer
    const soonSettled = store.settle(claim, answer, work)
    const settled = soonSettled instanceof Promise ? await soonSettled : soonSettled
    if (settled === 'full') throw busy(429, 'The work queue is full.')
    if (settled === 'lost') throw busy(503, 'This took too long here; the request may be sent again.')
    return answer
  } catch (error) {
    if (claim !== null) await release(store, claim)
    throw error
  }
}

async function release(store: Store, claim: Claim): Promise<void> {
  try {
    await store.release(claim)
  } catch {
    // A store that cannot be reached forgets the claim by itself, when its lease ends.
  }
}

/** @throws {Refusal} 409 when the first one takes too long. */
async function afterTheFirst(store: Store, { key, digest }: KeyUse): Promise<Claimed> {
  const giveUpAt = performance.now() + WAIT_MS
  for (;;) {
    const leftMs = giveUpAt - performance.now()
    if (leftMs <= 0) throw inProgress()
    await store.changed(key, leftMs)
    const claimed = await store.claim(key, digest)
    if (claimed.kind !== 'running') return claimed
  }
}

function answerTo(claimed: Exclude<Claimed, { readonly kind: 'claimed' }>): Answer {
  switch (claimed.kind) {
    case 'stored': {
      const { status, text } = claimed.answer
      return { status, text, headers: { 'Idempotency-Replayed': 'true' } }
    }
    case 'reused':
      return failure([{ code: CODES.keyReused, description: 'This idempotency key was used with another body.' }])
    case 'full':
      throw busy(503, 'No room for another idempotency key.', 60)
    case 'running':
      throw inProgress()
  }
}

function inProgress(): Refusal {
  const problem = { code: CODES.inProgress, description: 'The same request is still being worked on.' }
  return new Refusal(409, problem, { 'Retry-After': '5' })
}

function refuseKey(description: string): Refusal {
  return new Refusal(400, { code: CODES.idempotencyKey, description })
}

function valueAt(body: unknown, pointer: string): unknown {
  let value = body
  for (const segment of pointer.split('/').slice(1)) {
    const name = unescape(segment)
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}
