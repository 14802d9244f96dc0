import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { SaxesParser } from 'saxes'
import { describe, expect } from 'vitest'
import { METHODS, PAYLOADS, type Method, type Payload } from '../../src/campaign/campaign.ts'
import type { Received } from '../support/receiver.ts'
import { test } from '../support/story.ts'

const naughty = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('big-list-of-naughty-strings/blns.json'), 'utf8'),
) as string[]

const NAME = 'Zoë "Z" O\'Hara <b>&amp; 東京 🎂\n\\ 100 % + = #'

/** For each payload: its template, and how a receiver reads the name back. */
const PARTS: Readonly<
  Record<Payload, { readonly template: string; readonly type: string; readonly read: (body: string) => unknown }>
> = {
  json: {
    template: '{"name": "{{ customer.name }}", "raw": {{ customer.name | tojson }}}',
    type: 'application/json',
    read: (body) => {
      const { name, raw } = JSON.parse(body) as Record<string, unknown>
      return name === raw ? name : [name, raw]
    },
  },
  text: { template: '{{ customer.name }}', type: 'text/plain; charset=utf-8', read: (body) => body },
  xml: {
    template: '<?xml version="1.0" encoding="UTF-8"?>\n<name in="{{ customer.name }}">{{ customer.name }}</name>',
    type: 'application/xml; charset=utf-8',
    read: readXml,
  },
  form: {
    template: '{"name": "{{ customer.name }}", "all": ["{{ customer.name }}", 2, true, null]}',
    type: 'application/x-www-form-urlencoded',
    read: (body) => {
      const form = new URLSearchParams(body)
      const [name, all] = [form.getAll('name'), form.getAll('all')]
      return name.length === 1 && all.slice(1).join() === '2,true,' && all[0] === name[0] ? name[0] : [name, all]
    },
  },
}

/** A real parser: the text of the element, when its attribute is the same. */
function readXml(body: string): unknown {
  const parser = new SaxesParser()
  let text = ''
  let attribute: unknown
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ attributes }) => {
    attribute = attributes['in']
    // Before the element there is white space.
    text = ''
  })
  parser.on('text', (part) => (text += part))
  parser.write(body).close()
  return text === attribute ? text : [text, attribute]
}

const json = (value: unknown): string => JSON.stringify(value)

describe('each method', () => {
  test.for(METHODS)('%s carries each payload as it is promised', { timeout: 60_000 }, async (method, { tell }) => {
    const stories = await Promise.all(PAYLOADS.map(async (payload) => ({ payload, story: await carry(payload) })))
    for (const { payload, story } of stories) {
      const [received, ...more] = story.receiver.requests
      expect(more).toEqual([])
      expectRequest(received!, { method, payload, runId: story.runId })
    }

    async function carry(payload: Payload): ReturnType<typeof tell> {
      const story = await tell({
        customers: [{ customer_id: 'c-0', name: NAME }],
        webhook: `method: ${method}\npayload: ${payload}\n${method === 'GET' ? 'body: null' : 'body: { file: body.j2 }'}`,
        body: PARTS[payload].template,
        senders: 1,
      })
      expect(await story.start()).toMatchObject({ state: 'finished' })
      expect(story.numbers.sent).toBe(1)
      return story
    }
  })
})

/** Every header of design and protocol, and no other. */
function expectRequest(
  { method, path, headers, body }: Received,
  wanted: { readonly method: Method; readonly payload: Payload; readonly runId: string },
): void {
  const { type, read } = PARTS[wanted.payload]
  const common = {
    host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    connection: 'keep-alive',
    'user-agent': expect.stringMatching(/^hookcast\/\d/) as string,
    accept: 'application/json, text/plain;q=0.5',
    'x-hookcast-run': wanted.runId,
    'x-hookcast-attempt': '1',
    'idempotency-key': `${wanted.runId}-0`,
  }
  expect([method, path]).toEqual([wanted.method, '/v1/messages'])
  if (method === 'GET') {
    expect(body).toBe('')
    expect(headers).toEqual(common)
    return
  }
  expect(headers).toEqual({ ...common, 'content-type': type, 'content-length': String(Buffer.byteLength(body)) })
  expect(read(body)).toBe(NAME)
}

describe('naughty strings', () => {
  test.for(PAYLOADS)('come back as they were out of %s', { timeout: 60_000 }, async (payload, { tell }) => {
    // What XML 1.0 has no way to write is told of, and costs its customer alone.
    const isWritable = (text: string): boolean =>
      payload !== 'xml' || !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)
    const names = [...naughty, '\r\n\t x \r', ']]>', '&#0;', '\u0000', '\uFFFE', NAME]
    const story = await tell({
      customers: names.map((name, i) => ({ customer_id: String(i), name })),
      webhook: `payload: ${payload}\nheaders: [{ name: X-Customer, value: "{{ customer.customer_id }}" }]\nabort: { render: never }`,
      body: PARTS[payload].template,
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })

    const arrived = new Map(
      story.receiver.requests.map(({ headers, body }) => [headers['x-customer'], PARTS[payload].read(body)]),
    )
    for (const [i, name] of names.entries()) expect(arrived.get(String(i))).toBe(isWritable(name) ? name : undefined)
    const failed = story.results.filter(({ status }) => status === 'failed')
    expect(failed.map(({ seq }) => names[seq])).toEqual(names.filter((name) => !isWritable(name)))
    for (const { reason, message } of failed) {
      expect(reason).toBe('render')
      expect(message).toMatch(/expected characters that XML 1\.0 can hold, got U\+/)
    }
  })
})

