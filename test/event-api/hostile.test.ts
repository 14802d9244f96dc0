import { describe, expect } from 'vitest'
import { test } from './fixture.ts'

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** A subscriber of an app, with its own token, who means no good. */
const hostile = test.extend<{ post: (path: string, body: string, key?: string) => Promise<[number, string]> }>({
  post: async ({ desk }, use) => {
    const { id } = await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
    await desk.svix.application.create({ name: 'Other', uid: 'other' })
    const token = await desk.tokenOf(id)
    await use(async (path, body, key) => {
      const options = { method: 'POST', token, body, ...(key === undefined ? {} : { key }) }
      const answer = await desk.send(path, options)
      return [answer.status, await answer.text()]
    })
  },
})

describe('a hostile subscriber', () => {
  hostile.for([
    ['a list of values without end', { a: { $in: Array.from({ length: 1001 }, (_, n) => n) } }],
    ['several such lists', Object.fromEntries(['a', 'b', 'c'].map((path) => [path, { $in: Array(400).fill(0) }]))],
    ['more conditions than one reads', Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`p${n}`, n]))],
    ['a path without end', { ['a.'.repeat(200)]: 1 }],
    ['a value that is deep', { a: { $eq: JSON.parse(deep(50)) as unknown } }],
    ['filters in filters', JSON.parse(`${'{"$not":'.repeat(20)}{"a":1}${'}'.repeat(20)}`) as object],
    ['an operator of others', { $where: 'sleep(1000)' }],
    ['a regular expression', { a: { $regex: '(a+)+$' } }],
  ] as const)('has no filter that takes the time of others: %s', async ([, filter], { desk, post }) => {
    const body = JSON.stringify({ url: desk.receiver.url, filter })
    expect(await post('/app/acme/endpoint', body)).toMatchObject([422, expect.stringMatching(/expected/)])
  })

  hostile('is told that JSON is too deep, whatever it is for', async ({ desk, post }) => {
    const body = (levels: number): string => `{"url":"${desk.receiver.url}","metadata":${deep(levels)}}`
    expect(await post('/app/acme/endpoint', body(100_000))).toMatchObject([422, expect.stringContaining('500 levels')])
    const brackets = JSON.stringify({ eventType: 'a', payload: `\\"${'['.repeat(1000)}` })
    expect((await desk.send('/app/acme/msg', { method: 'POST', body: brackets })).status).toBe(202)
  })

  hostile.for([
    ['X-A', 'a\r\nX-Injected: 1'],
    ['X-A\r\nX-Injected', '1'],
    ['Host', 'inside.example'],
    ['Content-Length', '0'],
    ['Transfer-Encoding', 'chunked'],
    ['Svix-Signature', 'v1,forged'],
    ['Webhook-Id', 'msg_other'],
    ['Proxy-Authorization', 'Basic YTpi'],
  ] as const)('sets no header that is not its own: %j', async ([name, value], { desk, post }) => {
    const body = JSON.stringify({ url: desk.receiver.url, headers: { [name]: value } })
    expect(await post('/app/acme/endpoint', body)).toMatchObject([422, expect.any(String)])
  })

  hostile.for(['.', '..'])('has no endpoint whose path would be that of its app: %s', async (uid, { desk, post }) => {
    const body = JSON.stringify({ url: desk.receiver.url, uid })
    expect(await post('/app/acme/endpoint', body)).toMatchObject([422, expect.stringContaining('dots')])
  })

  hostile.for(['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z'])(
    'recovers since before all times: %s',
    async (since, { desk, post }) => {
      const [, made] = await post('/app/acme/endpoint', JSON.stringify({ url: desk.receiver.url }))
      const { id } = JSON.parse(made) as { id: string }
      expect(await post(`/app/acme/endpoint/${id}/recover`, JSON.stringify({ since }))).toMatchObject([
        202,
        expect.any(String),
      ])
    },
  )

  hostile('sets no more headers than servers take', async ({ desk, post }) => {
    for (const headers of [
      Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`X-${n}`, '1'])),
      Object.fromEntries(Array.from({ length: 3 }, (_, n) => [`X-${n}`, 'a'.repeat(4000)])),
    ]) {
      const body = JSON.stringify({ url: desk.receiver.url, headers })
      expect(await post('/app/acme/endpoint', body)).toMatchObject([422, expect.stringContaining('headers')])
    }
  })

  hostile.for(['whsec_', 'whsec_AAAA', `whsec_${'A'.repeat(8000)}`, 'not base64!', '-----BEGIN PRIVATE KEY-----'])(
    'has no secret in a wrong shape: %j',
    async (secret, { desk, post }) => {
      const [status, text] = await post('/app/acme/endpoint', JSON.stringify({ url: desk.receiver.url, secret }))
      expect(status).toBe(422)
      if (secret !== 'whsec_') expect(text).not.toContain(secret)
    },
  )

  hostile('gets nothing of others by their keys, nor of an app that is not there', async ({ desk, post }) => {
    const body = JSON.stringify({ url: `${desk.receiver.url}/theirs` })
    const theirs = await desk.send('/app/other/endpoint', { method: 'POST', body, key: 'k-1' })
    const { id } = (await theirs.json()) as { id: string }
    const [status, text] = await post('/app/acme/endpoint', JSON.stringify({ url: desk.receiver.url }), 'k-1')
    expect([status, text.includes(id)]).toEqual([201, false])
    expect(await post('/app/acme/endpoint', body, 'k-1')).toMatchObject([
      422,
      expect.stringContaining('another request'),
    ])
    const [there, nowhere] = [await post('/app/other/endpoint', body, 'k-2'), await post('/app/nobody/endpoint', body)]
    expect(there).toEqual(nowhere)
    expect(await post(`/app/acme/endpoint/${id}/recover`, '{"since":"2026-01-01T00:00:00Z"}')).toMatchObject([
      404,
      expect.any(String),
    ])
  })

  hostile('begins no more replays than may go on at a time', async ({ desk, post }) => {
    const { id } = await desk.svix.endpoint.create('acme', { url: desk.receiver.url })
    const body = '{"since":"2026-01-01T00:00:00Z"}'
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(`/app/acme/endpoint/${id}/recover`, body)))
    const statuses = new Set(answers.map(([status]) => status))
    expect([...statuses].every((status) => status === 202 || status === 429)).toBe(true)
    expect(statuses).toContain(202)
  })

  hostile('looks for what is not there a page at a time', async ({ desk }) => {
    const { svix, on } = desk
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    const app = on.events.apps.get('acme')
    await Promise.all(Array.from({ length: 5200 }, async () => await on.publish(app)))
    const first = await svix.message.list('acme', { tag: 'none' })
    expect(first).toMatchObject({ data: [], done: false, iterator: expect.stringMatching(/^msg_/) as string })
    let [page, pages] = [first, 1]
    while (!page.done) {
      page = await svix.message.list('acme', { tag: 'none', iterator: page.iterator })
      pages++
    }
    expect(pages).toBe(3)
    const back = await svix.message.list('acme', { tag: 'none', iterator: `-${first.iterator}` })
    expect([back.done, back.data]).toEqual([true, []])
  })
})

const few = hostile.extend<{ ceilings: { perSecond: number; backlog: number; bytes: number; endpoints: number } }>({
  ceilings: { perSecond: 1e6, backlog: 1e6, bytes: 1e12, endpoints: 3 },
})

few('a hostile subscriber makes no more endpoints than an app may have', async ({ desk, post }) => {
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) {
    statuses.push((await post('/app/acme/endpoint', JSON.stringify({ url: `${desk.receiver.url}/${n}` })))[0])
  }
  expect(statuses).toEqual([201, 201, 201, 409, 409])
})
