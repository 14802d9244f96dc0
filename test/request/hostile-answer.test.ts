import { describe, expect } from 'vitest'
import type { Misbehaviour } from '../support/misbehaviour.ts'
import { MISBEHAVIOURS } from '../support/misbehaviour.ts'
import { answered, callInChild, callOnce, failed, LOOPBACK, overdueMs, test } from './fixture.ts'

/** What each misbehaving receiver comes to; messages end in `: <origin>`. */
const FAILURES: Partial<Record<Misbehaviour, readonly [string, string]>> = {
  reset: ['reset', 'Connection was lost before an answer (ECONNRESET)'],
  close: ['reset', 'Connection was closed without an answer'],
  'reset-body': ['reset', 'Connection was lost in the middle of the answer'],
  hang: ['timeout', 'No complete answer within 800 ms'],
  'hang-body': ['timeout', 'No complete answer within 800 ms'],
  'drip-body': ['timeout', 'No complete answer within 800 ms'],
  'drip-headers': ['timeout', 'No complete answer within 800 ms'],
  'endless-chunk-extension': ['timeout', 'No complete answer within 800 ms'],
  'endless-chunk-size': ['timeout', 'No complete answer within 800 ms'],
  'endless-reason': ['timeout', 'No complete answer within 800 ms'],
  'blank-lines': ['timeout', 'No complete answer within 800 ms'],
  'half-headers': ['invalid_response', 'Answer broke off before its end'],
  'half-body': ['invalid_response', 'Answer broke off before its end'],
  'half-chunk': ['invalid_response', 'Answer broke off before its end'],
  garbage: ['invalid_response', 'Answer is not HTTP/1.1 (Expected HTTP/, RTSP/ or ICE/)'],
  'bad-status-line': ['invalid_response', 'Answer is not HTTP/1.1 (Invalid status code)'],
  'bare-line-feeds': ['invalid_response', 'Answer is not HTTP/1.1 (Missing expected CR after response line)'],
  'negative-length': ['invalid_response', 'Answer is not HTTP/1.1 (Invalid character in Content-Length)'],
  'huge-chunk-size': ['invalid_response', 'Answer is not HTTP/1.1 (Chunk size overflow)'],
  'folded-header': ['invalid_response', 'Answer is not HTTP/1.1 (Unexpected whitespace after header value)'],
  'nul-in-header': ['invalid_response', 'Answer is not HTTP/1.1 (Invalid header value char)'],
  'nameless-header': ['invalid_response', 'Answer is not HTTP/1.1 (Invalid header token)'],
  'http-2': ['invalid_response', 'Answer is not HTTP/1.1 (Expected dot)'],
  'tls-alert': ['invalid_response', 'Answer is not HTTP/1.1 (Expected HTTP/, RTSP/ or ICE/)'],
  'two-lengths': ['invalid_response', 'Answer contradicts itself about its length'],
  'length-and-chunked': ['invalid_response', 'Answer contradicts itself about its length'],
  'status-999': ['invalid_response', 'Answer has a status that HTTP does not know (999)'],
  'status-099': ['invalid_response', 'Answer has a status that HTTP does not know (99)'],
  continue: ['invalid_response', 'Answer began with 100 Continue, which was not asked for'],
  switch: ['invalid_response', 'Answer switches to another protocol (101)'],
  'interim-flood': ['invalid_response', 'Answer has more than 10 interim answers'],
  'huge-headers': ['invalid_response', 'Answer has more than 16 KiB of headers'],
  'endless-headers': ['invalid_response', 'Answer has more than 16 KiB of headers'],
  'endless-trailers': ['invalid_response', 'Answer has more than 16 KiB of headers'],
}

const GOOD: Partial<Record<Misbehaviour, number>> = {
  'few-interims': 200,
  'two-answers': 200,
  'http-1.0': 200,
  gzip: 200,
  'endless-body': 200,
  gigabyte: 200,
  'many-headers': 200,
  'no-content-body': 204,
  html: 200,
  'byte-order-mark': 200,
  'not-a-number': 200,
  'double-keys': 200,
  'deep-arrays': 200,
  'control-characters': 200,
  'text-of-a-number': 200,
}

