import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { CODES, Refusal } from './answer.ts'

export interface AddressRules {
  /** Addresses and networks that may call; empty: everybody. */
  readonly ipAllow: readonly string[]
  /** Proxies whose X-Forwarded-For is believed; empty: none, the header is ignored. */
  readonly trustProxy: readonly string[]
}

export type AddressCheck = (incoming: IncomingMessage) => void

/**
 * Lets in who is on the list, also behind proxies.
 *
 * X-Forwarded-For is read from its end: each trusted proxy wrote the address of whoever called it, and the first
 * one that is not a trusted proxy is the caller. What stands before that was written by the caller and means nothing.
 */
export function createAddressCheck({ ipAllow, trustProxy }: AddressRules): AddressCheck {
  if (ipAllow.length === 0) return () => undefined
  const allowed = networkList(ipAllow)
  const trusted = networkList(trustProxy)
  return (incoming) => {
    const address = callerOf(incoming, trusted)
    if (address !== null && contains(allowed, address)) return
    const description = `Calls from ${address ?? 'an unknown address'} are not accepted.`
    throw new Refusal(403, { code: CODES.forbidden, description })
  }
}

/** @throws {RangeError} with the entry that is no address or network. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix, more] = network.split('/')
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    const bits = prefix === undefined ? most : /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN
    if (family === 0 || more !== undefined || !(bits <= most)) throw new RangeError(JSON.stringify(network))
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

function callerOf(incoming: IncomingMessage, trusted: BlockList): string | null {
  const header = incoming.headers['x-forwarded-for']
  const forwarded = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  let address = plain(incoming.socket.remoteAddress ?? '')
  while (address !== null && contains(trusted, address)) {
    const before = forwarded.pop()
    if (before === undefined || before.trim() === '') break
    address = plain(before.trim())
  }
  return address
}

/** An address as the lists have it: without a port, without the IPv6 writing of an IPv4 address. */
function plain(text: string): string | null {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(address) === 0 ? null : address
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}
