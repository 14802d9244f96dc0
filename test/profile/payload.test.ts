import { describe, expect, it } from 'vitest'
import { checkPayload, PROFILES, ResourcePile, testEventOf } from '../../src/profile/profile.ts'

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const check = (name: string, payload: Buffer): string | null => checkPayload(PROFILES[name]!, payload)

describe('a payload', () => {
  it.each([
    ['svix', Buffer.from('not JSON')],
    ['bridge', bytes([1])],
    ['receeve', bytes({})],
    ['crossriver', bytes({ resources: ['a'] })],
    ['crossriver', bytes({ resources: ['a', 'b'], details: [{}, {}] })],
  ])('may be for %s: %s', (name, payload) => expect(check(name, payload)).toBeNull())

  it.each([
    ['svix', Buffer.alloc(1024 ** 2 + 1), 'to be at most 1048576 bytes, got 1048577'],
    ['bridge', Buffer.from('{'), 'to be JSON for the profile bridge, got something else'],
    ['receeve', bytes([1]), 'to be an object for the profile receeve, got a list of 1'],
    ['receeve', bytes(null), 'to be an object for the profile receeve, got null'],
    ['crossriver', bytes({}), '`payload.resources` to be a list of texts, got nothing'],
    ['crossriver', bytes({ resources: ['a', 1] }), '`payload.resources` to be a list of texts, got a list of 2'],
    ['crossriver', bytes({ resources: Array(50_001).fill('') }), 'at most 50000 entries, got 50001'],
    ['crossriver', bytes({ resources: Array(1_001).fill(''), details: [] }), 'at most 1000 entries, got 1001'],
    [
      'crossriver',
      bytes({ resources: ['a'], details: [] }),
      '`payload.details` to be a list as long as `payload.resources`, got a list of 0',
    ],
  ])('is refused for %s', (name, payload, words) => expect(check(name, payload)).toContain(words))
})

describe('payloads gathered', () => {
  const payloads = [bytes({ resources: ['a', 'b'], details: [1, 2] }), bytes({ resources: ['c'], details: [3] })]

  it('are one list of resources in the order in which they came', () => {
    expect(gathered({})).toEqual({ resources: ['a', 'b', 'c'] })
    expect(gathered({ isExtended: true })).toEqual({ resources: ['a', 'b', 'c'], details: [1, 2, 3] })
  })

  it.each([{ most: 2 }, { mostExtended: 2, isExtended: true }])('are no more than there may be: %j', (change) => {
    expect(gathered(change).resources).toEqual(['a', 'b'])
  })

  const gathered = (change: object): { readonly resources: readonly string[] } => {
    const pile = new ResourcePile({ ...PROFILES['crossriver']!.gathering!, ...change })
    for (const payload of payloads) pile.add(payload)
    return JSON.parse(pile.payload().toString()) as { resources: string[] }
  }
})

describe('a test event', () => {
  it.each([
    ['svix', 'user.created', '{"type":"user.created","data":{}}'],
    ['bridge', 'TEST_EVENT', '{"item_id":1234567890,"status":0,"user_uuid":"9a95b38f-f98b-417a-988b-9d0d584893e7"}'],
    ['crossriver', 'user.created', '{"resources":[]}'],
    ['receeve', 'event.test', '{}'],
  ])('of %s is %s', (name, eventType, payload) => {
    const event = testEventOf(PROFILES[name]!, { eventType: 'user.created', example: null })
    expect([event.eventType, Buffer.from(event.payload).toString()]).toEqual([eventType, payload])
    expect(checkPayload(PROFILES[name]!, event.payload)).toBeNull()
  })

  it('is the example of its event type where there is one', () => {
    const example = bytes({ type: 'user.created', data: { id: 1 } })
    expect(testEventOf(PROFILES['svix']!, { eventType: 'user.created', example }).payload).toBe(example)
  })
})
