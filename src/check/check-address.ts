import type { Campaign } from '../campaign/campaign.ts'
import type { Settings } from '../campaign/settings.ts'
import type { Problem } from '../errors.ts'
import { describeAddress, isAddressAllowed } from '../request/request.ts'

/**
 * Finds an address in the webhook's origin that the network guard will refuse; names are looked at when they are resolved.
 *
 * A `localhost` that is not written out but comes from a variable is an address too: it never resolves to anything else.
 *
 * @see RFC 6761 §6.3
 */
export function addressProblems({ webhook }: Campaign, settings: Settings): Problem[] {
  const hostname = URL.parse(webhook.origin)?.hostname.replace(/^\[|\]$/g, '')
  if (hostname === undefined) return []
  const address = /^(?:.+\.)?localhost\.?$/i.test(hostname) ? '127.0.0.1' : hostname
  const kind = describeAddress(address)
  const rules = { allow: settings.networkAllow, isLoopbackAllowed: webhook.isLoopbackLiteral }
  if (kind === 'not an address' || isAddressAllowed(address, rules)) return []
  const { file, line } = webhook.path
  const message = `expected webhook.url to be at a public address, got ${hostname} (${kind}): ${todoFor(kind, address)}`
  return [{ file, line, column: null, message }]
}

function todoFor(kind: ReturnType<typeof describeAddress>, address: string): string {
  // What hands out the credentials of this machine is nobody's receiver.
  if (kind === 'metadata service') return "write the receiver's own address"
  const range = `${address}/${address.includes(':') ? 128 : 32}`
  const allow = `network: { campaigns: { allow: ["${range}"] } } into hookcast.yaml`
  return kind === 'loopback'
    ? `write the host itself into webhook.url instead of a variable, or ${allow}`
    : `to call it all the same write ${allow}`
}
