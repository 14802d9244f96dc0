import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test } from '../support/story.ts'

const naughty = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('big-list-of-naughty-strings/blns.json'), 'utf8'),
) as string[]
const NAMES = [
  ...naughty,
  '","admin":true,"x":"',
  '{{ 7 * 7 }}',
  '{% abort %}',
  '${HOME}',
  '\u2028\u2029',
  'a\\"b\n\t\u0000',
]

const body =
  '{"customer_id":"{{ customer.customer_id }}","name":"{{ customer.name }}","whole":{{ customer.name | tojson }}}'

describe('a customer’s data', () => {
  test('arrives exactly as it is: the Big List of Naughty Strings, by NDJSON', async ({ tell }) => {
    const rows = NAMES.map((name, i) => ({ customer_id: `c-${i}`, name }))
    const story = await tell({ customers: rows, body })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    const arrived = new Map(
      story.receiver.requests.map(({ body }) => {
        const { customer_id, ...rest } = JSON.parse(body) as Record<string, unknown>
        return [customer_id, rest]
      }),
    )
    expect(arrived.size).toBe(rows.length)
    for (const { customer_id, name } of rows) expect(arrived.get(customer_id)).toEqual({ name, whole: name })
  })

  test('arrives exactly as it is by CSV', async ({ tell }) => {
    const rows = NAMES.filter((name) => !name.includes('\u0000')).map((name, i) => ({ customer_id: `c-${i}`, name }))
    // An empty cell is missing, and what is missing prints as nothing.
    const story = await tell({
      customers: 0,
      body: '{"customer_id":"{{ customer.customer_id }}","name":"{{ customer.name }}"}',
    })
    const cells = rows.map(({ customer_id, name }) => `${customer_id},"${name.replaceAll('"', '""')}"`)
    writeFileSync(join(story.folder.path, 'people.csv'), `customer_id,name\n${cells.join('\n')}\n`)
    const campaign = join(story.folder.path, 'campaign.yaml')
    writeFileSync(campaign, readFileSync(campaign, 'utf8').replace('people.ndjson', 'people.csv'))
    expect(await story.start()).toMatchObject({ state: 'finished' })
    const arrived = new Map(
      story.receiver.requests.map(({ body }) => {
        const { customer_id, name } = JSON.parse(body) as Record<string, unknown>
        return [customer_id, name]
      }),
    )
    expect(arrived.size).toBe(rows.length)
    for (const { customer_id, name } of rows) expect(arrived.get(customer_id)).toBe(name)
  })

  test('is the same for the next customer, whatever a template did with it', async ({ tell }) => {
    const story = await tell({
      customers: [
        { customer_id: 'c-0', tags: ['a'] },
        { customer_id: 'c-1', tags: ['a'] },
      ],
      body: '{"customer_id":"{{ customer.customer_id }}","n":"{% set _ = customer.tags.append("x") %}{{ customer.tags | length }}"}',
    })
    await story.start()
    expect(story.receiver.requests.map(({ body }) => JSON.parse(body).n)).toEqual(['2', '2'])
  })
})

