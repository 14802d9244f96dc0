import { hasTemplate, withoutSpans } from './template-span.ts'
import type { Payload } from './campaign.ts'

/** They frame the message or belong to the connection: a second opinion on them is how requests are smuggled. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Literal values of these are credentials, whatever the writer says. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'api-key',
  'apikey',
  'authorization',
  'cookie',
  'x-access-token',
  'x-api-key',
  'x-apikey',
  'x-auth-token',
])

export interface HeaderSurroundings {
  readonly hasAuth: boolean
  /** The header that carries the request id. */
  readonly idempotencyHeader: string
}

/**
 * Says why a campaign may not set a header of this name; null when it may.
 *
 * @see RFC 9110, sections 7.6.1 (connection) and 7.2 (Host); RFC 9112, section 6.
 */
export function headerNameRefusal(name: string, { hasAuth, idempotencyHeader }: HeaderSurroundings): string | null {
  const lower = name.toLowerCase()
  if (CONNECTION_HEADERS.has(lower) || lower.startsWith('proxy-')) return 'belongs to the connection'
  if (lower.startsWith('x-hookcast-')) return 'is set by hookcast'
  if (lower === 'accept-encoding') return 'is set by hookcast: answers are read as they come, uncompressed'
  if (lower === idempotencyHeader.toLowerCase() || lower === 'idempotency-key') {
    return 'is set by hookcast to the request id: webhook.idempotency.header names the header'
  }
  if (lower === 'authorization' && hasAuth) return 'contradicts webhook.auth'
  return null
}

/** Says what is wrong with the written part of a header's value; what templates print is checked when it is rendered. */
export function headerValueRefusal(value: string): string | null {
  const literal = withoutSpans(value, '')
  if (/(?!\t)\p{Cc}/u.test(literal)) return 'hold no line break or control character, got one'
  if (/[^\t\x20-\x7e]/.test(literal))
    return 'be visible ASCII, got other characters: percent-encode them or move them to the body'
  return null
}

/** A literal credential in a header that is not marked secret. `type: public` is taken as a decision, but for Authorization. */
export function isLiteralCredential(header: {
  name: string
  value: string
  type?: string | null | undefined
}): boolean {
  const lower = header.name.toLowerCase()
  if (!CREDENTIAL_HEADERS.has(lower) || hasTemplate(header.value)) return false
  return lower === 'authorization' || header.type !== 'public'
}

/**
 * What a Content-Type says about the body; null when it cannot be known.
 *
 * A type that is none of ours is `text`: nothing is escaped for a format that we do not know.
 * @see RFC 6839 (structured suffixes).
 */
export function payloadFromContentType(value: string): Payload | null {
  if (hasTemplate(value)) return null
  const type = value.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === '') return null
  if (/^(application|text)\/json$|\+json$/.test(type)) return 'json'
  if (/^(application|text)\/xml$|\+xml$/.test(type)) return 'xml'
  return type === 'application/x-www-form-urlencoded' ? 'form' : 'text'
}
