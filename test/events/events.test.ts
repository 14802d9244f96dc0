import { Webhook } from 'standardwebhooks'
import { describe, expect } from 'vitest'
import { test as it } from './fixture.ts'

const FIRST = { limit: 50, cursor: null, order: 'ascending' } as const

describe('a message', () => {
  it('reaches its endpoint byte for byte, signed', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app({ 'hookcast.profile': 'standard' })
    const endpoint = await on.endpoint(app, receiver, { headers: { 'X-Own': 'yes' } })
    const text = '{ "b" : 1.0,\n\t"a": "ü\\u00fc" }'
    const { message } = await on.publish(app, { text })
    await on.untilAttempts(1)
    const [request] = receiver.requests
    expect(request).toMatchObject({ method: 'POST', path: '/hook', body: text })
    expect(request!.headers).toMatchObject({ 'x-own': 'yes', 'user-agent': 'hookcast/test', 'webhook-id': message.id })
    const secret = on.events.secrets.current(endpoint)
    expect(new Webhook(secret).verify(text, request!.headers as Record<string, string>)).toEqual(JSON.parse(text))
    expect(Buffer.from(on.events.messages.payloadOf(message)!).toString()).toBe(text)
    expect(on.attempts[0]).toMatchObject({
      hasSucceeded: true,
      httpStatus: 200,
      message: message.seq,
      trigger: 'scheduled',
    })
  })

  it('goes to every endpoint that wants it, and to no other', async ({ on }) => {
    const receiver = await on.receiver()
    const [app, other] = [await on.app(), await on.app()]
    const to = async (name: string, change: object): Promise<void> => {
      await on.endpoint(app, receiver, { url: `${receiver.url}/${name}`, ...change })
    }
    await to('all', {})
    await to('exact', { eventTypes: ['user.created'] })
    await to('prefix', { eventTypes: ['user.*'] })
    await to('other-type', { eventTypes: ['user.createdx', 'order.*'] })
    await to('channel', { channels: ['eu', 'us'] })
    await to('other-channel', { channels: ['us'] })
    await to('filter', { filter: { 'data.amount': { $in: [5, 10] } } })
    await to('other-filter', { filter: { $not: { 'data.amount': 10 } } })
    await on.endpoint(other, receiver, { url: `${receiver.url}/other-app` })
    await on.publish(app, { channels: ['eu'], text: '{"data":{"amount":10}}' })
    await on.untilAttempts(5)
    const paths = receiver.requests.map(({ path }) => path)
    expect(paths.toSorted()).toEqual(['/all', '/channel', '/exact', '/filter', '/prefix'])
  })

  it('of an event id that was accepted before is not taken: the first is given back', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    await on.endpoint(app, receiver)
    const [one, two] = await Promise.all([
      on.publish(app, { eventId: 'e-1' }),
      on.publish(app, { eventId: 'e-1', text: '2' }),
    ])
    expect([one.isNew, two.isNew]).toEqual([true, false])
    expect(two.message).toEqual(one.message)
    on.clock.skip(86_400_000)
    const next = await on.publish(app, { eventId: 'e-1', text: '3' })
    expect(next).toEqual({ message: one.message, isNew: false, isSameRequest: false })
    const another = await on.publish(await on.app(), { eventId: 'e-1' })
    expect(another.isNew).toBe(true)
    expect(on.events.messages.get(app, 'e-1')).toEqual(one.message)
    await on.untilAttempts(1)
    expect(receiver.count).toBe(1)
  })

  it('that was expunged says nothing any more, and is not sent', async ({ on }) => {
    const receiver = await on.receiver({ answer: () => ({ status: 500 }) })
    const app = await on.app()
    await on.endpoint(app, receiver)
    const { message } = await on.publish(app)
    await on.untilAttempts(1)
    await on.events.messages.expunge(message)
    expect(on.events.messages.payloadOf(message)).toBeNull()
    on.clock.skip(5_000)
    await on.untilAttempts(2)
    expect(on.attempts[1]).toMatchObject({ code: 'unsendable', hasSucceeded: false })
    expect(receiver.count).toBe(1)
  })

  it('is refused in words when it is none', async ({ on }) => {
    const app = await on.app()
    await expect(on.publish(app, { eventType: 'no blanks' })).rejects.toThrow('expected `eventType` to be')
    await expect(on.publish(app, { channels: ['1', '2', '3', '4', '5', '6'] })).rejects.toThrow('at most 5, got 6')
  })
})

