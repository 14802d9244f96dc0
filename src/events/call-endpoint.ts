import { signRequest, type Profile } from '../profile/profile.ts'
import type { CallEnd, EndpointCaller } from './endpoint-caller.ts'
import type { Endpoint } from './endpoints.ts'
import type { Message } from './messages.ts'
import { isTest } from './test-message.ts'

export interface EndpointCall {
  readonly endpoint: Endpoint
  readonly message: Message
  readonly payload: Uint8Array
  readonly profile: Profile
  /** Those that sign now, newest first. */
  readonly secrets: readonly string[]
  readonly at: number
  /** The app in its owner's words. */
  readonly owner: string
  readonly userAgent: string
}

/**
 * Signs a message as of now, and begins to send it.
 *
 * @throws {RangeError} when it cannot be sent as it is; nothing was sent then.
 */
export function callEndpoint(
  { endpoint, message, payload, profile, secrets, at, owner, userAgent }: EndpointCall,
  caller: EndpointCaller,
  onEnd: (end: CallEnd) => void,
): void {
  const { headers, body } = signRequest(profile, {
    message: { ...message, payload },
    sentAt: at,
    secrets,
    owner,
    isTest: isTest(message),
  })
  const own = ['user-agent', userAgent, ...headers]
  const target = { endpoint: endpoint.key, url: new URL(endpoint.url), timeoutMs: profile.timeoutMs }
  caller.call(target, { headers: withExtra(own, { ...endpoint.headers, ...message.headers }), body }, onEnd)
}

/** Ours, then the endpoint's, then the message's: who comes later has the say. */
function withExtra(own: readonly string[], extra: Readonly<Record<string, string>>): readonly string[] {
  const names = Object.keys(extra)
  if (names.length === 0) return own
  const replaced = new Set(names.map((name) => name.toLowerCase()))
  const kept = own.flatMap((name, at) => (at % 2 === 0 && !replaced.has(name) ? [name, own[at + 1]!] : []))
  return [...kept, ...Object.entries(extra).flat()]
}
