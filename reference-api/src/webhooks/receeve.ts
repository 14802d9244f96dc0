import { createPublicKey, createVerify } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { objectFrom, textOf } from './verifier.ts'
import type { CreateVerifier } from './verifier.ts'

/**
 * Verifies receeve (InDebted Receive): the proof is inside the body, an RSA-SHA256 signature over `payloadAsString`.
 *
 * Only that string is signed. It is what is read here, and a `payload` beside it that says something else is refused.
 * A secret is the vendor's public key in PEM.
 * @see InDebted Receive, "Webhook validation use case".
 */
export const createReceeveVerifier: CreateVerifier = (secrets) => {
  const keys = secrets.map((pem) => {
    try {
      return createPublicKey(pem)
    } catch {
      throw new RangeError('to be a public key in PEM')
    }
  })
  return ({ raw }) => {
    const body = objectFrom(raw.toString('utf8'))
    const [text, signature] = [textOf(body?.['payloadAsString']), textOf(body?.['signature'])]
    const isSigned = keys.some((key) => createVerify('SHA256').update(text).verify(key, signature, 'base64'))
    const payload = isSigned ? objectFrom(text) : null
    if (payload === null || !isDeepStrictEqual(payload, body?.['payload'])) return null
    const details = payload['details'] as { messageType?: unknown } | undefined
    return { id: textOf(payload['messageId']), type: textOf(details?.messageType), payload }
  }
}
