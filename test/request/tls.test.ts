import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { CallClient, Resolver } from '../../src/request/request.ts'
import { createAuthority } from '../support/certificates.ts'
import type { Authority, Pair } from '../support/certificates.ts'
import { answered, callInChild, callOnce, failed, LOOPBACK, test } from './fixture.ts'

let authority: Authority & { remove(): void }
let stranger: Authority & { remove(): void }
let good: Pair

beforeAll(() => {
  authority = createAuthority('Test Authority')
  stranger = createAuthority('Unknown Authority')
  good = authority.issue()
})
afterAll(() => {
  authority.remove()
  stranger.remove()
})

/** What TLS 1.1 needs of an OpenSSL that has given it up. */
const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

describe('TLS', () => {
  test('reaches a server whose certificate the extra authority signed, over one connection', async ({
    receive,
    connect,
  }) => {
    const receiver = await receive({ tls: good })
    const client = connect(receiver.url, { ca: authority.ca })
    answered(await callOnce(client))

    expect(await callOnce(client)).toMatchObject({ wasReusedConnection: true, answer: { httpStatus: 200 } })
    expect(receiver.connections).toBe(1)
  })

  test('reaches a server by its name', async ({ receive, connect }) => {
    const receiver = await receive({ tls: good })
    const origin = `https://localhost:${receiver.port}`
    answered(await callOnce(connect(origin, { ca: authority.ca })))
    expect(receiver.requests[0]?.headers['host']).toBe(`localhost:${receiver.port}`)
  })

  test.for<[string, () => TlsOptions, string]>([
    [
      'an expired certificate',
      () => authority.issue({ until: '20260203000000Z' }),
      'Certificate has expired (valid until Feb  3 00:00:00 2026 GMT)',
    ],
    [
      'a certificate of the future',
      () => authority.issue({ from: '20400101000000Z' }),
      'Certificate is not valid yet (valid from Jan  1 00:00:00 2040 GMT)',
    ],
    [
      'a certificate of another host',
      () => authority.issue({ names: 'DNS:other.test,DNS:*.other.test' }),
      'Certificate is for another host (other.test, *.other.test)',
    ],
    [
      'its right name in the subject, and another where names belong',
      () => authority.issue({ subject: '127.0.0.1', names: 'DNS:other.test' }),
      'Certificate is for another host (other.test)',
    ],
    [
      'an unknown authority, not sent along',
      () => stranger.issue(),
      'Certificate is signed by an unknown authority (trust it with tls.ca)',
    ],
    [
      'an unknown authority, sent along',
      () => ((pair) => ({ key: pair.key, cert: pair.cert + stranger.ca }))(stranger.issue()),
      'Certificate is signed by an unknown authority (trust it with tls.ca)',
    ],
    ['nothing newer than TLS 1.1', () => ({ ...good, ...OLD }), 'Server speaks no TLS 1.2 or newer'],
    [
      'a wish for a client certificate',
      () => ({ ...good, requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' }),
      'TLS handshake was refused (the server may want a client certificate)',
    ],
  ])('refuses a server with %s, before anything is sent', async ([, tls, phrase], { receive, connect }) => {
    const receiver = await receive({ tls: tls() })
    const result = await callOnce(connect(receiver.url, { ca: authority.ca }))

    expect(failed(result)).toEqual({
      kind: 'failed',
      code: 'tls',
      message: `${phrase}: ${receiver.url}`,
      mayHaveArrived: false,
    })
    expect(receiver.count).toBe(0)
  })

  test.for([
    ['*.shop.test', 'a.shop.test', true],
    ['*.shop.test', 'shop.test', false],
    ['*.shop.test', 'a.b.shop.test', false],
    ['*.*.test', 'a.shop.test', false],
    ['*', 'shop.test', false],
  ] as const)('takes %s for %s: %s', async ([pattern, host, isTaken], { receive, connect }) => {
    const receiver = await receive({ tls: authority.issue({ names: `DNS:${pattern}` }) })
    const resolver = new Resolver({
      lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    const client = connect(`https://${host}:${receiver.port}`, { ca: authority.ca, resolver })
    const { answer } = await callOnce(client)
    expect(answer.kind === 'answered' ? 'answered' : answer.code).toBe(isTaken ? 'answered' : 'tls')
  })

  test('refuses a self-signed certificate', async ({ receive, connect }) => {
    const { key, cert } = createSelfSigned()
    const receiver = await receive({ tls: { key, cert } })
    const result = await callOnce(connect(receiver.url))

    expect(failed(result)).toMatchObject({
      code: 'tls',
      message: `Certificate is signed by itself (trust it with tls.ca): ${receiver.url}`,
    })
  })

  test('tells of a client certificate that TLS 1.3 asks for after the handshake', async ({ receive, connect }) => {
    const receiver = await receive({ tls: { ...good, requestCert: true, rejectUnauthorized: true } })
    const { code, message } = failed(await callOnce(connect(receiver.url, { ca: authority.ca })))

    expect([code, message]).toEqual(['tls', `Server wants a client certificate: ${receiver.url}`])
    expect(receiver.count).toBe(0)
  })

  test('hints at a client certificate when the server only hangs up after the handshake', async ({
    receive,
    connect,
  }) => {
    const receiver = await receive({ tls: good, answer: () => ({ misbehave: 'close' }) })
    const { code, message } = failed(await callOnce(connect(receiver.url, { ca: authority.ca })))

    const phrase = 'Connection was closed without an answer (the server may want a client certificate)'
    expect([code, message]).toEqual(['reset', `${phrase}: ${receiver.url}`])
  })

  test('tells a port that speaks plain HTTP', async ({ receive, connect }) => {
    const receiver = await receive()
    const origin = receiver.url.replace('http:', 'https:')

    expect(failed(await callOnce(connect(origin)))).toMatchObject({
      code: 'tls',
      message: `Port does not speak TLS: ${origin}`,
      mayHaveArrived: false,
    })
  })

  test('takes a connection cut during the handshake for a connection issue', async ({ receive, connect }) => {
    const receiver = await receive({ onConnection: () => 'close' })
    const origin = receiver.url.replace('http:', 'https:')

    expect(failed(await callOnce(connect(origin)))).toMatchObject({
      code: 'connect',
      message: `Connection was closed during the TLS handshake: ${origin}`,
      mayHaveArrived: false,
    })
  })

  test('sees a certificate that was replaced between two connections', async ({ receive, connect }) => {
    const receiver = await receive({ tls: good })
    const client = connect(receiver.url, { ca: authority.ca })
    answered(await callOnce(client))
    await receiver.stop()
    const imposter = await receive({ tls: stranger.issue(), port: receiver.port })

    expect(failed(await callOnce(client)).code).toBe('tls')
    expect(imposter.count).toBe(0)
  })

  test('verifies whatever NODE_TLS_REJECT_UNAUTHORIZED says', async ({ receive }) => {
    const receiver = await receive({ tls: good })
    const options = { origin: receiver.url, connections: 1, timeoutMs: 5_000, ca: null, network: LOOPBACK }
    const { results } = await callInChild(
      { options, calls: [{}] },
      { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' } },
    )

    expect(results.map((result) => failed(result).code)).toEqual(['tls'])
    expect(receiver.count).toBe(0)
  })

  test('adds its authority to the default ones and replaces none', async ({ receive }) => {
    const receiver = await receive({ tls: good })
    const folder = mkdtempSync(join(tmpdir(), 'default-store-'))
    const file = join(folder, 'extra.pem')
    writeFileSync(file, authority.ca)
    const options = { origin: receiver.url, connections: 1, timeoutMs: 5_000, ca: stranger.ca, network: LOOPBACK }
    const call = (env: Record<string, string>): ReturnType<typeof callInChild> =>
      callInChild({ options, calls: [{}] }, { env })

    try {
      const [trusted] = (await call({ NODE_EXTRA_CA_CERTS: file })).results
      const [untrusted] = (await call({})).results
      expect(trusted?.answer.kind).toBe('answered')
      expect(failed(untrusted!).code).toBe('tls')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.for(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----'])(
    'refuses %j for an authority',
    (ca) => {
      const options = { connections: 1, timeoutMs: 100, network: LOOPBACK }
      expect(() => new CallClient({ ...options, origin: 'https://sms.example.com', ca })).toThrow(
        'expected `ca` to be certificates in PEM, got something else',
      )
    },
  )
})

function createSelfSigned(): Pair {
  const own = createAuthority('127.0.0.1')
  const { ca: cert, caKey: key } = own
  own.remove()
  return { key, cert }
}
