import { afterAll, describe, expect } from 'vitest'
import { basicAuthorization, Resolver } from '../../src/request/request.ts'
import type { CallClientOptions, Egress, Lookup } from '../../src/request/request.ts'
import { createProxy, type Proxy, type ProxyOptions } from '../support/proxy.ts'
import { createAuthority } from '../support/certificates.ts'
import { listenDeaf } from './elsewhere.ts'
import { answered, callOnce, failed, LOOPBACK, test as base } from './fixture.ts'

const test = base.extend<{ relay: (options?: ProxyOptions) => Promise<Proxy> }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from this pattern that no other fixture is needed.
  relay: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async (options) => stack.use(await createProxy(options)))
  },
})

const authority = createAuthority('A test authority')
const pair = authority.issue()
afterAll(() => authority.remove())

function through(origin: string, authorization: string | null = null): { readonly egress: Egress } {
  return { egress: { kind: 'proxy', origin, authorization } }
}

function answer(status: string): ProxyOptions {
  return { answer: () => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n` }
}

describe('an egress proxy', () => {
  test('carries calls through one tunnel, which is kept', async ({ receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay()
    const client = connect(receiver.url, through(proxy.url))
    const results = [await callOnce(client), await callOnce(client), await callOnce(client)]

    expect(results.map((result) => answered(result).httpStatus)).toEqual([200, 200, 200])
    expect(results.map(({ wasReusedConnection }) => wasReusedConnection)).toEqual([false, true, true])
    expect(proxy.asked.map(({ place }) => place)).toEqual([`127.0.0.1:${receiver.port}`])
    expect(proxy.asked[0]?.headers).toEqual({ host: `127.0.0.1:${receiver.port}` })
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/', '/', '/'])
  })

  test('is told its credentials, and the receiver is not', async ({ receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay({ credentials: 'out:p@ss/wörd' })
    const client = connect(receiver.url, through(proxy.url, basicAuthorization('out', 'p@ss/wörd')))

    expect(answered(await callOnce(client)).httpStatus).toBe(200)
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('out:p@ss/wörd').toString('base64')}`,
    )
    expect(JSON.stringify(receiver.requests)).not.toMatch(/proxy-auth|via/i)
  })

  test.for<[string, string | null]>([
    ['without credentials', null],
    ['with wrong ones', basicAuthorization('out', 'canary')],
  ])('that wants credentials refuses %s', async ([, authorization], { receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay({ credentials: 'out:secret' })
    const result = await callOnce(connect(receiver.url, through(proxy.url, authorization)))

    expect(failed(result)).toEqual({
      kind: 'failed',
      code: 'proxy',
      message: `Egress proxy refuses, it wants credentials, or others than it was given (407): ${proxy.url}`,
      mayHaveArrived: false,
    })
    expect(receiver.connections).toBe(0)
  })

  test.for<[ProxyOptions, string]>([
    [answer('403 Forbidden'), 'it does not allow this receiver (403)'],
    [answer('400 Bad Request'), 'it answers 400'],
    [answer('302 Found'), 'it answers 302'],
    [answer('501 Not Implemented'), 'it does not take CONNECT (501)'],
    [{ answer: () => 'SSH-2.0-OpenSSH_9.2\r\n\r\n' }, 'its answer is not HTTP/1.1'],
    [{ answer: () => `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}` }, 'its answer is not HTTP/1.1'],
  ])('refuses by an answer about us: $1', async ([options, reason], { receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay(options)

    expect(failed(await callOnce(connect(receiver.url, through(proxy.url))))).toMatchObject({
      code: 'proxy',
      message: `Egress proxy refuses, ${reason}: ${proxy.url}`,
      mayHaveArrived: false,
    })
    expect(receiver.connections).toBe(0)
  })

  test.for(['500', '502', '503', '504', '429'])(
    'says with a %s that it cannot reach the receiver, which may be up again in a moment',
    async (status, { connect, relay }) => {
      const proxy = await relay(answer(`${status} No`))
      const result = failed(await callOnce(connect('http://127.0.0.1:9', through(proxy.url))))

      expect(result).toEqual({
        kind: 'failed',
        code: 'connect',
        message: `Receiver cannot be reached through the egress proxy, which answers ${status}: http://127.0.0.1:9`,
        mayHaveArrived: false,
      })
    },
  )

  test('that is not there, or ends without a word, is a connection issue', async ({ connect, relay }) => {
    const proxy = await relay({ answer: () => 'close' })
    expect(failed(await callOnce(connect('http://127.0.0.1:9', through(proxy.url))))).toMatchObject({
      code: 'connect',
      message: `Egress proxy closed the connection without an answer: ${proxy.url}`,
    })
    const { url } = proxy
    await proxy[Symbol.asyncDispose]()
    expect(failed(await callOnce(connect('http://127.0.0.1:9', through(url))))).toMatchObject({
      code: 'connect',
      message: `Egress proxy cannot be reached (ECONNREFUSED): ${url}`,
    })
    const nowhere = connect('http://127.0.0.1:9', through('http://proxy.invalid:3128'))
    expect(failed(await callOnce(nowhere))).toMatchObject({ code: 'connect' })
  })

  test.for<[string, Partial<CallClientOptions>, string]>([
    ['the time for connecting', { connectTimeoutMs: 200 }, '200 ms'],
    ['the deadline of the whole call', { timeoutMs: 300, connectTimeoutMs: 5_000 }, '300 ms'],
  ])('that is slow is held to %s', async ([, options, span], { receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay({ answer: () => 'hang' })
    const result = await callOnce(connect(receiver.url, { ...through(proxy.url), ...options }))

    expect(failed(result)).toMatchObject({
      code: 'connect',
      message: `Egress proxy made no connection within ${span}: ${receiver.url}`,
      mayHaveArrived: false,
    })
    expect(proxy.asked).toHaveLength(1)
  })

  test.for(['drip', 'interims'])(
    'that never ends its answer (%s) is held to it too',
    async (how, { receive, connect, relay }) => {
      const receiver = await receive()
      const proxy = await relay({ answer: () => how })
      const result = await callOnce(connect(receiver.url, { ...through(proxy.url), connectTimeoutMs: 300 }))

      expect(failed(result)).toMatchObject({
        code: 'connect',
        message: `Egress proxy made no connection within 300 ms: ${receiver.url}`,
        mayHaveArrived: false,
      })
      expect(receiver.connections).toBe(0)
    },
  )

  test('that floods with headers is left after 16 KiB of them', async ({ connect, relay }) => {
    const proxy = await relay({ answer: () => 'flood' })
    expect(failed(await callOnce(connect('http://127.0.0.1:9', through(proxy.url))))).toMatchObject({
      code: 'proxy',
      message: `Egress proxy refuses, its answer is not HTTP/1.1: ${proxy.url}`,
    })
  })

  test('that refuses its credentials again and again is asked once for each call', async ({ connect, relay }) => {
    const proxy = await relay({ credentials: 'out:secret' })
    const client = connect('http://127.0.0.1:9', through(proxy.url, basicAuthorization('out', 'wrong')))
    for (let n = 1; n <= 5; n++) {
      expect(failed(await callOnce(client)).code).toBe('proxy')
      expect(proxy.asked).toHaveLength(n)
    }
  })

  test('that closes the tunnel as soon as it stands has lost a connection', async ({ connect, relay }) => {
    const proxy = await relay(answer('200 OK'))
    for (const scheme of ['http', 'https']) {
      const { code, mayHaveArrived } = failed(await callOnce(connect(`${scheme}://127.0.0.1:9`, through(proxy.url))))
      // Whether the request was on its way when the end came is a race, and said as it went.
      expect([code, mayHaveArrived]).toEqual(code === 'reset' ? ['reset', true] : ['connect', false])
    }
  })

  test('cannot answer for the receiver before it was asked', async ({ connect, relay }) => {
    const early = 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly'
    const proxy = await relay({ answer: () => early })
    expect(failed(await callOnce(connect('http://127.0.0.1:9', through(proxy.url))))).toEqual({
      kind: 'failed',
      code: 'connect',
      message: 'Receiver spoke before it was asked: http://127.0.0.1:9',
      mayHaveArrived: false,
    })
  })

  test('that listens and never accepts is held to it too', async ({ connect }) => {
    const deaf = await listenDeaf()
    const clients = Array.from({ length: 8 }, () =>
      connect('http://127.0.0.1:9', { ...through(deaf), connectTimeoutMs: 200 }),
    )
    const results = await Promise.all(clients.map((client) => callOnce(client)))

    expect(new Set(results.map((result) => failed(result).code))).toEqual(new Set(['connect']))
  })

  test('does not shorten the time that a receiver has: the deadline is one', async ({ receive, connect, relay }) => {
    const receiver = await receive({ answer: () => ({ misbehave: 'hang' }) })
    const proxy = await relay()
    const result = await callOnce(connect(receiver.url, { ...through(proxy.url), timeoutMs: 400 }))

    expect(failed(result)).toMatchObject({ code: 'timeout', mayHaveArrived: true })
  })

  test('is asked for the address that the network guard has seen', async ({ receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay({
      answer: ({ place }) => (place.startsWith('127.0.0.9:') ? 'HTTP/1.1 502 Bad Gateway\r\n\r\n' : null),
    })
    const lookup: Lookup = (_hostname, _options, callback) =>
      callback(null, [
        { address: '127.0.0.9', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    const client = connect(`http://receiver.test:${receiver.port}`, {
      ...through(proxy.url),
      resolver: new Resolver({ lookup }),
    })

    expect(answered(await callOnce(client)).httpStatus).toBe(200)
    expect(proxy.asked.map(({ place }) => place)).toEqual([`127.0.0.9:${receiver.port}`, `127.0.0.1:${receiver.port}`])
    expect(receiver.requests[0]?.headers['host']).toBe(`receiver.test:${receiver.port}`)
  })

  test.for([
    ['http://10.1.2.3', []],
    ['http://169.254.169.254', []],
    ['http://inside.test', [{ address: '10.1.2.3', family: 4 }]],
  ] as const)('is not asked for what the guard forbids: %s', async ([origin, known], { connect, relay }) => {
    const proxy = await relay()
    const lookup: Lookup = (_hostname, _options, callback) => callback(null, [...known])
    const result = await callOnce(connect(origin, { ...through(proxy.url), resolver: new Resolver({ lookup }) }))

    expect(failed(result).code).toBe('blocked')
    expect(proxy.asked).toEqual([])
  })

  test('may itself be at a private address, and that opens nothing else', async ({ receive, connect, relay }) => {
    const receiver = await receive()
    const proxy = await relay()
    const network = { allow: [], isLoopbackAllowed: false }

    expect(failed(await callOnce(connect(receiver.url, { ...through(proxy.url), network }))).code).toBe('blocked')
    expect(answered(await callOnce(connect(receiver.url, { ...through(proxy.url), network: LOOPBACK })))).toBeTruthy()
  })
})

describe('TLS through an egress proxy', () => {
  test.for([[false], [true]])(
    'reaches the receiver and checks its name (proxy over TLS: %s)',
    async ([isTls], { receive, connect, relay }) => {
      const receiver = await receive({ tls: pair })
      const proxy = await relay(isTls === true ? { tls: pair } : {})
      const client = connect(receiver.url, { ...through(proxy.url), ca: authority.ca })
      const results = [await callOnce(client), await callOnce(client)]

      expect(results.map((result) => answered(result).httpStatus)).toEqual([200, 200])
      expect(results[1]?.wasReusedConnection).toBe(true)
      expect(proxy.tunnels).toBe(1)
    },
  )

  test('refuses a certificate for another name, though it is the one of the address', async ({
    receive,
    connect,
    relay,
  }) => {
    const receiver = await receive({ tls: pair })
    const proxy = await relay()
    const lookup: Lookup = (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }])
    const options = { ...through(proxy.url), ca: authority.ca, resolver: new Resolver({ lookup }) }
    const result = await callOnce(connect(`https://receiver.test:${receiver.port}`, options))

    expect(failed(result)).toMatchObject({ code: 'tls', mayHaveArrived: false })
    expect(failed(result).message).toMatch(/^Certificate is for another host \(127\.0\.0\.1, localhost\)/)
    expect(receiver.count).toBe(0)
  })

  test('tells a receiver that nobody trusts from a proxy that nobody trusts', async ({ receive, connect, relay }) => {
    const receiver = await receive({ tls: pair })
    const plain = await relay()
    expect(failed(await callOnce(connect(receiver.url, through(plain.url)))).code).toBe('tls')

    const secured = await relay({ tls: pair })
    const result = failed(await callOnce(connect(receiver.url, through(secured.url))))
    expect(result.code).toBe('proxy')
    expect(result.message).toContain('Egress proxy refuses, no TLS connection can be made to it')
    expect(secured.asked).toEqual([])
  })
})