describe('a URL with templates', () => {
  test('has each value percent-encoded, and one origin for all', { timeout: 60_000 }, async ({ tell }) => {
    const values = [
      'a/b',
      'č ?#&=+',
      '%2F',
      '//evil.example/x',
      '@evil.example',
      '\\\\evil',
      ':8080',
      '🎂',
      "'(!*)~-_.",
      '.x',
      'a..b',
    ]
    const refused = ['..', '.']
    const rows = [...values, ...refused].map((id, i) => ({ customer_id: `c-${i}`, id, n: i }))
    const story = await tell({
      customers: rows,
      webhook: [
        'url: "$RECEIVER/v1/customers/{{ customer.id }}/points?id={{ customer.id }}&fixed=1&n={{ customer.n }}"',
        'body: \'{"customer_id":"{{ customer.customer_id }}"}\'',
      ].join('\n'),
    })
    await story.start()

    expect(story.receiver.count).toBe(values.length)
    for (const [i, id] of values.entries()) {
      const [received] = story.requestsOf(`c-${i}`)
      const [, path = '', query = ''] = /^\/v1\/customers\/([^/?#]*)\/points\?(.*)$/.exec(received!.path) ?? []
      expect(decodeURIComponent(path)).toBe(id)
      expect(query).toMatch(/^id=[A-Za-z0-9%._~-]*&fixed=1&n=\d+$/)
      expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ id, fixed: '1', n: String(i) })
      expect(received!.headers['host']).toBe(new URL(story.receiver.url).host)
    }
    const failed = story.results.filter(({ status }) => status === 'failed')
    expect(failed.map(({ seq, reason }) => [rows[seq]?.id, reason])).toEqual(refused.map((id) => [id, 'render']))
    expect(story.numbers.warnings).toMatchObject([{ code: 'url_path_template' }])
  })
})

describe('headers', () => {
  test('hold what their templates print; what no header can hold fails its customer', async ({ tell }) => {
    const values = [
      'plain',
      'tab\tand "quotes"; a=1',
      'a\r\nX-Evil: 1',
      'b\nX-Evil: 1',
      'c\rd',
      'nul\u0000',
      'é',
      '\u007f',
    ]
    const good = new Set([0, 1])
    const story = await tell({
      customers: values.map((value, i) => ({ customer_id: `c-${i}`, value })),
      webhook:
        'headers:\n  - { name: X-Value, value: "<{{ customer.value }}>" }\n  - { name: X-Fixed, value: "{{ campaign.name }}" }',
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })

    expect(story.results.map(({ status, reason }) => [status, reason])).toEqual(
      values.map((_, i) => (good.has(i) ? ['sent', null] : ['failed', 'render'])),
    )
    expect(story.receiver.count).toBe(good.size)
    for (const i of good) {
      const { headers } = story.requestsOf(`c-${i}`)[0]!
      expect(headers).toMatchObject({ 'x-value': `<${values[i]}>`, 'x-fixed': 'story' })
    }
    expect(json(story.receiver.requests)).not.toMatch(/x-evil/i)
    // The message is about the header, and shows nothing of what the customer has in it.
    expect(json(story.results.map(({ message }) => message))).not.toContain('Evil')
  })

  test('of the campaign win: a content type chooses the payload too, and another key header', async ({ tell }) => {
    const story = await tell({
      customers: [{ customer_id: 'c-0', name: '<&>' }],
      body: '<name>{{ customer.name }}</name>',
      webhook: [
        'headers:',
        '  - { name: Content-Type, value: "application/vnd.shop+xml; charset=utf-8" }',
        '  - { name: Accept, value: application/xml }',
        '  - { name: User-Agent, value: shop }',
        '  - { name: X-Api-Key, value: "${API_KEY}", type: secret }',
        'idempotency: { header: X-Request-Id }',
      ].join('\n'),
      env: { API_KEY: 'canary' },
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    const [{ headers, body } = story.receiver.requests[0]!] = story.receiver.requests
    expect(body).toBe('<name>&lt;&amp;&gt;</name>')
    expect(headers).toMatchObject({
      'content-type': 'application/vnd.shop+xml; charset=utf-8',
      accept: 'application/xml',
      'user-agent': 'shop',
      'x-api-key': 'canary',
      'x-request-id': `${story.runId}-0`,
    })
    expect(headers['idempotency-key']).toBeUndefined()
  })
})
