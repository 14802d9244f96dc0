import { X509Certificate } from 'node:crypto'
import { parseWebhookUrl } from '../campaign/webhook-url.ts'
import { hasTemplate } from '../campaign/template-span.ts'
import { HookcastError } from '../errors.ts'
import {
  basicAuthorization,
  bearerAuthorization,
  checkHeader,
  redactUrl,
  type NetworkRules,
} from '../request/request.ts'
import type { Payload } from './payload.ts'

/** A header: name and value. */
export type HeaderLine = readonly [name: string, value: string]

/** What proves who calls. */
export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'headers'; readonly headers: readonly HeaderLine[] }
  | { readonly kind: 'none' }

/** What is to be checked, and with what. */
export interface Endpoint {
  readonly origin: string
  /** Path and query, percent-encoded. */
  readonly path: string
  /** Without what a URL must not show. */
  readonly printableUrl: string
  readonly hostname: string
  readonly isTls: boolean
  /** Plain http to another machine: nothing is sent then. */
  readonly isInClear: boolean
  /** Headers that are no credentials. */
  readonly headers: readonly HeaderLine[]
  readonly credentials: Credentials
  readonly payload: Payload
  /** Trusted besides the default store, in PEM. */
  readonly ca: string | null
  readonly network: NetworkRules
}

export interface EndpointParts extends Pick<Endpoint, 'headers' | 'credentials' | 'payload' | 'ca'> {
  readonly url: string
  /** Private ranges that may be called. */
  readonly networkAllow: readonly string[]
}

/** Headers that tell one request from another, or a test from a campaign. */
const OWN_HEADER = /^(idempotency-key|x-hookcast-.*)$/i

/**
 * Puts together what is to be checked.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when the URL, a header or the credentials cannot be sent, never with a value; or
 *   when `ca` holds no certificate.
 */
export function createEndpoint({ url, networkAllow, headers, credentials, payload, ca }: EndpointParts): Endpoint {
  const { origin, isLoopbackLiteral, isInsecure, path } = placeOf(url)
  for (const [name, value] of [...headers, ...(credentials.kind === 'headers' ? credentials.headers : [])]) {
    const refusal = OWN_HEADER.test(name) ? `expected no header \`${name}\`: it is set by hookcast` : null
    const told = refusal ?? checkHeader(name, value)
    if (told !== null) throw new HookcastError('HOOKCAST_USAGE', told)
  }
  proofOf(credentials)
  checkAuthority(ca)
  const { protocol, hostname } = new URL(origin)
  return {
    origin,
    path,
    printableUrl: redactUrl(url),
    hostname: hostname.replace(/^\[|\]$/g, ''),
    isTls: protocol === 'https:',
    isInClear: isInsecure,
    headers,
    credentials,
    payload,
    ca,
    network: { allow: networkAllow, isLoopbackAllowed: isLoopbackLiteral },
  }
}

/** The headers that the right credentials are sent in. */
export function proofOf(credentials: Credentials): readonly HeaderLine[] {
  try {
    switch (credentials.kind) {
      case 'basic':
        return [['Authorization', basicAuthorization(credentials.user, credentials.password)]]
      case 'bearer':
        return [['Authorization', bearerAuthorization(credentials.token)]]
      case 'headers':
        return credentials.headers
      case 'none':
        return []
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new HookcastError('HOOKCAST_USAGE', error.message, { cause: error })
  }
}

/** Headers of the same kind in which the secret is another one: `madeUp` in place of the password, token or key. */
export function wrongProofOf(credentials: Credentials, madeUp: string): readonly HeaderLine[] {
  switch (credentials.kind) {
    case 'basic':
      return proofOf({ ...credentials, password: madeUp })
    case 'bearer':
      return proofOf({ ...credentials, token: madeUp })
    case 'headers':
      return credentials.headers.map(([name]) => [name, madeUp])
    case 'none':
      return proofOf({ kind: 'basic', user: 'hookcast-check', password: madeUp })
  }
}

/** Everything that must not be seen in any output, however it was written on its way. */
export function secretsOf(credentials: Credentials): readonly string[] {
  const plain = [
    ...proofOf(credentials).map(([, value]) => value.replace(/^(Basic|Bearer) /, '')),
    ...(credentials.kind === 'basic' ? [credentials.password] : []),
  ]
  const written = plain.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    Buffer.from(secret).toString('base64'),
  ])
  // Longest first: a short one may be a part of another.
  return [...new Set(written)].filter((text) => text !== '').toSorted((a, b) => b.length - a.length)
}

function checkAuthority(ca: string | null): void {
  try {
    if (ca !== null) void new X509Certificate(ca)
  } catch (cause) {
    const message = 'expected `--ca` to be certificates in PEM, got something else'
    throw new HookcastError('HOOKCAST_USAGE', message, { cause })
  }
}

function refuseUrl(message: string): never {
  throw new HookcastError('HOOKCAST_USAGE', message)
}

function placeOf(url: string): NonNullable<ReturnType<typeof parseWebhookUrl>> {
  if (/^[^/?#]*\/\/[^/?#]*@/.test(url)) {
    refuseUrl('expected `url` to hold no user name or password, got some: they go into --user and --password-env')
  }
  if (hasTemplate(url) || url.includes('${')) {
    refuseUrl('expected `url` to be written out, got a template or a variable in it')
  }
  // The same rules as for a campaign, which speak of the key in its file.
  const report = (message: string): never => refuseUrl(message.replaceAll('webhook.url', '`url`'))
  const place = parseWebhookUrl(url, { isInsecureHttpAllowed: true, valueOf: () => null, report })
  return place ?? refuseUrl('expected `url` to be like https://sms.example.com/v1/messages, got something else')
}
