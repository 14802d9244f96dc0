import { createSign } from 'node:crypto'
import type { Envelope } from './definition.ts'
import type { SignInput } from './sign-request.ts'

/**
 * Makes the body of one attempt around the payload's own bytes, which are never written anew.
 *
 * @throws {RangeError} when `receeve` is asked for without a private key.
 */
export function bodyOf(envelope: Envelope, input: SignInput): Uint8Array {
  switch (envelope) {
    case 'payload':
      return input.message.payload
    case 'bridge':
      return bridgeBody(input)
    case 'crossriver':
      return crossRiverBody(input)
    case 'receeve':
      return receeveBody(input)
  }
}

/** Real events carry milliseconds, `TEST_EVENT` seconds: so do the vendor's own examples. */
function bridgeBody({ message, isTest }: SignInput): Uint8Array {
  const timestamp = isTest ? Math.floor(message.acceptedAt / 1000) : message.acceptedAt
  const behind = `,"timestamp":${timestamp},"type":${JSON.stringify(message.eventType)}}`
  return Buffer.concat([Buffer.from('{"content":'), message.payload, Buffer.from(behind)])
}

/** `Pending` in every push: success is seen only by whoever searches the events. The payload is `{ resources, details? }`. */
function crossRiverBody({ message, sentAt, owner, isTest }: SignInput): Uint8Array {
  const facts = {
    id: message.id,
    eventName: message.eventType,
    status: 'Pending',
    partnerId: owner,
    createdAt: new Date(message.acceptedAt).toISOString(),
    lastAttemptedAt: new Date(sentAt).toISOString(),
    ...(isTest ? { isPing: true } : {}),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(facts).slice(0, -1)},`), behindBrace(message.payload)])
}

/**
 * The proof is inside, over `payloadAsString`: the very bytes of `payload`, so that a receiver may compare either way.
 *
 * Of two keys the older one signs: there is room for one signature, and receivers need the time to take the new key.
 */
function receeveBody(input: SignInput): Uint8Array {
  const key = input.secrets.at(-1)
  if (key === undefined) throw new RangeError('expected `secrets` to be a private key in PEM, got none')
  const payload = receevePayload(input.message)
  const signature = signed(payload, key)
  return Buffer.from(`{"payload":${payload},"signature":"${signature}","payloadAsString":${JSON.stringify(payload)}}`)
}

function receevePayload({ id, eventType, acceptedAt, payload }: SignInput['message']): string {
  const text = Buffer.from(payload).toString('utf8')
  const facts = `"messageId":${JSON.stringify(id)},"timestamp":"${new Date(acceptedAt).toISOString()}"`
  const value = JSON.parse(text) as unknown
  if (isWhole(value)) return `{${facts},${behindBrace(payload).toString('utf8')}`
  const type = `"messageType":${JSON.stringify(eventType)}`
  if (hasType(value)) return `{"details":${text.trim()},${facts}}`
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return `{"details":{${type}${isEmpty ? '}' : `,${behindBrace(payload).toString('utf8')}`},${facts}}`
}

/** A payload that brings `details` with its message type, and perhaps the `user`, is taken as it is. */
function isWhole(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('details' in value)) return false
  return hasType(value.details) && Object.keys(value).every((name) => name === 'details' || name === 'user')
}

const hasType = (value: unknown): boolean => typeof value === 'object' && value !== null && 'messageType' in value

function signed(text: string, pem: string): string {
  try {
    return createSign('SHA256').update(text).sign(pem, 'base64')
  } catch {
    // OpenSSL's own words may quote the key.
    throw new RangeError('expected `secrets` to be a private key in PEM, got something else')
  }
}

/** What stands behind the first brace of an object's text. */
function behindBrace(payload: Uint8Array): Buffer {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  return bytes.subarray(bytes.indexOf('{') + 1)
}
