import { createHmac } from 'node:crypto'
import type { HmacProof } from './definition.ts'

/** What stands for `{id}`, `{timestamp}` and `{type}` in one attempt. */
export interface Facts {
  readonly id: string
  /** Epoch seconds. */
  readonly timestamp: string
  readonly type: string
}

export function fill(text: string, facts: Facts): string {
  return text.replaceAll(/\{(id|timestamp|type)\}/g, (_, name: keyof Facts) => facts[name])
}

/** The header's value: one signature for each secret, or the newest one's alone where receivers read only one. */
export function signatureHeader(
  proof: HmacProof,
  { facts, body, secrets }: { readonly facts: Facts; readonly body: Uint8Array; readonly secrets: readonly string[] },
): string {
  const signing = proof.separator === null ? secrets.slice(0, 1) : secrets
  const signatures = signing.map((secret) => {
    const key = keyFrom(proof, secret)
    if (key === null) throw new RangeError(`expected \`secrets\` to be ${formOf(proof)}, got something else`)
    return signatureOf(proof, { facts, body, key })
  })
  const { head, each } = prefixParts(proof)
  return [...head.map((part) => fill(part, facts)), ...signatures.map((signature) => each + signature)].join(
    proof.separator ?? ',',
  )
}

export function signatureOf(
  { content, hash, encoding }: HmacProof,
  { facts, body, key }: { readonly facts: Facts; readonly body: Uint8Array; readonly key: Uint8Array },
): string {
  const [before = '', after = ''] = content.split('{body}')
  const hmac = createHmac(hash, key).update(fill(before, facts)).update(body).update(fill(after, facts))
  return encoding === 'HEX' ? hmac.digest('hex').toUpperCase() : hmac.digest(encoding)
}

/** The key that a secret stands for, of whatever length; null when it has not the form that it should have. */
export function keyFrom({ keyEncoding }: HmacProof, secret: string): Uint8Array | null {
  switch (keyEncoding) {
    case 'utf8':
      return secret === '' ? null : Buffer.from(secret)
    case 'whsec':
      return bytesFrom(secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret)
    case 'base64':
      return bytesFrom(secret)
    case 'hex':
      return /^(?:[0-9A-Fa-f]{2})+$/.test(secret) ? Buffer.from(secret, 'hex') : null
  }
}

function bytesFrom(base64: string): Buffer | null {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : null
}

/** The form of a secret in words. */
export function formOf({ keyEncoding }: HmacProof): string {
  switch (keyEncoding) {
    case 'whsec':
      return 'whsec_ and 24 to 64 bytes in base64'
    case 'utf8':
      return 'a text that is not empty'
    case 'base64':
    case 'hex':
      return `bytes in ${keyEncoding}`
  }
}

/** `t={timestamp},v1=` is a head, `t={timestamp}`, and what begins each signature, `v1=`. */
export function prefixParts({ prefix, separator }: HmacProof): {
  readonly head: readonly string[]
  readonly each: string
} {
  const parts = separator === ' ' ? [prefix] : prefix.split(',')
  return { head: parts.slice(0, -1), each: parts.at(-1) ?? '' }
}
