import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { objectFrom, textOf } from './verifier.ts'
import type { CreateVerifier } from './verifier.ts'

/**
 * Verifies Bridge API (bridgeapi.io): `BridgeApi-Signature: v1=<HEX>[,v1=<HEX>]`, HMAC-SHA256 over the body alone.
 *
 * Neither an id nor a time is signed, so a recorded delivery stays valid for ever: the body's digest serves as the id,
 * and a repeat is recognised for as long as keys are kept.
 * @see Bridge API, "Secure your webhooks".
 */
export const createBridgeVerifier: CreateVerifier =
  (secrets) =>
  ({ raw, headers }) => {
    const header = headers['bridgeapi-signature']
    if (typeof header !== 'string') return null
    const signatures = header.split(',').flatMap((part) => /^ *v1=([0-9A-Fa-f]{64}) *$/.exec(part)?.[1] ?? [])
    const isSigned = secrets.some((secret) => {
      const expected = createHmac('sha256', secret).update(raw).digest()
      return signatures.some((signature) => timingSafeEqual(Buffer.from(signature, 'hex'), expected))
    })
    if (!isSigned) return null
    const body = objectFrom(raw.toString('utf8'))
    return { id: createHash('sha256').update(raw).digest('hex'), type: textOf(body?.['type']), payload: body }
  }
