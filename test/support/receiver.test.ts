import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createReceiver, startReceiverProcess } from './receiver.ts'
import type { ReceiverConfig } from './receiver-process.ts'

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers })
}

function configIn(config: Omit<ReceiverConfig, 'journal'> = {}): ReceiverConfig {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return { journal: join(folder, 'journal.ndjson'), ...config }
}

describe('the scripted receiver', () => {
  test('answers from its script and keeps a journal', async () => {
    await using receiver = await createReceiver({
      customerOf: ({ body }) => (JSON.parse(body) as { id: string }).id,
      answer: ({ customer }, n) => ({ status: 201 + n, headers: { 'x-n': String(n) }, body: { customer } }),
    })
    const answers = []
    for (const id of ['a', 'ž']) {
      const headers = { 'Idempotency-Key': `key-${id === 'a' ? 0 : 1}`, 'X-Hookcast-Attempt': '2' }
      const response = await post(`${receiver.url}/v1?x=1`, JSON.stringify({ id }), headers)
      answers.push([response.status, response.headers.get('x-n'), await response.json()])
    }

    expect(answers).toEqual([
      [201, '0', { customer: 'a' }],
      [202, '1', { customer: 'ž' }],
    ])
    expect(receiver.requests).toMatchObject([
      { method: 'POST', path: '/v1?x=1', body: '{"id":"a"}', key: 'key-0', attempt: 2, customer: 'a' },
      { method: 'POST', path: '/v1?x=1', body: '{"id":"ž"}', key: 'key-1', attempt: 2, customer: 'ž' },
    ])
  })

  test('stops and listens on the same port again', async () => {
    await using receiver = await createReceiver()
    await (await post(receiver.url, '{}')).text()
    const { port } = receiver
    await receiver.stop('reset')
    await receiver.stop()
    expect(receiver.openConnections).toBe(0)
    await expect(post(receiver.url, '{}')).rejects.toThrow('fetch failed')
    await receiver.restart()
    expect(await (await post(receiver.url, '{}')).text()).toBe('{"success":true}')
    expect([receiver.port, receiver.count]).toEqual([port, 2])
  })

  test('says what it has seen when it waits in vain', async () => {
    await using receiver = await createReceiver()
    await expect(receiver.waitFor(1, 50)).rejects.toThrow(
      'Receiver waited 50 ms in vain: 0 requests, 0 in flight, 0 connections',
    )
  })

  test('knows how many requests were in its hands at once', async () => {
    await using receiver = await createReceiver({ answer: () => ({ delayMs: 100 }) })
    await Promise.all(Array.from({ length: 7 }, () => post(receiver.url, '{}').then((answer) => answer.text())))
    await receiver.waitUntil(() => receiver.inFlight === 0)
    expect(receiver.maxInFlight).toBe(7)
  })
})

describe('the receiver process', () => {
  test('answers by the first rule that fits and has written down what it answered', async () => {
    const config = configIn({
      keepsBodies: true,
      rules: [
        { customers: ['b'], attempt: 1, reply: { status: 500 } },
        { everyNth: 3, reply: { status: 429 } },
        { requests: [4], reply: { status: 418 } },
        { share: 1, reply: { status: 202 } },
      ],
    })
    await using receiver = await startReceiverProcess(config)
    const statuses = []
    for (const [customer, attempt] of [
      ['a', 1],
      ['b', 1],
      ['b', 2],
      ['b', 2],
      ['c', 1],
    ] as const) {
      const headers = { 'X-Hookcast-Attempt': String(attempt), 'Idempotency-Key': `k-${customer}` }
      statuses.push((await post(receiver.url, JSON.stringify({ customer_id: customer }), headers)).status)
    }

    expect(statuses).toEqual([202, 500, 429, 202, 418])
    expect(receiver.readJournal()).toMatchObject([
      { n: 0, customer: 'a', key: 'k-a', attempt: 1, body: '{"customer_id":"a"}' },
      { n: 1, customer: 'b', key: 'k-b', attempt: 1 },
      { n: 2, customer: 'b', key: 'k-b', attempt: 2 },
      { n: 3, customer: 'b', key: 'k-b', attempt: 2 },
      { n: 4, customer: 'c', key: 'k-c', attempt: 1 },
    ])
    const [, b1, b2] = receiver.readJournal()
    expect(b1?.digest).toBe(b2?.digest)
  })

  test('comes back on the same port, with the same journal, after a crash', async () => {
    const config = configIn()
    const first = await startReceiverProcess(config)
    await post(first.url, '{"customer_id":1}')
    await first.kill()
    await using second = await startReceiverProcess({ ...config, port: first.port })
    await post(second.url, '{"customer_id":2}')

    expect(second.url).toBe(first.url)
    expect(second.readJournal().map(({ customer }) => customer)).toEqual(['1', '2'])
  })
})
