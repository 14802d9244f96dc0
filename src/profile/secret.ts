import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { HmacProof, Profile } from './definition.ts'
import { formOf, keyFrom } from './hmac-proof.ts'
import { secretFrom } from './standard-webhooks.ts'

const SECRET_BYTES = 32
const RSA_BITS = 2048
const MOST_CREDENTIAL_CHARACTERS = 255

/** Makes a secret in the form in which this profile's users keep it. */
export async function createSecret({ proof }: Profile): Promise<string> {
  switch (proof.kind) {
    case 'none':
      return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
    case 'basic':
      return `hookcast:${randomBytes(SECRET_BYTES).toString('base64url')}`
    case 'rsa':
      return createRsaKey()
    case 'hmac': {
      if (proof.keyEncoding === 'hex') return randomBytes(SECRET_BYTES).toString('hex')
      const secret = randomBytes(SECRET_BYTES).toString(proof.keyEncoding === 'utf8' ? 'base64url' : 'base64')
      return proof.keyEncoding === 'whsec' ? `whsec_${secret}` : secret
    }
  }
}

/** Says in words what is wrong with a secret of this profile; null when nothing is. The words never hold it. */
export function checkSecret({ proof }: Profile, text: string): string | null {
  switch (proof.kind) {
    case 'none':
      return null
    case 'basic':
      return isCredential(text)
        ? null
        : `expected \`secret\` to be user:password of at most ${MOST_CREDENTIAL_CHARACTERS} characters each, without control characters`
    case 'rsa':
      return rsaKeyFrom(text) === null
        ? `expected \`secret\` to be an RSA private key of at least ${RSA_BITS} bits in PEM, got something else`
        : null
    case 'hmac':
      return keyFor(proof, text) === null ? `expected \`secret\` to be ${formOf(proof)}, got something else` : null
  }
}

/** What a subscriber is given to verify with: the secret itself, or the public key where the proof has two. */
export function sharedSecret({ proof }: Profile, secret: string): string {
  if (proof.kind !== 'rsa') return secret
  return createPublicKey(secret).export({ type: 'spki', format: 'pem' }).toString()
}

/** Standard Webhooks wants a length too. */
function keyFor(proof: HmacProof, text: string): Uint8Array | null {
  return proof.keyEncoding === 'whsec' ? secretFrom(text) : keyFrom(proof, text)
}

async function createRsaKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return privateKey
}

function rsaKeyFrom(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem)
    const isLongEnough = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS
    return key.asymmetricKeyType === 'rsa' && isLongEnough ? key : null
  } catch {
    return null
  }
}

/** A user has no colon, neither part control characters. RFC 7617 §2. */
function isCredential(text: string): boolean {
  const colon = text.indexOf(':')
  const parts = [text.slice(0, colon), text.slice(colon + 1)]
  return colon > 0 && parts.every((part) => part.length <= MOST_CREDENTIAL_CHARACTERS) && !/\p{Cc}/u.test(text)
}
