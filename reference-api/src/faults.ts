import { hash } from 'node:crypto'

/** One way to misbehave, and the share of requests that meet it. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly share: number
      /** Seconds, sent as Retry-After; null sends none. */
      readonly retryAfter: number | null
    }
  | { readonly kind: 'delay'; readonly delayMs: number; readonly share: number }
  | { readonly kind: 'reset' | 'drip'; readonly share: number }

export interface FaultPlan {
  readonly faults: readonly Fault[]
  /** A request meets its fault on this many attempts, then it is served. */
  readonly attempts: number
}

/** A dripping answer sends a byte this often: the sender's own deadline has to end it. */
export const DRIP_MS = 500

/** Attempts are remembered for this many requests that met a fault; the oldest are forgotten. */
const REMEMBERED = 100_000

const PRESETS: Readonly<Record<string, string>> = {
  demo: 'status:429:0.0015,status:500:0.01,status:503:0.0005:1,delay:2000:0.002',
}

/**
 * Reads a plan such as `status:500:0.02,status:429:0.01:5,delay:2000:0.001,reset:0.01,drip:0.001,attempts:2`.
 *
 * @throws {RangeError} naming the part that cannot be read.
 */
export function parseFaults(text: string): FaultPlan {
  let attempts = 1
  const faults: Fault[] = []
  for (const part of (PRESETS[text] ?? text).split(',')) {
    const trimmed = part.trim()
    const repeat = /^attempts:(\d+)$/.exec(trimmed)
    if (repeat) attempts = Number(repeat[1])
    else faults.push(parseFault(trimmed))
  }
  if (faults.reduce((sum, fault) => sum + fault.share, 0) > 1) {
    throw new RangeError('expected `FAULTS` to have shares that add up to 1 at most')
  }
  return { faults, attempts }
}

function parseFault(part: string): Fault {
  const [kind, ...words] = part.split(':')
  const numbers = words.map((word) => (/^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN))
  const [first = Number.NaN, second = Number.NaN, third] = numbers
  if (kind === 'status' && first >= 400 && first <= 599 && isShare(second) && words.length <= 3) {
    if (third === undefined || Number.isInteger(third)) {
      return { kind, status: first, share: second, retryAfter: third ?? null }
    }
  }
  if (kind === 'delay' && first <= 60_000 && isShare(second) && words.length === 2) {
    return { kind, delayMs: first, share: second }
  }
  if ((kind === 'reset' || kind === 'drip') && isShare(first) && words.length === 1) return { kind, share: first }
  throw new RangeError(
    'expected `FAULTS` to be demo, or a list of status:<400-599>:<share>[:<retry-after s>], delay:<ms>:<share>, ' +
      `reset:<share>, drip:<share>, attempts:<n>, got ${JSON.stringify(part)}`,
  )
}

function isShare(share: number): boolean {
  return share > 0 && share <= 1
}

/**
 * Decides who meets a fault: always the same customers, so that a run can be repeated, and only on their first
 * attempts, so that a retry succeeds.
 *
 * The customer's hash is a number between 0 and 1; the faults lie behind one another on that line, each as long as
 * its share. Off unless asked for: it exists to rehearse, in a demo or a test.
 */
export class FaultSource {
  readonly #plan: FaultPlan
  readonly #met = new Map<string, number>()

  constructor(plan: FaultPlan) {
    this.#plan = plan
  }

  /** `who` decides whether and which; `key` tells repeats of a request from another one for the same customer. */
  next(who: string, key: string): Fault | null {
    const point = Number.parseInt(hash('sha256', who).slice(0, 12), 16) / 2 ** 48
    let end = 0
    const fault = this.#plan.faults.find(({ share }) => point < (end += share))
    if (!fault) return null
    const id = `${who}\n${key}`
    const count = (this.#met.get(id) ?? 0) + 1
    this.#met.delete(id)
    this.#met.set(id, count)
    if (this.#met.size > REMEMBERED) this.#met.delete(this.#met.keys().next().value ?? id)
    return count <= this.#plan.attempts ? fault : null
  }
}
