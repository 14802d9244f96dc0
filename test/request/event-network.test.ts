import { networkInterfaces } from 'node:os'
import { afterAll, describe, expect } from 'vitest'
import { checkEndpointUrl, Resolver, strangersView, UNREACHABLE } from '../../src/request/request.ts'
import type { EventNetwork, Lookup } from '../../src/request/request.ts'
import { createAuthority } from '../support/certificates.ts'
import { answered, callOnce, failed, LOOPBACK, test } from './fixture.ts'

const RULES: EventNetwork = { policy: 'event', allow: [], isHttpAllowed: false, ports: [443, 8443], ownPorts: [] }
const OPENED: EventNetwork = { ...RULES, allow: ['127.0.0.0/8'], isHttpAllowed: true }

const authority = createAuthority('A test authority')
const pair = authority.issue()
afterAll(() => authority.remove())

const toLoopback: Lookup = (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }])

describe('an event endpoint', () => {
  test('is called over TLS at a port that endpoints may use', async ({ receive, connect }) => {
    const receiver = await receive({ tls: pair })
    const network = { ...RULES, allow: ['127.0.0.1'], ports: [receiver.port] }
    const result = await callOnce(connect(receiver.url, { network, ca: authority.ca }))

    expect(answered(result).httpStatus).toBe(200)
    expect(strangersView(result)).toEqual({ message: null, latencyMs: result.latencyMs })
  })

  test('is not called over plain http unless the operator allows it', async ({ receive, connect }) => {
    const receiver = await receive()
    const network = { ...OPENED, ports: [receiver.port] }
    const refused = connect(receiver.url, { network: { ...network, isHttpAllowed: false } })

    expect(failed(await callOnce(refused))).toEqual({
      kind: 'failed',
      code: 'blocked',
      message: `Endpoint may not be called over plain http: ${receiver.url}`,
      mayHaveArrived: false,
    })
    expect(receiver.connections).toBe(0)
    answered(await callOnce(connect(receiver.url, { network })))
  })

  test('is not called at another port, and its name is not even looked up', async ({ connect }) => {
    const asked: string[] = []
    const lookup: Lookup = (hostname) => void asked.push(hostname)
    const client = connect('https://shop.test:6379', { network: RULES, resolver: new Resolver({ lookup }) })

    expect(failed(await callOnce(client)).message).toBe(
      'Port may not be called (443, 8443 may: network.events.ports): https://shop.test:6379',
    )
    expect(asked).toEqual([])
  })

  test('gains nothing from what campaigns may call', async ({ receive, connect }) => {
    const receiver = await receive()
    const network = { ...OPENED, allow: [], ports: [receiver.port] }
    answered(await callOnce(connect(receiver.url, { network: LOOPBACK })))

    expect(failed(await callOnce(connect(receiver.url, { network }))).code).toBe('blocked')
  })

  test.for(['127.0.0.1', '127.8.8.8', '::1', ...ownAddresses()])(
    'is not this service itself, at %s',
    async (address, { connect }) => {
      const network = { ...OPENED, allow: ['0.0.0.0/0', '::/0'], ports: [8443], ownPorts: [8443] }
      const lookup: Lookup = (_hostname, _options, callback) =>
        callback(null, [{ address, family: address.includes(':') ? 6 : 4 }])
      const client = connect('http://shop.test:8443', { network, resolver: new Resolver({ lookup }) })

      expect(failed(await callOnce(client)).message).toBe(
        `Address may not be called: ${address} port 8443 (this service itself) for shop.test`,
      )
    },
  )

  test('may be on this machine at a port that is not ours', async ({ receive, connect }) => {
    const receiver = await receive()
    const network = { ...OPENED, ports: [receiver.port], ownPorts: [receiver.port + 1] }
    answered(await callOnce(connect(receiver.url, { network })))
  })
})

