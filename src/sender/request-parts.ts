import { hash } from 'node:crypto'
import type { Method } from '../campaign/campaign.ts'
import { isAtOrBelow } from '../campaign/url-prefix.ts'
import type { Program } from './program.ts'
import type { SenderSetup } from './sender-setup.ts'

export interface PreparedRequest {
  readonly method: Method
  readonly path: string
  readonly headers: readonly string[]
  /** Bytes for a batch: they lie outside of the heap. */
  readonly body: string | Uint8Array | null
  /** What the templates gave: path, headers, body. Empty where the digest was made from them already. */
  readonly parts: readonly string[]
  readonly digest?: string
}

/** Puts rendered texts together to a request; a sentence when it may not be sent. */
export function requestFrom(
  setup: SenderSetup,
  program: Program,
  {
    parts,
    requestId,
    attempt,
  }: { readonly parts: readonly string[]; readonly requestId: string; readonly attempt: number },
): PreparedRequest | string {
  const path = parts[0]!
  if (!PATH.test(path))
    return `expected the rendered path to begin with "/" and hold visible ASCII only, got ${JSON.stringify(path.slice(0, 80))}`
  const { authorization, origin } = setup
  if (authorization !== null && program.isUrlChecked && !isAtOrBelow(authorization.urlPrefix, origin + path)) {
    return `expected the rendered URL to be at or below ${authorization.urlPrefix}, where its credentials may go, got ${JSON.stringify(path.slice(0, 80))}`
  }
  const headers = [...program.constantHeaders]
  program.headerNames.forEach((name, i) => headers.push(name, parts[i + 1]!))
  headers.push(setup.idempotencyHeader, requestId, ATTEMPT_HEADER, String(attempt))
  return {
    method: program.definition.method,
    path,
    headers,
    body: program.hasBody ? parts[parts.length - 1]! : null,
    parts,
  }
}

const ATTEMPT_HEADER = 'X-Hookcast-Attempt'
const PATH = /^\/[\x21-\x7e]*$/

/**
 * Identifies what was rendered for a receiver, so that a retry can be proven to be the same.
 *
 * Constant headers are outside: a password may be rotated between two attempts, and the attempt is counted.
 *
 * Shape: SHA-256, base64url
 */
export function digestOf({ method, parts, digest }: PreparedRequest): string {
  return digest ?? hash('sha256', [method, ...parts].join('\0'), 'base64url')
}

/** Bodies of batches in flight at a time, in one sender. */
export const BYTES_IN_FLIGHT = 64 * 1024 * 1024

/** Only those of batches are counted: of one customer's a thousand take less. */
export function bytesOf({ body }: PreparedRequest): number {
  return body === null || typeof body === 'string' ? 0 : body.length
}
