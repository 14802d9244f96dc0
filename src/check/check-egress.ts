import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Campaign, EgressPool } from '../campaign/campaign.ts'
import type { Settings } from '../campaign/settings.ts'
import type { Problem } from '../errors.ts'

/** Finds addresses of the campaign's pool that no connection could leave from, before one is tried. */
export function egressProblems({ webhook, file }: Campaign, settings: Settings): Problem[] {
  const pool = webhook.egress
  if (pool === null || pool.kind !== 'addresses') return []
  const at = (message: string): Problem => ({ file: settings.file ?? file, line: pool.line, column: null, message })
  const families = familyProblems(pool, webhook.origin).map(at)
  // Over Redis the calls leave from workers: which pools they have is theirs to say.
  if (settings.redis !== null) return families
  const local = localAddresses()
  const foreign = foreignAddresses(pool).map((address) =>
    at(
      `expected egress.${pool.name}.addresses to be addresses of this machine, got ${address}: it has ${local.join(', ')}`,
    ),
  )
  return [...foreign, ...families]
}

/** Names of the pools that calls can leave by from this machine. */
export function usablePools({ egress }: Settings): string[] {
  const pools = Object.entries(egress)
  return pools.flatMap(([name, pool]) => (pool.kind === 'proxy' || foreignAddresses(pool).length === 0 ? [name] : []))
}

function foreignAddresses({ addresses }: Extract<EgressPool, { kind: 'addresses' }>): string[] {
  const local = localAddresses()
  return addresses.filter((address) => !isLocal(address, local))
}

/** A receiver that is written as an address has one family; a name may have both. */
function familyProblems({ name, addresses }: Extract<EgressPool, { kind: 'addresses' }>, origin: string): string[] {
  const hostname = URL.parse(origin)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  const family = isIP(hostname)
  if (family === 0 || addresses.some((address) => isIP(address) === family)) return []
  return [
    `expected egress.${name}.addresses to hold an IPv${family} address, as webhook.url is at ${hostname}, got none`,
  ]
}

/** The addresses of this machine as its interfaces tell them, without those that go by an interface's name. */
function localAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((found) => (found === undefined ? [] : [found.address]))
}

/** Linux has all of 127.0.0.0/8 on its loopback interface, which tells 127.0.0.1 alone. */
function isLocal(address: string, local: readonly string[]): boolean {
  if (process.platform === 'linux' && address.startsWith('127.') && local.includes('127.0.0.1')) return true
  const plain = plainAddress(address)
  return local.some((found) => plainAddress(found) === plain)
}

/** IPv6 has many spellings of one address; a zone is none of it. */
function plainAddress(address: string): string {
  const [bare = ''] = address.split('%')
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname : bare
}