describe('a receiver that misbehaves', () => {
  test.for(Object.entries(FAILURES))('with %s fails the call as %j', async ([name, expected], { receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n === 0 ? { misbehave: name as Misbehaviour } : {}) })
    const [code, phrase] = expected
    // What fails by itself does so long before its time is over, and has enough of it on a busy machine, too.
    const client = connect(receiver.url, code === 'timeout' ? { timeoutMs: 800 } : {})
    const overdue = overdueMs(800)
    const result = await callOnce(client)

    expect(failed(result)).toEqual({
      kind: 'failed',
      code,
      message: `${phrase}: ${receiver.url}`,
      mayHaveArrived: true,
    })
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: false })
    expect(result.latencyMs).toBeLessThan(1_050 + (await overdue))
    // Whatever it was, the next call is none the worse for it.
    expect(answered(await callOnce(client))).toMatchObject({ httpStatus: 200, body: '{"success":true}' })
    expect(receiver.count).toBe(2)
  })

  test.for(Object.entries(GOOD))(
    'with %s is answered %i all the same',
    async ([name, httpStatus], { receive, connect }) => {
      const receiver = await receive({ answer: (_request, n) => (n === 0 ? { misbehave: name as Misbehaviour } : {}) })
      const client = connect(receiver.url)

      expect(answered(await callOnce(client)).httpStatus).toBe(httpStatus)
      expect(answered(await callOnce(client))).toMatchObject({ httpStatus: 200, body: '{"success":true}' })
    },
  )

  test('is known here in every way that the scripted one can', () => {
    expect([...Object.keys(FAILURES), ...Object.keys(GOOD)].toSorted()).toEqual([...MISBEHAVIOURS].toSorted())
  })

  test('with a gzip bomb is read as it came, never unpacked', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ misbehave: 'gzip' }) })
    const answer = answered(await callOnce(connect(receiver.url)))

    expect(answer.contentType).toBe('application/json')
    expect(answer.body.length).toBeLessThan(30_000)
    expect(answer.body).not.toContain('success')
  })

  test('and has no end takes no memory', async ({ receive }) => {
    const endless: readonly Misbehaviour[] = [
      'endless-body',
      'endless-chunk-size',
      'endless-headers',
      'endless-reason',
      'endless-trailers',
      'gigabyte',
      'gzip',
    ]
    const receiver = await receive({ answer: (_request, n) => ({ misbehave: endless[n % endless.length] ?? 'gzip' }) })
    const calls = Array.from({ length: 10 * endless.length }, () => ({}))
    const options = { origin: receiver.url, connections: calls.length, timeoutMs: 700, ca: null, network: LOOPBACK }
    const [idle, busy] = [
      await callInChild({ options, calls: [] }),
      await callInChild({ options, calls, isParallel: true }),
    ]

    expect(busy.results).toHaveLength(calls.length)
    expect(busy.peakMb - idle.peakMb).toBeLessThan(80)
  })

  test('with an answer in the same breath as another never gives it to the next call', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ misbehave: 'two-answers' }) })
    const client = connect(receiver.url, { timeoutMs: 1_000 })
    const bodies: string[] = []
    await new Promise<void>((resolve) => {
      const next = (): void =>
        client.call({ path: '/', method: 'POST', headers: [], body: '{}' }, (result) => {
          bodies.push(answered(result).body)
          // Begun before undici has read to the end of what came.
          if (bodies.length < 30) next()
          else resolve()
        })
      next()
    })
    expect(new Set(bodies)).toEqual(new Set(['mine']))
  })

  test.for(['reset', 'close', 'refuse'] as const)(
    'before it has read the request (%s)',
    async (how, { receive, connect }) => {
      const receiver = await receive({ onHeaders: () => how })
      const { answer } = await callOnce(connect(receiver.url), { body: 'x'.repeat(1_000_000) })

      if (answer.kind === 'failed') expect(answer).toMatchObject({ code: 'reset', mayHaveArrived: true })
      // What was said may be lost with the connection: the end of it overtakes the answer (RFC 9112 §9.6).
      else expect([how, answer.httpStatus]).toEqual(['refuse', 413])
      expect(receiver.count).toBe(1)
    },
  )

  test('with an answer nobody asked for never gives it to the next customer', async ({ receive, connect }) => {
    const stray = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray'
    const receiver = await receive({ answer: ({ path }) => ({ body: path, extra: stray }) })
    const client = connect(receiver.url)
    for (let n = 0; n < 100; n++) {
      const answer = answered(await callOnce(client, { path: `/${n}` }))
      expect(answer.body).toBe(`/${n}`)
    }
  })

  test('by closing each connection after its answer loses no call', async ({ receive, connect }) => {
    const receiver = await receive({ answer: ({ path }) => ({ body: path, isLast: true }) })
    const client = connect(receiver.url)
    for (let n = 0; n < 50; n++) {
      expect(answered(await callOnce(client, { path: `/${n}` })).body).toBe(`/${n}`)
    }
    expect(receiver.connections).toBeGreaterThan(1)
  })
})
