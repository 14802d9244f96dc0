import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { objectFrom, textOf } from './verifier.ts'
import type { CreateVerifier } from './verifier.ts'

const TOLERANCE_MS = 5 * 60_000
/** No dots: `id.timestamp.body` is signed, and with dots in an id two messages could sign the same bytes. */
const ID = /^[A-Za-z0-9_-]{1,128}$/
/** The DER head of an Ed25519 public key: with the 32 bytes behind it, Node reads it. RFC 8410 §4. */
const ED25519_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

type Key = { readonly version: 'v1'; readonly secret: Buffer } | { readonly version: 'v1a'; readonly key: KeyObject }

/**
 * Verifies Standard Webhooks, under both sets of header names: `svix-*` and `webhook-*`.
 *
 * A secret is `whsec_<base64>` (v1, HMAC-SHA256) or a public key `whpk_<base64>` (v1a, Ed25519). Any signature in the
 * header that fits any of the secrets will do: that is how secrets are replaced.
 * @see Standard Webhooks 1.0.0, "Webhook signatures"; Svix, "Verifying payloads, manually".
 */
export const createSvixVerifier: CreateVerifier = (secrets) => {
  const keys = secrets.map(keyFrom)
  return ({ raw, headers, at }) => {
    const prefix = headers['svix-id'] === undefined ? 'webhook' : 'svix'
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
      header(headers, `${prefix}-${name}`),
    )
    if (!id || !ID.test(id) || !timestamp || !/^\d{1,12}$/.test(timestamp) || !signatures) return null
    if (Math.abs(at - Number(timestamp) * 1000) > TOLERANCE_MS) return null
    const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), raw])
    const fits = signatures.split(' ').some((signature) => keys.some((key) => isSignedBy(key, signed, signature)))
    const body = fits ? objectFrom(raw.toString('utf8')) : null
    return fits ? { id, type: textOf(body?.['type'] ?? body?.['event_type']), payload: body } : null
  }
}

function isSignedBy(key: Key, signed: Buffer, signature: string): boolean {
  const [version, text = ''] = signature.split(',', 2)
  if (version !== key.version) return false
  const bytes = Buffer.from(text, 'base64')
  if (key.version === 'v1a') return bytes.length === 64 && verify(null, signed, key.key, bytes)
  const expected = createHmac('sha256', key.secret).update(signed).digest()
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}

function keyFrom(text: string): Key {
  const bytes = Buffer.from(text.replace(/^wh(sec|pk)_/, ''), 'base64')
  if (text.startsWith('whpk_') && bytes.length === 32) {
    const der = Buffer.concat([ED25519_HEAD, bytes])
    return { version: 'v1a', key: createPublicKey({ key: der, format: 'der', type: 'spki' }) }
  }
  if (text.startsWith('whsec_') && bytes.length >= 16) return { version: 'v1', secret: bytes }
  throw new RangeError('to be whsec_<base64> of at least 16 bytes, or whpk_<base64> of 32')
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
