import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Lookup } from '../../src/request/request.ts'
import { Resolver } from '../../src/request/request.ts'

/** A system resolver whose answers the test gives. */
function scripted() {
  const asked: { hostname: string; answer: Parameters<Lookup>[2] }[] = []
  const lookup: Lookup = (hostname, _options, answer) => void asked.push({ hostname, answer })
  let nowMs = 0
  const clock = { advance: (ms: number) => (nowMs += ms) }
  return { asked, clock, resolver: new Resolver({ lookup, now: () => nowMs }) }
}

const ADDRESS = { address: '93.184.216.34', family: 4 }

function seen(resolver: Resolver, hostname: string): unknown[] {
  const answers: unknown[] = []
  resolver.resolve(hostname, (error, addresses) => answers.push(error ?? addresses))
  return answers
}

describe('the resolver', () => {
  test('finds localhost through the system', async () => {
    const addresses = await new Promise((resolve) => {
      new Resolver().resolve('localhost', (error, found) => resolve(error ?? found.map(({ address }) => address)))
    })
    expect(addresses).toEqual(expect.arrayContaining([expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/)]))
  })

  test('asks once for all who wait for a name', () => {
    const { resolver, asked } = scripted()
    const answers = Array.from({ length: 200 }, () => seen(resolver, 'shop.test'))
    expect(asked).toHaveLength(1)
    asked[0]?.answer(null, [ADDRESS])
    expect(answers).toEqual(answers.map(() => [[ADDRESS]]))
  })

  test('remembers an answer for 30 s', () => {
    const { resolver, asked, clock } = scripted()
    seen(resolver, 'shop.test')
    asked[0]?.answer(null, [ADDRESS])
    clock.advance(29_999)
    expect(seen(resolver, 'shop.test')).toEqual([[ADDRESS]])
    clock.advance(1)
    expect(seen(resolver, 'shop.test')).toEqual([])
    expect(asked).toHaveLength(2)
  })

  test('remembers a failure for 5 s, and no address is one', () => {
    const { resolver, asked, clock } = scripted()
    const answers = seen(resolver, 'shop.test')
    asked[0]?.answer(null, [])
    expect(answers).toEqual([expect.objectContaining({ code: 'ENODATA' })])
    clock.advance(4_999)
    expect(seen(resolver, 'shop.test')).toHaveLength(1)
    clock.advance(1)
    expect(seen(resolver, 'shop.test')).toHaveLength(0)
  })

  test('asks for eight names at once and no more', () => {
    const { resolver, asked } = scripted()
    for (let n = 0; n < 20; n++) seen(resolver, `${n}.test`)
    expect(asked.map(({ hostname }) => hostname)).toEqual(Array.from({ length: 8 }, (_, n) => `${n}.test`))
    asked[3]?.answer(new Error('dead'), [])
    asked[5]?.answer(null, [ADDRESS])
    expect(asked.map(({ hostname }) => hostname).slice(8)).toEqual(['8.test', '9.test'])
  })

  test('forgets the oldest of more than a thousand names', async () => {
    const { resolver, asked } = scripted()
    for (let n = 0; n <= 1_000; n++) {
      seen(resolver, `${n}.test`)
      asked.at(-1)?.answer(null, [ADDRESS])
    }
    await turn()
    expect(seen(resolver, '1.test')).toHaveLength(1)
    expect(seen(resolver, '0.test')).toHaveLength(0)
  })
})
