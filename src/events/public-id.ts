import { randomBytes } from 'node:crypto'

/** KSUIDs count seconds from here: 2014-05-13, "1.4e9". @see github.com/segmentio/ksuid */
const KSUID_EPOCH_S = 1_400_000_000
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 27
/** Behind the seconds: 10 bits of milliseconds, 10 of a count within them, and 4 more, random as the 13 bytes that follow. */
const PLACE_BYTES = 3
const RANDOM_BYTES = 13
const BYTES = 4 + PLACE_BYTES + RANDOM_BYTES
/** A `seq` is milliseconds × this + a count. */
const PER_MS = 1024

export type IdPrefix = 'app' | 'ep' | 'msg' | 'atmpt' | 'qtask'

/**
 * Makes the public id of what has this place in time; nobody guesses it, and the place can be read from it.
 *
 * Shape: `msg_` and a KSUID: 27 letters and digits that sort by time, as Svix has them.
 */
export function publicIdFrom(prefix: IdPrefix, seq: number): string {
  const ms = Math.floor(seq / PER_MS)
  const place = ((ms % 1000) * PER_MS + (seq % PER_MS)) * 16
  const bytes = Buffer.alloc(BYTES)
  bytes.writeUInt32BE(Math.floor(ms / 1000) - KSUID_EPOCH_S, 0)
  const random = randomBytes(RANDOM_BYTES + 1)
  bytes.writeUIntBE(place + (random[0]! & 15), 4, PLACE_BYTES)
  random.copy(bytes, 4 + PLACE_BYTES, 1)
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let digit = 0; digit < LENGTH; digit++) {
    text = DIGITS[Number(rest % 62n)]! + text
    rest /= 62n
  }
  return `${prefix}_${text}`
}

/** Reads the place in time of an id; null for a text that is no id of this kind. Whether there is such a thing is not said. */
export function seqFrom(prefix: IdPrefix, id: string): number | null {
  if (!id.startsWith(`${prefix}_`) || id.length !== prefix.length + 1 + LENGTH) return null
  let value = 0n
  for (const character of id.slice(prefix.length + 1)) {
    const digit = DIGITS.indexOf(character)
    if (digit === -1) return null
    value = value * 62n + BigInt(digit)
  }
  const hex = value.toString(16).padStart(2 * BYTES, '0')
  if (hex.length > 2 * BYTES) return null
  const bytes = Buffer.from(hex, 'hex')
  const place = Math.floor(bytes.readUIntBE(4, PLACE_BYTES) / 16)
  const ms = (bytes.readUInt32BE(0) + KSUID_EPOCH_S) * 1000 + Math.floor(place / PER_MS)
  return ms * PER_MS + (place % PER_MS)
}

/** When something with this place came, epoch ms. */
export function timeOfSeq(seq: number): number {
  return Math.floor(seq / PER_MS)
}

/** The first place at or after an instant. */
export function seqAt(time: number): number {
  return Math.ceil(time) * PER_MS
}

/** Gives places in time, each later than all before, whatever the clock does. */
export class Sequence {
  #last: number

  /** Goes on behind `last`. */
  constructor(last: number) {
    this.#last = last
  }

  next(now: number): number {
    this.#last = Math.max(Math.floor(now) * PER_MS, this.#last + 1)
    return this.#last
  }
}
