import { networkInterfaces } from 'node:os'
import { isInRange, parseAddress, parseRange } from './address.ts'
import type { Address, Range } from './address.ts'
import type { Target } from './url.ts'

/** Which addresses the webhook of a campaign may call besides the public ones: operators write it. */
export interface CampaignNetwork {
  readonly policy?: 'campaign'
  /** Ranges that may be called although they are not public: `10.0.0.0/8`, `fd00::/8`, or one address. */
  readonly allow: readonly string[]
  /** The campaign's origin is literally loopback (`http://127.0.0.1:8080`, `http://localhost`). */
  readonly isLoopbackAllowed: boolean
}

/** Where the endpoints of event webhooks may be: strangers register them. */
export interface EventNetwork {
  readonly policy: 'event'
  /** As a campaign's, and apart from it: what one may call opens nothing to the other. */
  readonly allow: readonly string[]
  readonly isHttpAllowed: boolean
  readonly ports: readonly number[]
  /** Where this service itself listens: no endpoint is there on an address of this machine. */
  readonly ownPorts: readonly number[]
}

export type NetworkRules = CampaignNetwork | EventNetwork

/** What an address is, in one or two words; `public` is all that may be called without a rule. */
export type AddressKind =
  | 'public'
  | 'metadata service'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'multicast'
  | 'unspecified'
  | 'shared address space'
  | 'documentation'
  | 'benchmarking'
  | 'IPv4 embedded in IPv6'
  | 'reserved'

/** Cloud services that hand out credentials to whoever can call them; some lie in public or in commonly allowed ranges. */
const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]

/** The first range that holds an address names it: narrow ones stand before wide ones. */
const KINDS: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['metadata service', METADATA],
  ['unspecified', ['0.0.0.0/8', '::/128']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['shared address space', ['100.64.0.0/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20']],
  ['benchmarking', ['198.18.0.0/15', '2001:2::/48']],
  // IPv4-compatible, NAT64, 6to4 and its relays, Teredo: a private IPv4 address may hide in each.
  ['IPv4 embedded in IPv6', ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '192.88.99.0/24', '2001::/32']],
  ['reserved', ['192.0.0.0/24', '240.0.0.0/4', '2001::/23']],
  // Global unicast is 2000::/3 (RFC 4291, RFC 3587): what lies outside is not handed out.
  ['public', ['0.0.0.0/0', '2000::/3']],
]

const TABLE = KINDS.flatMap(([kind, ranges]) => ranges.map((text) => ({ kind, range: rangeFrom(text) })))

function rangeFrom(text: string): Range {
  const range = parseRange(text)
  if (range === null)
    throw new RangeError(`expected \`allow\` to be an address or a range like 10.0.0.0/8, got ${text}`)
  return range
}

function kindOf(address: Address): AddressKind {
  return TABLE.find(({ range }) => isInRange(address, range))?.kind ?? 'reserved'
}

/**
 * Says what an address is: `loopback`, `private`, `metadata service`, `public`…
 *
 * Names are not addresses: `not an address`.
 */
export function describeAddress(text: string): AddressKind | 'not an address' {
  const address = parseAddress(text)
  return address === null ? 'not an address' : kindOf(address)
}

/**
 * Tells whether a connection to this very address may be made.
 *
 * It looks at parsed addresses only: `127.1`, `0x7f.1` and names have to be resolved first. A metadata service is
 * opened by nothing but its own single address in `allow`: people who open 100.64.0.0/10 do not mean 100.100.100.200.
 *
 * @throws {RangeError} when an entry of `allow` is neither an address nor a range.
 */
export function isAddressAllowed(text: string, rules: NetworkRules): boolean {
  const ranges = rules.allow.map(rangeFrom)
  const address = parseAddress(text)
  if (address === null) return false
  const kind = kindOf(address)
  if (kind === 'public') return true
  if (kind === 'loopback' && rules.policy !== 'event' && rules.isLoopbackAllowed) return true
  const bits = address.family === 4 ? 32 : 128
  return ranges.some((range) => isInRange(address, range) && (kind !== 'metadata service' || range.prefix === bits))
}

/**
 * Says why no connection to this address may be made for this target; null when one may.
 *
 * The words are for the operator: where a stranger's endpoint leads is not told to the stranger.
 */
export function refuseAddress(address: string, target: Target, rules: NetworkRules): string | null {
  const via = address === target.hostname ? '' : ` for ${target.hostname}`
  if (!isAddressAllowed(address, rules))
    return `Address may not be called: ${address} (${describeAddress(address)})${via}`
  if (rules.policy !== 'event' || !rules.ownPorts.includes(target.port) || !isOwnAddress(address)) return null
  return `Address may not be called: ${address} port ${target.port} (this service itself)${via}`
}

/** Says why this target may not be called whatever its address is; null when it may. */
export function refuseTarget({ isTls, port, origin }: Target, rules: NetworkRules): string | null {
  if (rules.policy !== 'event') return null
  if (!isTls && !rules.isHttpAllowed) return `Endpoint may not be called over plain http: ${origin}`
  return rules.ports.includes(port)
    ? null
    : `Port may not be called (${rules.ports.join(', ')} may: network.events.ports): ${origin}`
}

function isOwnAddress(text: string): boolean {
  const address = parseAddress(text)
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)
  // All of 127.0.0.0/8 leads here, though the interface has one address of it.
  if (describeAddress(text) === 'loopback') return true
  return own.some((mine) => {
    const other = parseAddress(mine.address)
    return other?.family === address?.family && other?.value === address?.value
  })
}

/** Says in words what is wrong with an entry of `network.….allow`; null when it is an address or a range. */
export function checkRange(text: string): string | null {
  return parseRange(text) === null ? 'expected an address or a range such as "10.0.0.0/8"' : null
}
