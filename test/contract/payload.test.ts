import { array, assert as holds, boolean, dictionary, double, integer, jsonValue, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyFor, brokenBody, largeBody, parsePayload, referencePayload } from '../../src/contract/payload.ts'
import { percentile } from '../../src/contract/load.ts'

const anyObject = dictionary(string(), jsonValue({ maxDepth: 3 }))

/** How many leaves differ. */
function differences(a: unknown, b: unknown): number {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b) ? 0 : 1
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  expect(Object.keys(left)).toEqual(Object.keys(right))
  return Object.keys(left).reduce((sum, key) => sum + differences(left[key], right[key]), 0)
}

describe('a payload', () => {
  test('is spoiled in one value at a time, at most five times', () => {
    holds(
      property(anyObject, (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as object
        const { spoiled } = parsePayload(JSON.stringify(plain), { isBatch: false })
        expect(spoiled.length).toBeLessThanOrEqual(5)
        for (const { text } of spoiled) expect(differences(plain, JSON.parse(text))).toBe(1)
        expect(new Set(spoiled.map(({ pointer }) => pointer)).size).toBe(spoiled.length)
      }),
    )
  })

  test('that is broken is no JSON any more', () => {
    holds(
      property(anyObject, boolean(), (value, isIndented) => {
        const payload = parsePayload(`${JSON.stringify(value, null, isIndented ? 2 : 0)}\n`, { isBatch: false })
        expect(() => JSON.parse(brokenBody(payload)) as unknown).toThrow(SyntaxError)
      }),
    )
  })

  test('that is large means the same, and has the size to the byte', () => {
    holds(
      property(anyObject, integer({ min: 20_000, max: 40_000 }), (value, bytes) => {
        const large = largeBody(JSON.stringify({ value, key: '{{ request.id }}' }), { requestId: 'r-1', bytes })
        expect(Buffer.byteLength(large)).toBe(bytes)
        expect(JSON.parse(large)).toEqual(
          JSON.parse(JSON.stringify({ value, key: 'r-1' }).replaceAll('{{ request.id }}', 'r-1')),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('says where its values are, and takes texts first', () => {
    const body = { to: '+4', count: 3, 'a/b~c': ['', 'x'], id: '{{request.id}}' }
    const { spoiled } = parsePayload(JSON.stringify(body), { isBatch: false })
    expect(spoiled.map(({ pointer, how }) => [pointer, how])).toEqual([
      ['/to', 'empty'],
      ['/a~1b~0c/1', 'empty'],
    ])
    const numbers = parsePayload('{"a": 1, "b": [true, null]}', { isBatch: false }).spoiled
    expect(numbers.map(({ text }) => text)).toEqual(['{"a":null,"b":[true,null]}', '{"a":1,"b":[null,null]}'])
  })

  test.for(['', '{', '"text"', '12', 'null', '<a/>'])('%j is refused', (text) => {
    expect(() => parsePayload(text, { isBatch: false })).toThrow(
      /^expected `--payload` to be a file with a JSON object/,
    )
  })

  test('of a batch counts its messages', () => {
    expect(parsePayload('{"campaign": "a", "messages": [1, 2, 3]}', { isBatch: true }).batchSize).toBe(3)
    expect(parsePayload('[1]', { isBatch: true }).batchSize).toBe(1)
    expect(parsePayload('{"csv": "a;b"}', { isBatch: true }).batchSize).toBeNull()
    expect(parsePayload('[1]', { isBatch: false }).batchSize).toBeNull()
    expect(referencePayload({ isBatch: true }).batchSize).toBe(2)
  })

  test('carries the key of each request where it asks for it', () => {
    expect(bodyFor('{"a": "{{request.id}}", "b": "{{  request.id }}", "c": "{{ customer.id }}"}', 'r-$&')).toBe(
      '{"a": "r-$&", "b": "r-$&", "c": "{{ customer.id }}"}',
    )
  })
})

test('a percentile is a value that so many do not exceed', () => {
  const numbers = array(double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 })
  holds(
    property(numbers, integer({ min: 1, max: 100 }), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b)
      const value = percentile(sorted, share / 100)
      expect(values).toContain(value)
      const within = values.filter((each) => each <= value).length
      expect(within).toBeGreaterThanOrEqual((share / 100) * values.length - 1e-9)
      const below = values.filter((each) => each < value).length
      expect(below).toBeLessThan((share / 100) * values.length + 1e-9)
    }),
  )
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2)
})
