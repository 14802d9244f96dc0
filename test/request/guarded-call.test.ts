import { isIP } from 'node:net'
import { describe, expect } from 'vitest'
import { CallClient, Resolver } from '../../src/request/request.ts'
import type { Lookup, NetworkRules } from '../../src/request/request.ts'
import { createProxy } from '../support/proxy.ts'
import { FORBIDDEN } from './address-table.ts'
import { answered, callOnce, failed, LOOPBACK, test } from './fixture.ts'

const POLICIES: readonly (readonly [string, NetworkRules])[] = [
  ['campaign', { allow: [], isLoopbackAllowed: false }],
  ['event endpoint', { policy: 'event', allow: [], isHttpAllowed: true, ports: [8080], ownPorts: [] }],
]

function lookupOf(...addresses: readonly string[]): Lookup {
  return (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    )
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

describe('the network guard', () => {
  for (const [policy, network] of POLICIES) {
    // A zone id stands in no URL.
    const addresses = FORBIDDEN.filter(([address]) => !address.includes('%'))

    test.for(addresses)(
      `lets no ${policy} reach %s (%s), written, named, mixed or by proxy`,
      async ([address], { connect }) => {
        await using proxy = await createProxy()
        const egress = { kind: 'proxy', origin: proxy.url, authorization: null } as const
        const literal = new URL(`http://${hostOf(address)}:8080`).origin
        const named = 'http://shop.test:8080'
        const own = new Resolver({ lookup: lookupOf(address) })
        const mixed = new Resolver({ lookup: lookupOf('93.184.216.34', '2606:2800:21f::1', address) })
        const clients = [
          connect(literal, { network }),
          connect(literal, { network, egress }),
          connect(named, { network, resolver: own }),
          connect(named, { network, egress, resolver: own }),
          connect(named, { network, resolver: mixed }),
          connect(named, { network, egress, resolver: mixed }),
        ]
        const results = await Promise.all(clients.map((client) => callOnce(client)))

        expect(results.map((result) => failed(result).code)).toEqual(clients.map(() => 'blocked'))
        expect(proxy.asked).toEqual([])
      },
    )
  }

  test.for([
    [
      '127.0.0.1',
      ['2130706433', '0x7f.1', '0x7f000001', '127.1', '0177.0.0.1', '017700000001', '①②⑦.⓪.⓪.①', '127.0.0.1.'],
    ],
    ['0.0.0.0', ['0', '0x0', '00.0']],
    ['[::ffff:7f00:1]', ['[::ffff:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:1]']],
    ['169.254.169.254', ['2852039166', '0xa9fea9fe', '169.16689662', '０xa9.254.169.254', '169。254。169。254']],
  ] as const)('sees %s however it is written', async ([meant, written], { connect }) => {
    for (const host of written) {
      const { origin, hostname } = new URL(`http://${host}/`)
      expect([host, hostname]).toEqual([host, meant])
      const client = connect(origin, { network: { allow: [], isLoopbackAllowed: false } })
      expect([host, failed(await callOnce(client)).code]).toEqual([host, 'blocked'])
    }
  })

  test('sees the host behind a user name that looks like one', () => {
    const options = { connections: 1, timeoutMs: 1_000, ca: null, network: LOOPBACK }
    for (const origin of ['http://127.0.0.1%2f@evil.com', 'http://evil.com@127.0.0.1', 'http://a:b@shop.test']) {
      expect(() => new CallClient({ ...options, origin })).toThrow('expected `origin` to be like https://host:port')
    }
  })

  test.for([
    'unix:/var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock',
    'file:///etc/passwd',
    'ftp://a.test',
  ])('calls nothing but http and https: %s', (origin) => {
    const options = { origin, connections: 1, timeoutMs: 1_000, ca: null, network: LOOPBACK }
    expect(() => new CallClient(options)).toThrow('expected `origin` to be like https://host:port')
  })

  test.for([301, 302, 303, 307, 308])(
    'needs to look at no redirect: a %i is not followed',
    async (status, { receive, connect }) => {
      const inside = await receive()
      const receiver = await receive({ answer: () => ({ status, headers: { location: `${inside.url}/secret` } }) })

      expect(answered(await callOnce(connect(receiver.url))).httpStatus).toBe(status)
      expect(inside.connections).toBe(0)
    },
  )

  test('has nothing to do with sockets of this machine: no option of a call leads to one', async ({
    receive,
    connect,
  }) => {
    const receiver = await receive()
    const odd = { socketPath: '/var/run/docker.sock', origin: 'http://169.254.169.254', path: '/mine' }
    const result = await callOnce(connect(receiver.url), odd)

    expect(answered(result).httpStatus).toBe(200)
    expect(receiver.requests.map(({ path, headers }) => [path, headers['host']])).toEqual([
      ['/mine', `127.0.0.1:${receiver.port}`],
    ])
  })
})
