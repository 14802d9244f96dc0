import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatKey } from '../../src/campaign/key-path.ts'
import { nearestName } from '../../src/campaign/nearest-name.ts'

const known = ['retry', 'rate', 'timeout', 'concurrency', 'event_properties', 'url', 'static_ips']

describe('nearestName', () => {
  it.each([
    ['retrys', 'retry'],
    ['timout', 'timeout'],
    ['tiemout', 'timeout'],
    ['timeoutMs', 'timeout'],
    ['eventProperties', 'event_properties'],
    ['event-properties', 'event_properties'],
    ['URL', 'url'],
    ['ulr', 'url'],
    ['concurency', 'concurrency'],
    ['static_ip', 'static_ips'],
  ])('takes %s for %s', (written, meant) => {
    expect(nearestName(written, known)).toBe(meant)
  })

  it('takes the nearest, and the first of equals', () => {
    expect(nearestName('abcdef', ['abcxyf', 'abcdeg', 'bbcdef'])).toBe('abcdeg')
  })

  it.each(['', 'x', 'colour', 'password', 'u'.repeat(100)])('takes %j for nothing', (written) => {
    expect(nearestName(written, known)).toBeNull()
  })

  it('takes a known name for itself, and a name with one letter dropped for that name', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), (name, at) => {
        expect(nearestName(name, known)).toBe(name)
        const index = at % name.length
        expect(nearestName(name.slice(0, index) + name.slice(index + 1), [name])).toBe(name)
      }),
    )
  })
})

describe('formatKey', () => {
  it.each([
    [[], 'the file'],
    [['webhook', 'headers', 0, 'name'], 'webhook.headers[0].name'],
    [['columns', 'my "col"'], 'columns["my \\"col\\""]'],
    [['x y', 1], '["x y"][1]'],
  ])('%j is %s', (path, text) => {
    expect(formatKey(path)).toBe(text)
  })
})
