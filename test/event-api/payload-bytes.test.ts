import { assert, constantFrom, dictionary, jsonValue, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfKey } from '../../src/event-api/svix/payload-bytes.ts'

const cut = (json: string, key = 'payload'): string | undefined => bytesOfKey(Buffer.from(json), key)?.toString()

describe('the bytes of a key', () => {
  it.each([
    ['{"payload":1}', '1'],
    [' {\n"payload" : 1.0 }', '1.0'],
    ['{"a":{"payload":1},"payload":[ 1, {"b":"]"} ]}', '[ 1, {"b":"]"} ]'],
    ['{"a":"\\"payload\\":2","payload":"\\\\"}', '"\\\\"'],
    ['{"pay\\u006coad":true}', 'true'],
    ['{"payload":1,"payload":{ }}', '{ }'],
    ['{"payload":null,"b":[]}', 'null'],
  ])('of %s are %s', (json, bytes) => expect(cut(json)).toBe(bytes))

  it('are none where the key is only further in, or nowhere', () => {
    for (const json of ['{}', '[]', '{"a":{"payload":1}}', '{"a":"payload"}', '"payload"', '[{"payload":1}]']) {
      expect(cut(json)).toBeUndefined()
    }
  })

  it('are those that were written, whatever stands around them', () => {
    const space = constantFrom('', ' ', '\n', '\t ')
    assert(
      property(dictionary(string(), jsonValue()), jsonValue(), tuple(space, space), (around, value, [a, b]) => {
        const entries = Object.entries(around).filter(([key]) => key !== 'payload')
        const written = JSON.stringify(value)
        const before = entries.map(([key, other]) => `${JSON.stringify(key)}${a}:${b}${JSON.stringify(other)}${a},`)
        expect(cut(`{${before.join(b)}"payload"${b}:${a}${written}${b}}`)).toBe(written)
      }),
    )
  })
})
