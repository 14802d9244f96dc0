import type { LookupAddress } from 'node:dns'
import { describe, expect } from 'vitest'
import type { Lookup } from '../../src/request/request.ts'
import { Resolver } from '../../src/request/request.ts'
import { answered, callInChild, callOnce, failed, LOOPBACK, test } from './fixture.ts'

const STRICT = { allow: [], isLoopbackAllowed: false } as const

/** A system resolver that gives each list of addresses once, then the last one again. */
function lookupOf(...answers: readonly (readonly string[])[]): Lookup {
  let n = 0
  return (_hostname, _options, callback) => {
    const addresses = answers[Math.min(n++, answers.length - 1)] ?? []
    const found = addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }))
    setImmediate(() => callback(null, found))
  }
}

describe('a connection that cannot be made', () => {
  test('is refused where nobody listens', async ({ receive, connect }) => {
    const receiver = await receive()
    await receiver.stop()
    const result = await callOnce(connect(receiver.url))

    expect(failed(result)).toEqual({
      kind: 'failed',
      code: 'connect',
      message: `Connection was refused: ${receiver.url}`,
      mayHaveArrived: false,
    })
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: false })
  })

  test('and then can is made by the next call', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    await receiver.stop()
    expect(failed(await callOnce(client)).code).toBe('connect')
    await receiver.restart()
    answered(await callOnce(client))
  })

  test('for long is a reset or an unmade one, never a blocked one', async ({ receive, connect }) => {
    const receiver = await receive({ onConnection: () => 'reset' })
    const client = connect(receiver.url, { connections: 50 })
    const results = await Promise.all(Array.from({ length: 50 }, () => callOnce(client)))

    for (const { code, mayHaveArrived } of results.map(failed)) {
      expect(['connect', 'reset']).toContain(code)
      expect(mayHaveArrived).toBe(code === 'reset')
    }
  })

  test('for want of a name is a DNS failure', async ({ connect }) => {
    const result = await callOnce(connect('http://no-such-name.invalid'))
    const { code, message, mayHaveArrived } = failed(result)

    expect([code, mayHaveArrived]).toEqual(['dns', false])
    expect(message).toMatch(/^Name (?:was not found|could not be looked up \(EAI_AGAIN\)): no-such-name\.invalid$/)
  })

  test('for want of file descriptors is our own trouble', async ({ receive }) => {
    const receiver = await receive({ answer: () => ({ delayMs: 300 }) })
    const options = { origin: receiver.url, connections: 100, timeoutMs: 5_000, ca: null, network: LOOPBACK }
    const { results } = await callInChild(
      { options, calls: Array.from({ length: 100 }, () => ({})), isParallel: true },
      { shell: 'ulimit -n 64' },
    )
    const local = results.filter(({ answer }) => answer.kind === 'failed')

    expect(results).toHaveLength(100)
    expect(local.length).toBeGreaterThan(30)
    expect(receiver.count).toBe(100 - local.length)
    for (const result of local) {
      expect(failed(result)).toEqual({
        kind: 'failed',
        code: 'local',
        message: 'No file descriptor is free in this process: EMFILE',
        mayHaveArrived: false,
      })
    }
  })
})

describe('the network guard', () => {
  test('refuses a literal address, and the next call as well', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url, { network: STRICT })
    for (let n = 0; n < 2; n++) {
      expect(failed(await callOnce(client))).toEqual({
        kind: 'failed',
        code: 'blocked',
        message: 'Address may not be called: 127.0.0.1 (loopback)',
        mayHaveArrived: false,
      })
    }
    expect(receiver.connections).toBe(0)
  })

  test('refuses a name that leads inside, also when one address of it is public', async ({ receive, connect }) => {
    const receiver = await receive()
    const resolver = new Resolver({ lookup: lookupOf(['93.184.216.34', '127.0.0.1']) })
    const client = connect(`http://shop.test:${receiver.port}`, { resolver, network: STRICT })

    expect(failed(await callOnce(client))).toMatchObject({
      code: 'blocked',
      message: 'Address may not be called: 127.0.0.1 (loopback) for shop.test',
    })
    expect(receiver.connections).toBe(0)
  })

  test('connects to the very address that it has seen, whatever the name says next', async ({ receive, connect }) => {
    const receiver = await receive()
    const lookup = lookupOf(['127.0.0.1'], ['169.254.169.254'])
    let shiftMs = 0
    const now = (): number => performance.now() + shiftMs
    const client = connect(`http://shop.test:${receiver.port}`, { resolver: new Resolver({ lookup, now }) })
    answered(await callOnce(client))
    receiver.dropConnections()
    await receiver.waitUntil(() => receiver.openConnections === 0)
    answered(await callOnce(client))

    shiftMs = 31_000
    receiver.dropConnections()
    await receiver.waitUntil(() => receiver.openConnections === 0)
    expect(failed(await callOnce(client)).message).toBe(
      'Address may not be called: 169.254.169.254 (metadata service) for shop.test',
    )
    expect(receiver.count).toBe(2)
  })

  test('lets the ranges through that the operator has opened', async ({ receive, connect }) => {
    const receiver = await receive()
    const network = { allow: ['127.0.0.0/8'], isLoopbackAllowed: false }
    answered(await callOnce(connect(receiver.url, { network })))
  })

  test('tries the next address of a name when the first one refuses', async ({ receive, connect }) => {
    const receiver = await receive()
    const resolver = new Resolver({ lookup: lookupOf(['127.0.0.2', '127.0.0.1']) })
    answered(await callOnce(connect(`http://shop.test:${receiver.port}`, { resolver })))
    expect(receiver.requests[0]?.headers['host']).toBe(`shop.test:${receiver.port}`)
  })
})