describe('lists', () => {
  it('give messages of many days page by page, in both directions', async ({ on }) => {
    const app = await on.app()
    const ids: string[] = []
    for (let day = 0; day < 3; day++) {
      for (let n = 0; n < 3; n++) ids.push((await on.publish(app, { tags: [`n${n}`] })).message.id)
      on.clock.skip(86_400_000)
    }
    const { messages } = on.events
    const idsOf = (query: Parameters<typeof messages.list>[1]): readonly string[] =>
      messages.list(app, query).rows.map(({ id }) => id)
    expect(idsOf(FIRST)).toEqual(ids)
    expect(idsOf({ ...FIRST, order: 'descending' })).toEqual(ids.toReversed())
    const page = messages.list(app, { ...FIRST, limit: 4 })
    expect(page.isDone).toBe(false)
    const cursor = { id: page.rows.at(-1)!.id, isBackwards: false }
    expect(idsOf({ ...FIRST, limit: 4, cursor })).toEqual(ids.slice(4, 8))
    const back = { id: ids[6]!, isBackwards: true }
    expect(idsOf({ ...FIRST, limit: 4, cursor: back })).toEqual(ids.slice(2, 6))
    expect(messages.list(app, { ...FIRST, limit: 6, cursor: back })).toMatchObject({ isDone: true })
    expect(idsOf({ ...FIRST, tag: 'n1' })).toEqual([ids[1], ids[4], ids[7]])
    expect(idsOf({ ...FIRST, eventTypes: ['other'] })).toEqual([])
  })

  it('give attempts of an endpoint and of a message, with what the receiver said', async ({ on }) => {
    const receiver = await on.receiver({ answer: (_, n) => ({ status: n === 0 ? 500 : 200, body: `answer ${n}` }) })
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    const { message } = await on.publish(app)
    await on.untilAttempts(1)
    on.clock.skip(5_000)
    await on.untilAttempts(2)
    const { attempts } = on.events
    const { rows } = attempts.ofEndpoint(endpoint, FIRST)
    expect(rows.map(({ answer, httpStatus }) => [answer, httpStatus])).toEqual([
      ['answer 0', 500],
      ['answer 1', 200],
    ])
    expect(attempts.ofMessage(message, { ...FIRST, order: 'descending' }).rows).toEqual(rows.toReversed())
    expect(attempts.ofEndpoint(endpoint, { ...FIRST, hasSucceeded: false }).rows).toEqual([rows[0]])
    expect(attempts.ofEndpoint(endpoint, { ...FIRST, statusClass: 2 }).rows).toEqual([rows[1]])
    expect(attempts.ofEndpoint(endpoint, { ...FIRST, eventTypes: ['other'] }).rows).toEqual([])
    expect(attempts.get(message, rows[0]!.id)).toEqual(rows[0])
    await attempts.expunge(rows[0]!)
    expect(attempts.get(message, rows[0]!.id).answer).toBeNull()
  })

  it('give whole answers of the last failures, and the beginning of others', async ({ on }) => {
    const long = 'ä'.repeat(15_000)
    const receiver = await on.receiver({ answer: ({ body }) => ({ status: Number(body), body: long }) })
    const app = await on.app()
    await on.endpoint(app, receiver)
    const { message: failed } = await on.publish(app, { text: '400' })
    const { message: sent } = await on.publish(app, { text: '200' })
    await on.untilAttempts(2)
    const answerTo = (message: typeof sent): string => on.events.attempts.ofMessage(message, FIRST).rows[0]!.answer!
    expect(answerTo(failed)).toBe('ä'.repeat(10_000))
    expect(answerTo(sent)).toBe('ä'.repeat(512))
  })
})

