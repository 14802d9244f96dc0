import { createHash, createPublicKey, createVerify, timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { HmacProof, Profile } from './definition.ts'
import { formOf, keyFrom, prefixParts, signatureOf, type Facts } from './hmac-proof.ts'

const TOLERANCE_MS = 5 * 60_000

export interface ReceivedRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes exactly as they came. */
  readonly body: Uint8Array
  /** As a subscriber holds it: see `sharedSecret`. */
  readonly secret: string
  /** Epoch milliseconds. */
  readonly now: number
  /** The event's type, for profiles that sign it. */
  readonly eventType?: string
}

/**
 * Checks a request's proof as its receiver does, and says in words what is wrong with it; null when it is good.
 *
 * For people who look for the cause: it tells more than a receiver should. Never the secret.
 */
export function verifyRequest({ proof, name }: Profile, request: ReceivedRequest): string | null {
  switch (proof.kind) {
    case 'none':
      return `nothing to verify: the profile ${name} proves nothing`
    case 'basic':
      return verifyBasic(request)
    case 'rsa':
      return verifyRsa(request)
    case 'hmac':
      return verifyHmac(proof, request)
  }
}

function verifyHmac(proof: HmacProof, request: ReceivedRequest): string | null {
  const header = request.headers[proof.header.toLowerCase()]
  if (header === undefined) return `missing header: ${proof.header}`
  const key = keyFrom(proof, request.secret)
  if (key === null) return `expected the secret to be ${formOf(proof)}, got something else`
  const { head, each } = prefixParts(proof)
  const parts = proof.separator === null && head.length === 0 ? [header] : header.split(proof.separator ?? ',')
  const signatures = parts.flatMap((part) => (part.startsWith(each) ? [part.slice(each.length)] : []))
  if (signatures.length === 0) return `no signature in ${proof.header}: expected one that begins with ${each}`
  const facts = factsOf({ proof, head, parts }, request)
  if (typeof facts === 'string') return facts
  const isSigned = (body: Uint8Array, with_: Uint8Array = key): boolean => {
    const expected = signatureOf(proof, { facts, body, key: with_ })
    return signatures.some((signature) => isSame(signature, expected))
  }
  if (isSigned(request.body)) return null
  return reasonFor({ proof, signatures, isSigned }, request)
}

/** What is signed beside the body, read from the headers that carry it; words when one is missing or too old. */
function factsOf(
  {
    proof,
    head,
    parts,
  }: { readonly proof: HmacProof; readonly head: readonly string[]; readonly parts: readonly string[] },
  { headers, now, eventType = '' }: ReceivedRequest,
): Facts | string {
  const found: Record<string, string> = { id: '', type: eventType, timestamp: '' }
  for (const [header, text] of Object.entries(proof.headers)) {
    const value = headers[header.toLowerCase()]
    if (value === undefined) return `missing header: ${header}`
    const name = /^\{(id|timestamp|type)\}$/.exec(text)?.[1]
    if (name !== undefined) found[name] = value
  }
  for (const text of head) {
    const [before = '', behind] = text.split('{timestamp}')
    const part = parts.find((each) => each.startsWith(before))
    if (part === undefined) return `expected \`${proof.header}\` to hold ${text}, got none`
    if (behind !== undefined) found['timestamp'] = part.slice(before.length)
  }
  const facts = { id: found['id']!, type: found['type']!, timestamp: found['timestamp']! }
  return checkTimestamp(facts.timestamp, now) ?? facts
}

function checkTimestamp(timestamp: string, now: number): string | null {
  if (timestamp === '') return null
  if (!/^\d{1,12}$/.test(timestamp)) return 'expected the timestamp to be seconds since 1970, got something else'
  const ageMs = now - Number(timestamp) * 1000
  if (Math.abs(ageMs) <= TOLERANCE_MS) return null
  const minutes = Math.ceil(Math.abs(ageMs) / 60_000)
  return `the timestamp is ${minutes} min ${ageMs > 0 ? 'old' : 'ahead'}: receivers refuse more than 5 min; a resent message is signed anew`
}

/** The mistakes that people make, tried one after the other. */
function reasonFor(
  {
    proof,
    signatures,
    isSigned,
  }: {
    readonly proof: HmacProof
    readonly signatures: readonly string[]
    readonly isSigned: (body: Uint8Array, key?: Uint8Array) => boolean
  },
  { body, secret }: ReceivedRequest,
): string {
  if (rewritten(body).some((text) => isSigned(text))) {
    return 'the signature fits the body, but not its bytes: it was parsed and written again, or lost its last line break; verify the bytes as they came'
  }
  const others = (['utf8', 'base64', 'hex'] as const).filter((encoding) => encoding !== proof.keyEncoding)
  const fitting = others.find((encoding) => {
    const key = keyFrom({ ...proof, keyEncoding: encoding }, secret)
    return key !== null && isSigned(body, key)
  })
  if (fitting !== undefined)
    return `the signature was made with the secret read as ${fitting}, expected ${formOf(proof)}`
  const { encoding } = proof
  if (encoding !== 'base64' && signatures.some((signature) => isOtherCase(signature, encoding))) {
    return `expected the signature in ${encoding === 'HEX' ? 'upper' : 'lower'}-case hex, got the other case`
  }
  return `none of ${signatures.length === 1 ? '1 signature' : `${signatures.length} signatures`} fits: another secret, or another body`
}

function rewritten(body: Uint8Array): Buffer[] {
  const text = Buffer.from(body).toString('utf8')
  const forms = [`${text}\n`, text.trimEnd()]
  try {
    const value = JSON.parse(text) as unknown
    forms.push(JSON.stringify(value), JSON.stringify(value, null, 2))
  } catch {
    // Not JSON: it cannot have been written again.
  }
  return forms.map((form) => Buffer.from(form))
}

const isOtherCase = (signature: string, encoding: 'hex' | 'HEX'): boolean =>
  encoding === 'HEX' ? /^[0-9a-f]*[a-f][0-9a-f]*$/.test(signature) : /^[0-9A-F]*[A-F][0-9A-F]*$/.test(signature)

function verifyBasic({ headers, secret }: ReceivedRequest): string | null {
  const header = headers['authorization']
  if (header === undefined) return 'missing header: authorization'
  if (!/^basic /i.test(header)) return 'expected `authorization` to be Basic, got another scheme'
  const isRight = isSame(Buffer.from(header.slice(6).trim(), 'base64').toString('utf8'), secret)
  return isRight ? null : 'another user or another password'
}

function verifyRsa({ body, secret }: ReceivedRequest): string | null {
  const value = objectFrom(body)
  if (value === null) return 'expected the body to be an object in JSON, got something else'
  const { payload, signature, payloadAsString } = value
  if (typeof signature !== 'string' || typeof payloadAsString !== 'string') {
    return 'expected `signature` and `payloadAsString` in the body, got none'
  }
  try {
    if (!createVerify('SHA256').update(payloadAsString).verify(createPublicKey(secret), signature, 'base64')) {
      return 'the signature does not fit `payloadAsString`: another key, or another text'
    }
  } catch {
    return 'expected the secret to be a public key in PEM, got something else'
  }
  const isOne = isDeepStrictEqual(objectFrom(Buffer.from(payloadAsString)), payload)
  return isOne ? null : '`payload` says something else than the signed `payloadAsString`: use the latter'
}

function objectFrom(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** Digests first: they are of one length, and a comparison of them tells nothing by its time. */
function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digestOf(left), digestOf(right))
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
