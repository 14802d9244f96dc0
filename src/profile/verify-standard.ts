import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** A message that came in as an event webhook does. */
export interface SignedMessage {
  /** Of a header, by its name in lower case; null when it is not there. */
  readonly header: (name: string) => string | null
  /** As it came, byte by byte. */
  readonly body: Uint8Array
  readonly receivedAt: number
}

export type Verdict = { readonly id: string } | { readonly refusal: string }

const TOLERANCE_MS = 300_000
const NAMES = ['id', 'timestamp', 'signature'] as const
/** Both families say the same; which of them a sender uses is up to it. */
const PREFIXES = ['webhook', 'svix'] as const
/** What is signed has a dot between its parts: with one in an id, two messages could be signed alike. */
const ID = /^[A-Za-z0-9_-]{1,64}$/
const SECONDS = /^\d{1,12}$/
const SIGNATURES = /^[^\s,]+,[^\s,]+(?: [^\s,]+,[^\s,]+)*$/
const VERSION = 'v1,'

/**
 * Says whether one of the secrets has signed a message within the last five minutes, and gives its id.
 *
 * The signature is over the bytes as they came: whoever parses first and signs what they make of it lets changes through.
 * Every secret is tried against every signature, by digests, so that how long it takes tells nothing of either.
 * @see Standard Webhooks, "Verifying webhook authenticity"; Svix uses the same with `svix-` before its headers.
 */
export function verifyStandard({ header, body, receivedAt }: SignedMessage, secrets: readonly Uint8Array[]): Verdict {
  const prefix = PREFIXES.find((prefix) => NAMES.some((name) => header(`${prefix}-${name}`) !== null))
  const [id, timestamp, signature] = NAMES.map((name) => (prefix === undefined ? null : header(`${prefix}-${name}`)))
  if (id == null || timestamp == null || signature == null) {
    return { refusal: `expected the headers ${NAMES.map((name) => `webhook-${name}`).join(', ')}, got not all of them` }
  }
  if (!ID.test(id)) return expected(`${prefix}-id`, '1 to 64 letters, digits, _ or -')
  if (!SECONDS.test(timestamp)) return expected(`${prefix}-timestamp`, 'seconds since 1970')
  if (!SIGNATURES.test(signature))
    return expected(`${prefix}-signature`, '`v1,…`, or several of them with spaces between')
  if (Math.abs(receivedAt - Number(timestamp) * 1000) > TOLERANCE_MS) {
    return expected(`${prefix}-timestamp`, 'within five minutes of now')
  }
  const offered = signature
    .split(' ')
    .filter((part) => part.startsWith(VERSION))
    .map((part) => digestOf(part.slice(VERSION.length)))
  let isSigned = false
  for (const secret of secrets) {
    const right = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64')
    const digest = digestOf(right)
    for (const one of offered) isSigned = timingSafeEqual(one, digest) || isSigned
  }
  return isSigned ? { id } : { refusal: 'The signature is that of another secret, or of other bytes' }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function expected(name: string, what: string): Verdict {
  return { refusal: `expected ${name} to be ${what}, got something else` }
}
