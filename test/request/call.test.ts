import { describe, expect } from 'vitest'
import { answered, callInChild, callOnce, LOOPBACK, test } from './fixture.ts'

describe('a call', () => {
  test('arrives as it was given, byte for byte', async ({ receive, connect }) => {
    const receiver = await receive()
    const body = '{"name":"Žofie \\"Ž\\" 😀","quote":"\',\\"admin\\":true"}'
    const headers = ['X-Name', 'a b\tc', 'Content-Type', 'application/json', 'Idempotency-Key', 'k-1']
    const result = await callOnce(connect(receiver.url), { path: '/v1/m?a=%20b', method: 'PUT', headers, body })

    expect(answered(result).httpStatus).toBe(200)
    const [request] = receiver.requests
    expect(request).toMatchObject({ method: 'PUT', path: '/v1/m?a=%20b', body, key: 'k-1' })
    expect(request?.headers).toEqual({
      host: new URL(receiver.url).host,
      connection: 'keep-alive',
      'x-name': 'a b\tc',
      'content-type': 'application/json',
      'idempotency-key': 'k-1',
      'content-length': String(Buffer.byteLength(body)),
    })
  })

  test('tells the headers of the final answer, and none where there was no answer', async ({ receive, connect }) => {
    const script = [{ headers: { 'X-One': 'a', 'X-Many': ['b', 'c'] } }, { misbehave: 'close' }] as const
    const receiver = await receive({ answer: (_request, n) => script[n] ?? {} })
    const client = connect(receiver.url)

    expect((await callOnce(client)).headers).toMatchObject({ 'x-one': 'a', 'x-many': ['b', 'c'] })
    const { headers, answer } = await callOnce(connect(receiver.url))
    expect([answer.kind, headers]).toEqual(['failed', {}])
  })

  test('sends bytes as they are, and nothing for a null body', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    await callOnce(client, { body: Buffer.from('číslo') })
    await callOnce(client, { method: 'GET', body: null })
    await callOnce(client, { method: 'POST', body: null })

    expect(receiver.requests.map(({ body }) => body)).toEqual(['číslo', '', ''])
    expect(receiver.requests.map(({ headers }) => headers['content-length'])).toEqual(['7', undefined, '0'])
  })

  test('asks for no compression and does not follow a redirect', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ status: 307, headers: { location: '/elsewhere' } }) })
    const result = await callOnce(connect(receiver.url))

    expect(answered(result).httpStatus).toBe(307)
    expect(receiver.count).toBe(1)
    expect(receiver.requests[0]?.headers['accept-encoding']).toBeUndefined()
  })

  test('measures from its beginning to the last byte', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ delayMs: 120 }) })
    const { latencyMs } = await callOnce(connect(receiver.url))

    expect(latencyMs).toBeGreaterThan(118)
    expect(latencyMs).toBeLessThan(1_000)
  })

  test('is refused at the door when it is malformed, and takes no connection', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    const call = { path: '/', method: 'POST', body: null } as const

    expect(() => client.call({ ...call, headers: ['X-Name', 'secret-row\r\nX-Evil: 1'] }, unreachable)).toThrow(
      'expected `call` to be a request that can be sent, got invalid X-Name header',
    )
    expect(() => client.call({ ...call, headers: ['Expect', '100-continue'] }, unreachable)).toThrow(RangeError)
    expect(() => client.call({ ...call, headers: [], path: '/a b' }, unreachable)).toThrow('got invalid request path')
    expect(client.inFlight).toBe(0)
    answered(await callOnce(client))
    expect(receiver.count).toBe(1)
  })

  test('works in a process locked down as senders are', async ({ receive }) => {
    const receiver = await receive()
    const options = { origin: receiver.url, connections: 1, timeoutMs: 5_000, ca: null, network: LOOPBACK }
    const { exitCode, results } = await callInChild({ options, calls: [{ body: 'one' }, { body: 'two' }] })

    expect(exitCode).toBe(0)
    expect(results.map((result) => answered(result).httpStatus)).toEqual([200, 200])
    expect(results.map(({ wasReusedConnection }) => wasReusedConnection)).toEqual([false, true])
    expect(receiver.requests.map(({ body }) => body)).toEqual(['one', 'two'])
  })

  test('ends the process when its caller throws in the result', async ({ receive }) => {
    const receiver = await receive()
    const options = { origin: receiver.url, connections: 1, timeoutMs: 5_000, ca: null, network: LOOPBACK }
    const { exitCode, stderr } = await callInChild({ options, calls: [{}], throws: true })

    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('a defect of the caller')
  })
})

function unreachable(): void {
  expect.unreachable('a refused call has no result')
}

describe('an answer', () => {
  test('tells its media type and the last Retry-After', async ({ receive, connect }) => {
    const receiver = await receive({
      answer: () => ({
        status: 503,
        headers: { 'content-type': 'Application/Problem+JSON; charset=utf-8', 'retry-after': ['5', '120'] },
        body: 'x',
      }),
    })
    expect(answered(await callOnce(connect(receiver.url)))).toEqual({
      kind: 'answered',
      httpStatus: 503,
      contentType: 'application/problem+json',
      retryAfter: '120',
      body: 'x',
      isTruncated: false,
    })
  })

  test('without a type, a Retry-After or a body leaves them empty', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ status: 204 }) })
    expect(answered(await callOnce(connect(receiver.url)))).toEqual({
      kind: 'answered',
      httpStatus: 204,
      contentType: '',
      retryAfter: null,
      body: '',
      isTruncated: false,
    })
  })

  test('is decoded as UTF-8 without its byte order mark', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ body: '\ufeff{"success":false,"name":"Žofie"}' }) })
    expect(JSON.parse(answered(await callOnce(connect(receiver.url))).body)).toEqual({ success: false, name: 'Žofie' })
  })

  test.for([65_535, 65_536])('of %i bytes is whole and keeps its connection', async (size, { receive, connect }) => {
    const receiver = await receive({ answer: () => ({ body: 'x'.repeat(size) }) })
    const client = connect(receiver.url)
    const answer = answered(await callOnce(client))
    await callOnce(client)

    expect(answer.isTruncated).toBe(false)
    expect(answer.body).toHaveLength(size)
    expect(receiver.connections).toBe(1)
  })

  test.for([65_537, 10_000_000])(
    'of %i bytes is cut, keeps its status and loses its connection',
    async (size, { receive, connect }) => {
      const receiver = await receive({ answer: () => ({ status: 201, body: 'x'.repeat(size) }) })
      const client = connect(receiver.url)
      const answer = answered(await callOnce(client))
      await callOnce(client)

      expect(answer).toMatchObject({ httpStatus: 201, isTruncated: true })
      expect(answer.body).toHaveLength(65_536)
      expect(receiver.connections).toBe(2)
    },
  )

  test('is not cut in the middle of a character', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ body: `a${'ž'.repeat(100)}` }) })
    const answer = answered(await callOnce(connect(receiver.url, { maxAnswerBytes: 10 })))

    expect(answer.body).toBe(`a${'ž'.repeat(4)}`)
  })
})
