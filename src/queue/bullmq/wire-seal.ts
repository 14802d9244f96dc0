import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { QueueError } from '../../errors.ts'

/** A key that coordinator and workers share. */
export interface SharedKey {
  readonly id: string
  readonly bytes: Uint8Array
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const ID_BYTES = 8
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Rows shrink to an eighth in the time that sealing, sending and storing the rest would take; a few of them do not. */
const COMPRESSED_FROM = 1024

/**
 * Seals what goes through Redis, and opens it again: AES-256-GCM, bound to the key in Redis that it lies under.
 *
 * Shape: id of the key (8 bytes), nonce (12), ciphertext, tag (16). Sealed is one byte that tells whether the rest is compressed, and the value as V8 writes it.
 * @see NIST SP 800-38D §8.2.2: keys of its own are derived from the secret key, so that nonces here are counted apart from those of the vault.
 */
export class WireSeal {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #first: { readonly id: Buffer; readonly key: KeyObject }

  /** The first key seals, any of them opens. @throws {TypeError} without any key. */
  constructor(keys: readonly SharedKey[]) {
    const [first] = keys
    if (first === undefined) throw new TypeError('expected at least one key, got none')
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, derivedFrom(bytes)]))
    this.#first = { id: Buffer.from(first.id, 'latin1'), key: this.#keys.get(first.id)! }
  }

  /** Of the key that seals. */
  get keyId(): string {
    return this.#first.id.toString('latin1')
  }

  canOpen(keyId: string): boolean {
    return this.#keys.has(keyId)
  }

  /** `isRows`: worth compressing, as reports are not, which are numbers for the most part. */
  seal(value: unknown, place: string, { isRows = false } = {}): Buffer {
    const plain = serialize(value)
    const isCompressed = isRows && plain.length >= COMPRESSED_FROM
    const { id, key } = this.#first
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.from(place))
    const packed = isCompressed ? zstdCompressSync(plain, { pledgedSrcSize: plain.length }) : plain
    return Buffer.concat([
      id,
      nonce,
      cipher.update(Buffer.of(isCompressed ? 1 : 0)),
      cipher.update(packed),
      cipher.final(),
      cipher.getAuthTag(),
    ])
  }

  /** @throws {QueueError} HOOKCAST_REDIS_UNUSABLE, when another key has sealed it, or it was changed. */
  open(sealed: Buffer, place: string): unknown {
    const id = sealed.toString('latin1', 0, ID_BYTES)
    const key = this.#keys.get(id)
    if (key === undefined) {
      throw new QueueError(
        'HOOKCAST_REDIS_UNUSABLE',
        `expected what is in Redis to be sealed by a shared key, got ${id}`,
      )
    }
    try {
      const from = ID_BYTES + NONCE_BYTES
      const decipher = createDecipheriv(CIPHER, key, sealed.subarray(ID_BYTES, from), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(place))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const plain = Buffer.concat([decipher.update(sealed.subarray(from, -TAG_BYTES)), decipher.final()])
      const packed = plain.subarray(1)
      return deserialize(plain[0] === 1 ? zstdDecompressSync(packed) : packed)
    } catch (cause) {
      throw new QueueError('HOOKCAST_REDIS_UNUSABLE', `What is in Redis was changed: ${place}`, { cause })
    }
  }
}

function derivedFrom(secret: Uint8Array): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), 'hookcast redis', KEY_BYTES)))
}
