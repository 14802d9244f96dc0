import type { Profile } from './definition.ts'
import { bodyOf } from './envelope.ts'
import { fill, signatureHeader } from './hmac-proof.ts'

export interface SignInput {
  readonly message: {
    /** The receiver's idempotency key: the same over all attempts. */
    readonly id: string
    readonly eventType: string
    /** As it was accepted, byte for byte; an object in JSON for every envelope but `payload`. */
    readonly payload: Uint8Array
    readonly acceptedAt: number
  }
  /** The time of this attempt. */
  readonly sentAt: number
  /** Those that sign now, newest first, in the form in which users keep them. */
  readonly secrets: readonly string[]
  /** The app in its owner's words: Cross River's `partnerId`. */
  readonly owner?: string
  /** A `TEST_EVENT`, a ping. */
  readonly isTest?: boolean
}

/** What leaves: headers as a flat list of names and values, without those of the connection. */
export interface SignedRequest {
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/**
 * Makes the headers and the body of one attempt.
 *
 * Signed when it is sent, never when it is stored: receivers refuse a timestamp that is older than a few minutes.
 *
 * @throws {RangeError} for a secret that has not its profile's form; the words never hold it.
 */
export function signRequest({ envelope, proof }: Profile, input: SignInput): SignedRequest {
  const { message, sentAt, secrets } = input
  const body = bodyOf(envelope, input)
  const headers = ['content-type', 'application/json']
  if (proof.kind === 'basic') headers.push('authorization', `Basic ${Buffer.from(secrets[0] ?? '').toString('base64')}`)
  if (proof.kind === 'hmac') {
    const facts = { id: message.id, type: message.eventType, timestamp: String(Math.floor(sentAt / 1000)) }
    for (const [name, text] of Object.entries(proof.headers)) headers.push(name, fill(text, facts))
    headers.push(proof.header, signatureHeader(proof, { facts, body, secrets }))
  }
  return { headers, body }
}
