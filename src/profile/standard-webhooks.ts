import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'
const LEAST_BYTES = 24
const MOST_BYTES = 64

/**
 * Reads a signing secret, `whsec_` and 24 to 64 bytes in base64; null when it is none.
 *
 * @see Standard Webhooks, "Signature scheme": the prefix may be left out.
 */
export function secretFrom(text: string): Uint8Array | null {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null
  const secret = Buffer.from(encoded, 'base64')
  return secret.length < LEAST_BYTES || secret.length > MOST_BYTES ? null : secret
}

/**
 * The three headers that prove who sent a message, and when: any Standard Webhooks library checks them.
 *
 * The same id over all attempts, the time of this one: receivers refuse what is older than a few minutes.
 * @see Standard Webhooks, "Webhook headers".
 */
export function standardHeaders({
  id,
  body,
  sentAt,
  secret,
}: {
  readonly id: string
  readonly body: string
  readonly sentAt: number
  readonly secret: Uint8Array
}): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(sentAt / 1000))
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
