import { createHmac } from 'node:crypto'
import type { Profile } from './definition.ts'
import { secretFrom } from './standard-webhooks.ts'

export interface SignInput {
  readonly message: {
    /** The receiver's idempotency key: the same over all attempts. */
    readonly id: string
    readonly eventType: string
    /** As it was accepted, byte for byte. */
    readonly payload: Uint8Array
    readonly acceptedAt: number
  }
  /** The time of this attempt. */
  readonly sentAt: number
  /** Those that sign now, newest first, in the form in which users keep them. */
  readonly secrets: readonly string[]
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
 */
export function signRequest({ proof }: Profile, { message, sentAt, secrets }: SignInput): SignedRequest {
  const headers = ['content-type', 'application/json']
  if (proof.kind === 'standard') {
    const { prefix } = proof
    const timestamp = String(Math.floor(sentAt / 1000))
    const signatures = secrets.map((secret) => `v1,${signatureOf(secret, { message, timestamp })}`)
    headers.push(`${prefix}-id`, message.id, `${prefix}-timestamp`, timestamp)
    headers.push(`${prefix}-signature`, signatures.join(' '))
  }
  return { headers, body: message.payload }
}

function signatureOf(
  secret: string,
  { message, timestamp }: { readonly message: SignInput['message']; readonly timestamp: string },
): string {
  const key = secretFrom(secret)
  if (key === null) throw new RangeError('expected `secrets` to be whsec_ and base64, got something else')
  return createHmac('sha256', key).update(`${message.id}.${timestamp}.`).update(message.payload).digest('base64')
}
