import { randomUUID } from 'node:crypto'

/** KSUIDs count seconds from here: 2014-05-13, "1.4e9". @see github.com/segmentio/ksuid */
const KSUID_EPOCH_S = 1_400_000_000
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 27
/** 32 bits of seconds, 10 of milliseconds, 10 of a count within them, 108 random ones. */
const HEX_DIGITS = 40
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
  const seconds = Math.floor(ms / 1000) - KSUID_EPOCH_S
  const place = (ms % 1000) * PER_MS + (seq % PER_MS)
  // Of a UUID all but its version and its variant is random, and the next ones are there already.
  const random = randomUUID().replaceAll('-', '')
  const digits = `${random.slice(0, 12)}${random.slice(13, 16)}${random.slice(17, 29)}`
  let rest = BigInt(`0x${hexOf(seconds, 8)}${hexOf(place, 5)}${digits}`)
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
  const hex = value.toString(16).padStart(HEX_DIGITS, '0')
  if (hex.length > HEX_DIGITS) return null
  const place = Number.parseInt(hex.slice(8, 13), 16)
  const ms = (Number.parseInt(hex.slice(0, 8), 16) + KSUID_EPOCH_S) * 1000 + Math.floor(place / PER_MS)
  return ms * PER_MS + (place % PER_MS)
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

/** When something with this place came, epoch ms. */
export function timeOfSeq(seq: number): number {
  return Math.floor(seq / PER_MS)
}

/** The first place at or after an instant, epoch ms: of those that there can be, as far as whole numbers are exact. */
export function seqAt(time: number): number {
  return Math.min(Math.max(Math.ceil(time), 0) * PER_MS, Number.MAX_SAFE_INTEGER)
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