describe('an app', () => {
  it('is found by id and by uid, changed, listed and removed', async ({ on }) => {
    const { apps } = on.events
    const made = await apps.create({ name: 'One', uid: 'one', throttleRate: null, metadata: {} })
    await expect(apps.create({ ...made, name: 'Two' })).rejects.toMatchObject({ problem: 'conflict' })
    const changed = await apps.update('one', { name: 'Eins', uid: 'eins' })
    expect(apps.find('one')).toBeNull()
    await on.reopen()
    expect(on.events.apps.get('eins')).toEqual(changed)
    expect(on.events.apps.get(made.id)).toEqual(changed)
    await on.events.apps.remove('eins')
    expect(() => on.events.apps.get('eins')).toThrow('No such app')
    await on.reopen()
    expect(on.events.apps.list(FIRST).rows).toEqual([])
  })
})

describe('an endpoint', () => {
  it('is its app’s alone, and keeps what was said of it', async ({ on }) => {
    const receiver = await on.receiver()
    const [app, other] = [await on.app(), await on.app()]
    const made = await on.endpoint(app, receiver, {
      uid: 'main',
      eventTypes: ['a.*'],
      channels: ['x'],
      filter: { a: 1 },
    })
    const secret = on.events.secrets.current(made)
    expect(on.events.endpoints.find(other, made.id)).toBeNull()
    await on.reopen()
    expect(on.events.endpoints.get(app, 'main')).toEqual(made)
    expect(on.events.secrets.current(made)).toBe(secret)
  })

  it.for([
    ['a name and a password', 'https://u:p@example.com/', 'without user name and password'],
    ['another port', 'https://example.com:444/', 'to be at port'],
    ['an address inside', 'https://10.0.0.1/', 'could not be reached'],
    ['no URL', 'nonsense', 'to be like'],
  ] as const)('is refused with %s', async ([, url, words], { on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const change = { url: url.replace(/^(https:\/\/10[^/]*)/, `$1:${receiver.port}`) }
    await expect(on.endpoint(app, receiver, change)).rejects.toThrow(words)
  })

  it('may not say what proves a message, nor break its connection', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    for (const name of ['Svix-Id', 'webhook-signature', 'Content-Length']) {
      await expect(on.endpoint(app, receiver, { headers: { [name]: '1' } })).rejects.toMatchObject({
        problem: 'invalid',
      })
    }
  })

  it('is signed for with the secret before too, until that time is over', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    const { secrets, endpoints } = on.events
    const profile = endpoints.profileOf(endpoint)
    const before = secrets.current(endpoint)
    await secrets.rotate(endpoint, { secret: null, overlapMs: null, profile })
    const after = secrets.current(endpoint)
    expect(secrets.signing(endpoint)).toEqual([after, before])
    await on.publish(app)
    await on.untilAttempts(1)
    const { body, headers } = receiver.requests[0]!
    for (const secret of [before, after]) new Webhook(secret).verify(body, renamed(headers))
    on.clock.skip(86_400_000)
    expect(secrets.signing(endpoint)).toEqual([after])
    await expect(secrets.rotate(endpoint, { secret: 'short', overlapMs: 0, profile })).rejects.toThrow(
      'expected `secret`',
    )
    await expect(secrets.rotate(endpoint, { secret: null, overlapMs: 1e9, profile })).rejects.toThrow('604800 s')
  })
})

function renamed(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ['id', 'timestamp', 'signature']
  return Object.fromEntries(names.map((name) => [`webhook-${name}`, headers[`svix-${name}`]!]))
}