describe('what a stranger is told', () => {
  test('is one text, and no time, for blocked, refused, timed out and unresolved', async ({ receive, connect }) => {
    const [closed, silent] = [await receive(), await receive({ answer: () => ({ misbehave: 'hang' }) })]
    await closed.stop()
    const network = { ...OPENED, ports: [closed.port, silent.port] }
    const deaf: Lookup = () => {}
    const missing: Lookup = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), [])
    const clients = [
      connect(closed.url, { network: { ...network, allow: [] } }),
      connect(closed.url, { network }),
      connect(silent.url, { network, timeoutMs: 100 }),
      connect(`http://shop.test:${silent.port}`, { network, resolver: new Resolver({ lookup: missing }) }),
      connect(`http://shop.test:${silent.port}`, { network, resolver: new Resolver({ lookup: deaf }), timeoutMs: 100 }),
      connect('http://shop.test:22', { network, resolver: new Resolver({ lookup: toLoopback }) }),
    ]
    const results = await Promise.all(clients.map((client) => callOnce(client)))

    expect(results.map((result) => failed(result).code)).toEqual([
      'blocked',
      'connect',
      'timeout',
      'dns',
      'dns',
      'blocked',
    ])
    expect(results.map(strangersView)).toEqual(results.map(() => ({ message: UNREACHABLE, latencyMs: null })))
  })

  test('holds the words for what their own endpoint does wrong', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ misbehave: 'garbage' }) })
    const result = await callOnce(connect(receiver.url, { network: { ...OPENED, ports: [receiver.port] } }))

    expect(strangersView(result)).toEqual({
      message: `Answer is not HTTP/1.1 (Expected HTTP/, RTSP/ or ICE/): ${receiver.url}`,
      latencyMs: result.latencyMs,
    })
  })
})

describe('checkEndpointUrl', () => {
  test.for([
    'https://shop.example',
    'https://shop.example:8443/hooks/1?a=b',
    'https://1.1.1.1/',
    'https://[2606:4700:4700::1111]/',
  ])('takes %s', (url) => {
    expect(checkEndpointUrl(url, RULES)).toBeNull()
  })

  const ADDRESSES = [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '①②⑦.⓪.⓪.①',
    '0',
    '127.0.0.1.',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '10.1.2.3',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '168.63.129.16',
    '100.100.100.200',
  ]
  test.for(ADDRESSES)('says of %s no more than that it could not be reached', (host) => {
    expect(checkEndpointUrl(`https://${host}/`, RULES)).toBe(UNREACHABLE)
  })

  const LIKE = 'expected `url` to be like https://host/path, got something else'
  const BLANKS = 'expected `url` to be free of blanks, control characters and backslashes'
  test.for([
    ['http://shop.example/', LIKE],
    ['ftp://shop.example/', LIKE],
    ['file:///etc/passwd', LIKE],
    ['javascript:alert(1)', LIKE],
    ['unix:/var/run/docker.sock', LIKE],
    ['http+unix://%2Fvar%2Frun%2Fdocker.sock/', LIKE],
    ['//evil.com', LIKE],
    ['shop.example', LIKE],
    ['https://', LIKE],
    ['https://[::1', LIKE],
    ['https://shop.example:65536/', LIKE],
    ['https://a b/', BLANKS],
    ['https:\\\\shop.example/', BLANKS],
    ['https://shop.example/a\r\nX-Evil: 1', BLANKS],
    ['ht\ntps://shop.example/', BLANKS],
    ['https://shop.example/\u0000', BLANKS],
    ['https://user:pw@shop.example/', 'expected `url` to be without user name and password, got one'],
    ['https://127.0.0.1%2f@evil.com/', 'expected `url` to be without user name and password, got one'],
    ['https://shop.example/#a', 'expected `url` to end before its fragment, got #'],
    [
      'https://shop.example:22/',
      'expected `url` to be at port 443 or 8443 (network.events.ports in hookcast.yaml), got 22',
    ],
    [
      'https://shop.example:0/',
      'expected `url` to be at port 443 or 8443 (network.events.ports in hookcast.yaml), got 0',
    ],
    [
      'https://shop.example:6379/',
      'expected `url` to be at port 443 or 8443 (network.events.ports in hookcast.yaml), got 6379',
    ],
    [`https://shop.example/${'x'.repeat(8_000)}`, 'expected `url` to have at most 8000 characters, got 8021'],
  ])('refuses %j in words: %s', ([url, words]) => {
    expect(checkEndpointUrl(url ?? '', RULES)).toBe(words)
  })

  test('takes plain http and what the operator has opened', () => {
    expect(checkEndpointUrl('http://127.0.0.1:443/', OPENED)).toBeNull()
    expect(checkEndpointUrl('http://shop.example/', OPENED)).toBe(
      'expected `url` to be at port 443 or 8443 (network.events.ports in hookcast.yaml), got 80',
    )
    expect(checkEndpointUrl('ftp://shop.example/', OPENED)).toContain('to be like http(s)://host/path')
  })
})

function ownAddresses(): string[] {
  const [first] = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
  return first === undefined ? [] : [first.address]
}
