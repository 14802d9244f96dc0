import type { CallResult } from './exchange.ts'
import { describeAddress, refuseAddress, refuseTarget } from './network-guard.ts'
import type { EventNetwork } from './network-guard.ts'
import { checkPath } from './header.ts'
import { targetFromOrigin } from './url.ts'

/** What every server should take (RFC 9110 §4.1). */
const URL_LIMIT = 8_000

/** What a stranger is told of everything that lies between us and the endpoint, so that nobody maps a network with it. */
export const UNREACHABLE = 'Endpoint could not be reached'

/** Failures that tell where an address leads, what is open there, or how we get out. */
const NOT_TOLD = new Set(['blocked', 'connect', 'dns', 'timeout', 'proxy', 'local'])

/**
 * Says in words why a stranger may not register this URL; null when it may be registered.
 *
 * The words hold nothing but what they wrote and the published rules. Names are looked at when they are resolved, at
 * every connection.
 */
export function checkEndpointUrl(text: string, rules: EventNetwork): string | null {
  // `URL` drops tabs and line breaks in silence, and takes `\\` for `/`.
  if (/[\p{Cc}\s\\]/u.test(text)) return 'expected `url` to be free of blanks, control characters and backslashes'
  const url = URL.parse(text)
  const schemes = rules.isHttpAllowed ? /^https?:$/ : /^https:$/
  if (url === null || !schemes.test(url.protocol) || url.hostname === '') {
    return `expected \`url\` to be like ${rules.isHttpAllowed ? 'http(s)' : 'https'}://host/path, got something else`
  }
  if (text.length > URL_LIMIT) return `expected \`url\` to have at most ${URL_LIMIT} characters, got ${text.length}`
  if (url.username !== '' || url.password !== '') return 'expected `url` to be without user name and password, got one'
  if (url.hash !== '') return 'expected `url` to end before its fragment, got #'
  const path = checkPath(`${url.pathname}${url.search}`)
  if (path !== null) return path
  const target = targetFromOrigin(url.origin)
  if (refuseTarget(target, rules) !== null) {
    return `expected \`url\` to be at port ${rules.ports.join(' or ')} (network.events.ports in hookcast.yaml), got ${target.port}`
  }
  const isAddress = describeAddress(target.hostname) !== 'not an address'
  return isAddress && refuseAddress(target.hostname, target, rules) !== null ? UNREACHABLE : null
}

/** A call as the stranger who registered its endpoint may see it. */
export interface StrangersView {
  /** Null when an answer came. */
  readonly message: string | null
  /** Null where the time would tell what the message does not. */
  readonly latencyMs: number | null
}

/** Says of a call what the stranger who registered its endpoint may know. */
export function strangersView({ answer, latencyMs }: Pick<CallResult, 'answer' | 'latencyMs'>): StrangersView {
  if (answer.kind === 'answered') return { message: null, latencyMs }
  if (NOT_TOLD.has(answer.code)) return { message: UNREACHABLE, latencyMs: null }
  return { message: answer.message, latencyMs }
}
