import type { IncomingHttpHeaders } from 'node:http'

export const WEBHOOK_SOURCES = ['svix', 'standard', 'bridge', 'crossriver', 'receeve'] as const
export type WebhookSource = (typeof WEBHOOK_SOURCES)[number]

/** An event as it came: the body's bytes exactly, because that is what was signed. */
export interface Received {
  readonly raw: Buffer
  readonly headers: IncomingHttpHeaders
  /** Epoch milliseconds. */
  readonly at: number
}

/** An event that its vendor vouches for. */
interface VerifiedEvent {
  /** The same for every delivery of one event: a second one with it is not done again. */
  readonly id: string
  readonly type: string
  readonly payload: unknown
}

/** The event, or null when the proof is wrong, missing or too old: no reason is given, a forger would learn from it. */
export type Verifier = (received: Received) => VerifiedEvent | null

/** @throws {RangeError} naming what a secret has to look like; never the secret. */
export type CreateVerifier = (secrets: readonly string[]) => Verifier

/** Reads JSON as an object, or null. */
export function objectFrom(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
