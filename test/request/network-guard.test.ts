import { BlockList } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkRange, describeAddress, isAddressAllowed } from '../../src/request/request.ts'
import { FORBIDDEN } from './address-table.ts'

const STRICT = { allow: [], isLoopbackAllowed: false } as const

const ALLOWED = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2606:4700:4700::1111',
  '2a00:1450:4014:80e::200e',
  '2001:200::1',
  '2001:4860:4860::8888',
]

describe('isAddressAllowed', () => {
  test.each(FORBIDDEN)('refuses %s (%s)', (address, kind) => {
    expect([isAddressAllowed(address, STRICT), describeAddress(address)]).toEqual([false, kind])
  })

  test.each(ALLOWED)('allows %s', (address) => {
    expect([isAddressAllowed(address, STRICT), describeAddress(address)]).toEqual([true, 'public'])
  })

  test.each(['', 'localhost', '127.1', '0x7f.1', '2130706433', '127.0.0.1.', '[::1]', '1.2.3.4/8', '::ffff:1.2.3'])(
    'refuses %j, which is no address',
    (text) => {
      expect([isAddressAllowed(text, STRICT), describeAddress(text)]).toEqual([false, 'not an address'])
    },
  )

  test('opens loopback and nothing else for an origin that is literally loopback', () => {
    const rules = { allow: [], isLoopbackAllowed: true }
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
      expect(isAddressAllowed(address, rules)).toBe(true)
    }
    for (const [address, kind] of FORBIDDEN) {
      if (kind !== 'loopback') expect([address, isAddressAllowed(address, rules)]).toEqual([address, false])
    }
  })

  test('opens what the operator lists, to the bit', () => {
    const rules = { allow: ['10.1.0.0/16', '192.168.7.9', 'fd12::/16'], isLoopbackAllowed: false }
    for (const address of ['10.1.0.0', '10.1.255.255', '192.168.7.9', '::ffff:10.1.2.3', 'fd12:ffff::1']) {
      expect([address, isAddressAllowed(address, rules)]).toEqual([address, true])
    }
    for (const address of ['10.0.255.255', '10.2.0.0', '192.168.7.8', 'fd13::', '127.0.0.1']) {
      expect([address, isAddressAllowed(address, rules)]).toEqual([address, false])
    }
  })

  test('opens a metadata service only to its own address', () => {
    const wide = { allow: ['169.254.0.0/16', '100.64.0.0/10', 'fc00::/7', '0.0.0.0/0'], isLoopbackAllowed: false }
    const exact = { allow: ['169.254.169.254', 'fd00:ec2::254/128'], isLoopbackAllowed: false }
    for (const address of ['169.254.169.254', '100.100.100.200', 'fd00:ec2::254', '168.63.129.16']) {
      expect([address, isAddressAllowed(address, wide)]).toEqual([address, false])
    }
    expect(isAddressAllowed('169.254.169.254', exact)).toBe(true)
    expect(isAddressAllowed('fd00:ec2::254', exact)).toBe(true)
  })

  test.each([
    ['ipv4', fc.ipV4(), 32],
    ['ipv6', fc.ipV6(), 128],
  ] as const)('agrees with the range check of Node on any %s address and range', (family, texts, bits) => {
    // Mapped addresses are IPv4 ones here, and have no ranges.
    const addresses = texts.filter((text) => !/^(?:0*:)+:?ffff:/i.test(text))
    fc.assert(
      fc.property(addresses, addresses, fc.nat(bits), (text, start, prefix) => {
        const kind = describeAddress(text)
        fc.pre(kind !== 'public' && kind !== 'metadata service')
        const oracle = new BlockList()
        oracle.addSubnet(start, prefix, family)
        const rules = { allow: [`${start}/${prefix}`], isLoopbackAllowed: false }
        expect(isAddressAllowed(text, rules)).toBe(oracle.check(text, family))
      }),
    )
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    'fd00::/129',
    '10.0.0/8',
    'localhost',
    '',
    '1.2.3.4/8/8',
    '::ffff:10.0.0.0/104',
  ])('is told by checkRange that %j is no range, and throws on it', (range) => {
    expect(checkRange(range)).toBe('expected an address or a range such as "10.0.0.0/8"')
    expect(() => isAddressAllowed('1.1.1.1', { allow: [range], isLoopbackAllowed: false })).toThrow(RangeError)
  })

  test.each(['10.0.0.0/8', '10.0.0.1', 'fd00::/8', '::/0', '0.0.0.0/0'])('takes %j for a range', (range) => {
    expect(checkRange(range)).toBeNull()
  })
})
