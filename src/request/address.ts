import { isIPv4, isIPv6 } from 'node:net'

/** An IP address as a number. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address inside it. */
export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

export interface Range extends Address {
  /** Leading bits that count. */
  readonly prefix: number
}

const MAPPED_PREFIX = 0xffffn

function numberFromIpv4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function numberFromIpv6(text: string): bigint {
  const dotted = text.lastIndexOf(':') + 1
  let hex = text
  if (text.includes('.')) {
    const inner = numberFromIpv4(text.slice(dotted))
    hex = `${text.slice(0, dotted)}${(inner >> 16n).toString(16)}:${(inner & 0xffffn).toString(16)}`
  }
  const [head = '', tail] = hex.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

/** Reads an address as `net` prints it, with or without a zone; null for anything else, host names included. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return { family: 4, value: numberFromIpv4(text) }
  if (!isIPv6(text)) return null
  const value = numberFromIpv6(text.split('%')[0] ?? '')
  return value >> 32n === MAPPED_PREFIX ? { family: 4, value: value & 0xffffffffn } : { family: 6, value }
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address; null for anything else. */
export function parseRange(text: string): Range | null {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const address = parseAddress(addressText)
  if (address === null || rest.length > 0) return null
  const bits = bitsOf(address)
  if (prefixText === undefined) return { ...address, prefix: bits }
  // A mapped range has no one meaning: its prefix counts 128 bits, its address 32.
  if (!/^\d{1,3}$/.test(prefixText) || addressText.includes(':') !== (address.family === 6)) return null
  const prefix = Number(prefixText)
  return prefix <= bits ? { ...address, prefix } : null
}

function bitsOf(address: Address): number {
  return address.family === 4 ? 32 : 128
}

export function isInRange(address: Address, range: Range): boolean {
  if (address.family !== range.family) return false
  const shift = BigInt(bitsOf(address) - range.prefix)
  return address.value >> shift === range.value >> shift
}
