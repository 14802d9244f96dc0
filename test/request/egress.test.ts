import { existsSync, readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { Resolver } from '../../src/request/request.ts'
import type { Lookup } from '../../src/request/request.ts'
import { answered, callOnce, failed, test } from './fixture.ts'

const HAS_IPV6 = existsSync('/proc/net/if_inet6') && /^0{31}1 /m.test(readFileSync('/proc/net/if_inet6', 'utf8'))

function addresses(...list: readonly string[]): { readonly kind: 'addresses'; readonly addresses: readonly string[] } {
  return { kind: 'addresses', addresses: list }
}

/** A resolver that knows these addresses for every name. */
function knowing(...list: readonly { readonly address: string; readonly family: number }[]): Resolver {
  const lookup: Lookup = (_hostname, _options, callback) => callback(null, [...list])
  return new Resolver({ lookup })
}

describe('an egress pool of addresses', () => {
  test('is left from in turn, over connections that are kept', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url, { egress: addresses('127.0.0.2', '127.0.0.3') })
    for (let n = 0; n < 6; n++) answered(await callOnce(client))

    const [two, three] = ['127.0.0.2', '127.0.0.3']
    expect(receiver.requests.map(({ from }) => from)).toEqual([two, three, two, three, two, three])
    expect(receiver.connections).toBe(2)
  })

  test('carries as many calls at once as there may be, each address its part', async ({ receive, connect }) => {
    const released = Promise.withResolvers<object>()
    const receiver = await receive({ answer: () => released.promise })
    const client = connect(receiver.url, {
      connections: 7,
      egress: addresses('127.0.0.2', '127.0.0.3', '127.0.0.4'),
    })
    const pending = Array.from({ length: 7 }, () => callOnce(client))
    await receiver.waitFor(7)
    expect([client.inFlight, client.idle]).toEqual([7, 0])
    released.resolve({})
    for (const result of await Promise.all(pending)) answered(result)
    const counts = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(
      (address) => receiver.requests.filter(({ from }) => from === address).length,
    )
    expect(counts).toEqual([3, 2, 2])
  })

  test('leaves an address out whose connections are all in use', async ({ receive, connect }) => {
    const slow = Promise.withResolvers<object>()
    const receiver = await receive({ answer: (_request, n) => (n === 0 ? slow.promise : {}) })
    const client = connect(receiver.url, { connections: 2, egress: addresses('127.0.0.2', '127.0.0.3') })
    const first = callOnce(client)
    await receiver.waitFor(1)
    for (let n = 0; n < 3; n++) answered(await callOnce(client))
    slow.resolve({})
    answered(await first)

    expect(receiver.requests.map(({ from }) => from)).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.3', '127.0.0.3'])
    expect(receiver.maxInFlight).toBe(2)
  })

  test('that is not of this machine is trouble of our own, and nothing has left', async ({ receive, connect }) => {
    const receiver = await receive()
    const result = await callOnce(connect(receiver.url, { egress: addresses('192.0.2.1') }))

    expect(failed(result)).toMatchObject({ code: 'local', mayHaveArrived: false })
    expect(failed(result).message).toContain('No local address or port is free')
    expect(receiver.connections).toBe(0)
  })

  test('of another family than the receiver says so', async ({ connect }) => {
    const four = await callOnce(connect('http://[::1]:9', { egress: addresses('127.0.0.2') }))
    expect(failed(four)).toMatchObject({
      code: 'local',
      message: 'Egress pool has IPv4 addresses only, where the receiver has IPv6 only: http://[::1]:9',
    })
    const six = await callOnce(connect('http://127.0.0.1:9', { egress: addresses('::1') }))
    expect(failed(six).message).toContain('Egress pool has IPv6 addresses only, where the receiver has IPv4 only')
  })

  test.skipIf(!HAS_IPV6)('reaches each receiver from an address of its family', async ({ receive, connect }) => {
    const six = await receive({ host: '::1' })
    const four = await receive()
    const egress = addresses('127.0.0.2', '::1', '127.0.0.3')
    const overSix = connect(six.url, { egress, connections: 3 })
    const overFour = connect(four.url, { egress, connections: 3 })
    for (let n = 0; n < 3; n++) {
      answered(await callOnce(overSix))
      answered(await callOnce(overFour))
    }
    expect(new Set(six.requests.map(({ from }) => from))).toEqual(new Set(['::1']))
    expect(new Set(four.requests.map(({ from }) => from))).toEqual(new Set(['127.0.0.2', '127.0.0.3']))
  })

  test('tries the next address of the receiver when one is dead', async ({ receive, connect }) => {
    const receiver = await receive()
    const resolver = knowing({ address: '127.0.0.9', family: 4 }, { address: '127.0.0.1', family: 4 })
    const client = connect(`http://receiver.test:${receiver.port}`, { egress: addresses('127.0.0.2'), resolver })

    expect(answered(await callOnce(client)).httpStatus).toBe(200)
    expect(receiver.requests[0]).toMatchObject({ from: '127.0.0.2' })
  })

  test('is under the network guard as every connection is', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url, {
      egress: addresses('127.0.0.2'),
      network: { allow: [], isLoopbackAllowed: false },
    })

    expect(failed(await callOnce(client)).code).toBe('blocked')
    expect(receiver.connections).toBe(0)
  })

  test('has at least one address', ({ connect }) => {
    expect(() => connect('http://127.0.0.1:9', { egress: addresses() })).toThrow(
      'expected `egress` to have an address, got none',
    )
  })
})