describe('a template', () => {
  test('that fails for one customer costs that customer and no other', async ({ tell }) => {
    const story = await tell({
      customers: [{ customer_id: 'c-0', a: { b: 1 } }, { customer_id: 'c-1' }, { customer_id: 'c-2', a: { b: 2 } }],
      body: '{"customer_id":"{{ customer.customer_id }}","b":{{ customer.a.b }}}',
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.results.map(({ status, reason }) => [status, reason])).toEqual([
      ['sent', null],
      ['failed', 'render'],
      ['sent', null],
    ])
    expect(story.results[1]?.message).toMatch(/body\.j2:1:\d+/)
  })

  test('that spins costs its customer and leaves calls in flight alone', { timeout: 60_000 }, async ({ tell }) => {
    const spin = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}'
    const story = await tell({
      customers: Array.from({ length: 60 }, (_, i) => ({ customer_id: `c-${i}`, spins: i === 30 })),
      webhook: 'timeout: 4s',
      body: `{"customer_id":"{{ customer.customer_id }}"{% if customer.spins %}${spin}{% endif %}}`,
      answer: () => ({ delayMs: 500 }),
      senders: 1,
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 59, failed: 1, failures: { render: 1 }, codes: { 200: 59 } })
    expect(story.results[30]).toMatchObject({
      reason: 'render',
      message: expect.stringContaining('took longer than 1000 ms'),
    })
  })

  test('that eats all memory costs its customer alone', { timeout: 120_000 }, async ({ tell }) => {
    const story = await tell({
      customers: Array.from({ length: 60 }, (_, i) => ({ customer_id: `c-${i}`, eats: i === 30 })),
      // Each turn keeps a list that is twice as long; limits on text and range do not see it.
      body: '{% set ns = namespace(l=[1]) %}{% if customer.eats %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}{% endif %}{"customer_id":"{{ customer.customer_id }}"}',
      senders: 1,
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 59, failed: 1 })
    expect(['crash', 'render']).toContain(story.results[30]?.reason)
  })

  test('that aborts suppresses its customer, with the reason', async ({ tell }) => {
    const story = await tell({
      customers: [{ customer_id: 'c-0' }, { customer_id: 'c-1', phone: '1' }],
      body: '{% if not customer.phone %}{% abort: "no phone" %}{% endif %}{"customer_id":"{{ customer.customer_id }}"}',
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.results[0]).toMatchObject({ status: 'suppressed', reason: 'template', message: 'no phone' })
    expect(story.receiver.count).toBe(1)
  })

  test('that fails for 50 customers in a row stops the chunk', async ({ tell }) => {
    const story = await tell({ customers: 300, webhook: 'concurrency: 1', body: '{"a":{{ customer.a.b.c }}}' })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.stops).toMatchObject([{ rule: 'render', scope: 'chunk' }])
    expect(story.receiver.count).toBe(0)
  })
})

describe('a secret', () => {
  test('that a receiver sends back is in no file of the data folder', async ({ tell }) => {
    const secret = 'C4n"ary\\pw äöü'
    const basic = Buffer.from(`bob:${secret}`).toString('base64')
    const said = `${secret} ${basic} ${encodeURIComponent(secret)}`
    const story = await tell({
      customers: 3,
      env: { PW: secret },
      webhook: [
        'concurrency: 1',
        'auth: { type: basic, username: bob, password: "${PW}" }',
        'event_properties: { echo: "{{ response.body.said }}" }',
      ].join('\n'),
      answer: ({ customer }) => ({
        status: customer === 'c-2' ? 401 : 200,
        body: {
          success: customer === 'c-0',
          said,
          result: { code: said, status: said },
          errors: [{ code: said, description: `${'x'.repeat(480)} ${said}` }],
        },
      }),
    })
    await story.start()
    expect(story.results.map(({ status }) => status)).toEqual(['sent', 'failed', 'failed'])
    const files = readdirSync(story.dataFolder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const text = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n')
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), 'C4n']) {
      expect(text).not.toContain(Buffer.from(form).toString('latin1'))
    }
    expect(text).not.toContain(basic)
  })
})

describe('a request', () => {
  test('carries what the receiver is promised, and Basic Auth in UTF-8', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      webhook: [
        'auth: { type: basic, username: usér, password: "${PW}" }',
        'headers:',
        '  - { name: X-Campaign, value: "{{ campaign.name }}" }',
        '  - { name: X-Secret, value: "${PW2}", type: secret }',
      ].join('\n'),
      env: { PW: 'pä:ss', PW2: 'canary' },
    })
    await story.start()
    const { headers, key } = story.receiver.requests[0]!
    expect(Buffer.from(headers['authorization']!.slice('Basic '.length), 'base64').toString()).toBe('usér:pä:ss')
    expect(key).toBe(`${story.runId}-0`)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json, text/plain;q=0.5',
      'user-agent': expect.stringMatching(/^hookcast\//),
      'x-hookcast-run': story.runId,
      'x-hookcast-attempt': '1',
      'x-campaign': 'story',
      'x-secret': 'canary',
    })
  })

  test('leaves event properties behind, rendered after the answer', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      webhook:
        'event_properties: { channel: sms, provider_id: "{{ response.body.id }}", bad: "{{ response.body.a.b }}" }',
      answer: () => ({ body: { success: true, id: 'p-1' } }),
    })
    await story.start()
    expect(JSON.parse(story.results[0]?.properties ?? '')).toEqual({ channel: 'sms', provider_id: 'p-1' })
    expect(story.numbers.warnings).toMatchObject([{ code: 'event_properties', count: 1 }])
  })
})
