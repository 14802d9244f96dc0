import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Inbox } from '../../src/trigger/inbox.ts'
import { SkippingClock } from '../support/skipping-clock.ts'
import { test, type Place } from './fixture.ts'

const DAY_MS = 86_400_000

const trigger = (id: string, more: object = {}): string =>
  JSON.stringify({ id, type: 'user.registered', customer: { customer_id: `c-${id}` }, ...more })

async function* chunksOf(text: string, size = 7): AsyncGenerator<Uint8Array, void, void> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const openInbox = ({ store }: Place, onTriggers: (type: string) => void = () => undefined): Inbox =>
  new Inbox({ store, clock: systemClock, onTriggers })

/** As another connection sees it: what is on the disk. */
const idsOnDisk = ({ data }: Place): unknown[] => {
  using database = new DatabaseSync(join(data, 'service.db'), { readOnly: true })
  return database
    .prepare('SELECT trigger_id AS id FROM inbox ORDER BY seq')
    .all()
    .map(({ id }) => id)
}

const counts = { duplicate: 0, unmatched: 0, errors: [], moreErrors: 0 }

describe('a trigger', () => {
  test('is on the disk when it is accepted, and told of', async ({ place }) => {
    await place.listen('welcome', 'user.registered')
    const types: string[] = []
    using inbox = openInbox(place, (type) => void types.push(type))
    expect(await inbox.accept(trigger('a'))).toEqual({ ...counts, accepted: 1 })
    expect(idsOnDisk(place)).toEqual(['a'])
    expect(types).toEqual(['user.registered'])
  })

  test('is accepted once in seven days', async ({ place }) => {
    await place.listen('welcome', 'user.registered')
    const clock = new SkippingClock()
    using inbox = new Inbox({ store: place.store, clock, onTriggers: () => undefined })
    const [first, second] = await Promise.all([inbox.accept(trigger('a')), inbox.accept(trigger('a'))])
    expect([first.accepted, second.accepted, second.duplicate]).toEqual([1, 0, 1])
    clock.skip(7 * DAY_MS - 60_000)
    expect((await inbox.accept(trigger('a'))).duplicate).toBe(1)
    clock.skip(61_000)
    expect((await inbox.accept(trigger('a'))).accepted).toBe(1)
    expect(idsOnDisk(place)).toEqual(['a', 'a'])
  })

  test('is counted and not kept when no active campaign listens to it, and may come again', async ({ place }) => {
    using inbox = openInbox(place)
    expect(await inbox.accept(trigger('a'))).toEqual({ ...counts, accepted: 0, unmatched: 1 })
    await place.listen('welcome', 'user.registered')
    expect((await inbox.accept(trigger('a'))).accepted).toBe(1)
  })

  test('is kept as it came, on one line', async ({ place }) => {
    await place.listen('welcome', 'user.registered')
    using inbox = openInbox(place)
    await inbox.accept(
      '{\r\n "id": "a",\n "type": "user.registered",\n "customer": {"n": 1.50},\n "occurred_at": "2026-11-22T10:00:00+01:00"}',
    )
    const row = place.store.get('SELECT body, occurred_at FROM inbox')!
    expect(row['body']).toContain('"customer": {"n": 1.50}')
    expect(row['body']).not.toMatch(/[\r\n]/)
    expect(row['occurred_at']).toBe(Date.UTC(2026, 10, 22, 9))
  })

  test.for([
    ['', 'expected JSON, got a text that ends here'],
    ['[]', 'expected one JSON object on each line, got a list'],
    ['{"id":7}', 'expected `id` to be a text of 1 to 200 printable characters, got a number'],
    ['{"id":"a"}', 'expected `type` to be the type of an event, such as "user.registered", got nothing'],
    ['{"id":"a","type":"t"}', 'expected `customer` to be an object, got nothing'],
    ['{"id":"a","type":"t","customer":{},"event":[]}', 'expected `event` to be an object, got a list'],
    [
      '{"id":"a","type":"t","customer":{},"properties":{}}',
      'expected no keys but id, type, customer, event, occurred_at, got another',
    ],
    [
      '{"id":"a","type":"t","customer":{},"occurred_at":"yesterday"}',
      'expected `occurred_at` to be an instant such as "2026-11-22T10:00:00Z", got another text',
    ],
    [
      '{"id":"a","type":"t","customer":{"phone":12345678901234567890}}',
      'expected whole numbers to be at most 2^53, got a larger one in `phone`: quote it',
    ],
    [
      `{"id":"a","type":"t","customer":{"a":"${'x'.repeat(131_072)}"}}`,
      'expected a trigger to be at most 128 KiB, got a larger one',
    ],
  ] as const)('is refused with what is wrong with it: %s', async ([text, message], { place }) => {
    using inbox = openInbox(place)
    await expect(inbox.accept(text)).rejects.toMatchObject({ code: 'HOOKCAST_TRIGGER_INVALID', message })
  })
})

