import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { HookcastError } from '../errors.ts'
import type { SecretKey } from './secret-key.ts'

export { KEY_FILE, provideSecretKeys } from './secret-key.ts'

const CIPHER = 'aes-256-gcm'
const FORM = 's1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals secrets that are stored, and opens them again: AES-256-GCM, bound to the record that they belong to.
 *
 * The first key seals; any of them opens what it has sealed, which the id of the key beside the ciphertext tells. So a new
 * key is put before the old one, what `isSealedByFirst` denies is sealed anew, and then the old one can go.
 *
 * Shape: `s1.<key id>.<base64url of nonce, ciphertext and tag>`
 * @see NIST SP 800-38D §8.2.2: random nonces of 96 bits are good for 2^32 secrets under one key.
 */
export class Vault {
  readonly #keys: readonly SecretKey[]
  readonly #first: SecretKey

  /** @throws {TypeError} without any key. */
  constructor(keys: readonly SecretKey[]) {
    const [first] = keys
    if (first === undefined) throw new TypeError('expected at least one secret key, got none')
    this.#keys = keys
    this.#first = first
  }

  /** `record` names what the secret belongs to, such as `endpoint/ep_1`: under another name it does not open. */
  seal(plain: string, { record }: { readonly record: string }): string {
    const { id, bytes } = this.#first
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, bytes, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(boundTo(id, record))
    const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${FORM}.${id}.${sealed.toString('base64url')}`
  }

  /** @throws {HookcastError} HOOKCAST_SECRET_SEALED, when no key here has sealed it, or it is not what was sealed. */
  open(sealed: string, { record }: { readonly record: string }): string {
    const [form, id, encoded = ''] = sealed.split('.')
    const key = this.#keys.find((key) => key.id === id)
    const bytes = Buffer.from(encoded, 'base64url')
    if (form !== FORM || sealed !== `${FORM}.${id}.${bytes.toString('base64url')}`) throw damaged(record)
    if (key === undefined) {
      const known = this.#keys.map(({ id }) => id).join(', ')
      const message = `expected the secret of ${record} to be sealed by a key that is set (${known}), got one sealed by ${id}`
      throw new HookcastError('HOOKCAST_SECRET_SEALED', message)
    }
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw damaged(record)
    const tag = bytes.subarray(-TAG_BYTES)
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(boundTo(key.id, record))
    decipher.setAuthTag(tag)
    try {
      const plain = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]
      return Buffer.concat(plain).toString('utf8')
    } catch (cause) {
      throw damaged(record, cause)
    }
  }

  /** False for what an older key has sealed: sealed anew, it no longer needs that key. */
  isSealedByFirst(sealed: string): boolean {
    return sealed.startsWith(`${FORM}.${this.#first.id}.`)
  }
}

/** An id of a key has no dot: no two pairs are bound to the same bytes. */
function boundTo(keyId: string, record: string): Buffer {
  return Buffer.from(`${FORM}.${keyId}.${record}`, 'utf8')
}

function damaged(record: string, cause?: unknown): HookcastError {
  return new HookcastError('HOOKCAST_SECRET_SEALED', `The stored secret is not as it was sealed: ${record}`, { cause })
}