describe('a stream of triggers', () => {
  test('counts what became of each, and names the lines that are none', async ({ place }) => {
    await place.listen('welcome', 'user.registered')
    using inbox = openInbox(place)
    const lines = [
      trigger('a'),
      '',
      '{"id":',
      trigger('b'),
      trigger('a'),
      trigger('c', { type: 'other' }),
      trigger('d'),
    ]
    expect(await inbox.acceptStream(chunksOf(lines.join('\n')))).toEqual({
      accepted: 3,
      duplicate: 1,
      unmatched: 1,
      errors: [{ line: 3, message: 'expected JSON, got a text that ends here' }],
      moreErrors: 0,
    })
    expect(idsOnDisk(place)).toEqual(['a', 'b', 'd'])
  })

  test('keeps what came before it broke off, which is duplicate when it is sent again', async ({ place }) => {
    await place.listen('welcome', 'user.registered')
    using inbox = openInbox(place)
    const whole = ['a', 'b', 'c'].map((id) => `${trigger(id)}\n`)
    const broken = async function* (): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from(whole[0]! + whole[1]! + whole[2]!.slice(0, 20))
      throw new Error('gone')
    }
    await expect(inbox.acceptStream(broken())).rejects.toThrow('gone')
    expect(idsOnDisk(place)).toEqual(['a', 'b'])
    expect(await inbox.acceptStream(chunksOf(whole.join('')))).toMatchObject({ accepted: 1, duplicate: 2 })
    expect(idsOnDisk(place)).toEqual(['a', 'b', 'c'])
  })

  test('lists a thousand errors and counts the rest', async ({ place }) => {
    using inbox = openInbox(place)
    const receipt = await inbox.acceptStream(chunksOf('x\n'.repeat(1200), 4096))
    expect(receipt.errors).toHaveLength(1000)
    expect(receipt.moreErrors).toBe(200)
  })

  test('gives the same whatever its chunks and its neighbours are', async ({ place }) => {
    await place.listen('welcome', 'user.registered')
    using inbox = openInbox(place)
    let round = 0
    const ids = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(ids, ids, fc.integer({ min: 1, max: 300 }), async (first, second, size) => {
        const own = (id: number): string => `${round}-${id}`
        const streams = [first, second].map((some) => some.map((id) => `${trigger(own(id))}\n`).join(''))
        const receipts = await Promise.all(streams.map((text) => inbox.acceptStream(chunksOf(text, size))))
        const distinct = new Set([...first, ...second].map(own))
        const kept = idsOnDisk(place).filter((id) => String(id).startsWith(`${round}-`))
        expect(new Set(kept)).toEqual(distinct)
        expect(kept).toHaveLength(distinct.size)
        expect(receipts[0]!.accepted + receipts[1]!.accepted).toBe(distinct.size)
        const all = receipts.reduce((sum, { accepted, duplicate }) => sum + accepted + duplicate, 0)
        expect(all).toBe(first.length + second.length)
        round++
      }),
      { numRuns: 30 },
    )
  })
})

test('forgets ids that may come again, an hour at a time', async ({ place }) => {
  await place.listen('welcome', 'user.registered')
  const clock = new SkippingClock()
  const { store } = place
  using inbox = new Inbox({ store, clock, onTriggers: () => undefined })
  await inbox.accept(trigger('a'))
  clock.skip(8 * DAY_MS)
  await store.commit(() => undefined)
  expect(store.all('SELECT * FROM seen')).toEqual([])
})
