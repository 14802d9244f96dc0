import { describe, expect } from 'vitest'
import type { Settings } from '../../src/campaign/settings.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import type { Reply } from '../support/receiver.ts'
import { test } from '../support/story.ts'

/** A receiver's own count of what is in flight, over all runs that call it. */
function countInFlight(): { readonly answer: () => Promise<Reply>; readonly most: () => number } {
  let inFlight = 0
  let most = 0
  return {
    answer: async () => {
      most = Math.max(most, ++inFlight)
      await new Promise((resolve) => setTimeout(resolve, 10))
      inFlight--
      return {}
    },
    most: () => most,
  }
}

describe('two runs at once', () => {
  test('of one campaign stay within its concurrency together, and both get on', async ({ tell }) => {
    const { answer, most } = countInFlight()
    const setup = { customers: 1000, webhook: 'concurrency: 6', senders: 1, answer }
    const [first, second] = [await tell(setup), await tell(setup)]
    const { dataFolder } = first
    const firstEnd = first.start()
    await first.receiver.waitFor(10)
    const secondEnd = second.start({ dataFolder })
    await second.receiver.waitFor(1)
    const atThatTime = first.receiver.count

    expect(await Promise.all([firstEnd, secondEnd])).toMatchObject([{ state: 'finished' }, { state: 'finished' }])
    expect([first.receiver.count, second.receiver.count]).toEqual([1000, 1000])
    expect(most()).toBeLessThanOrEqual(6)
    // The second did not have to wait for the end of the first.
    expect(atThatTime).toBeLessThan(1000)
  })

  test('take turns where there is one call for both', async ({ tell }) => {
    const { answer, most } = countInFlight()
    const setup = { customers: 20, webhook: 'concurrency: 1', answer }
    const [first, second] = [await tell(setup), await tell(setup)]
    const { dataFolder } = first
    const ends = await Promise.all([first.start(), second.start({ dataFolder })])

    expect(ends).toMatchObject([{ state: 'finished' }, { state: 'finished' }])
    expect([first.receiver.count, second.receiver.count]).toEqual([20, 20])
    expect(most()).toBe(1)
  })

  test('that name one throughput policy share its concurrency and its rate', async ({ tell }) => {
    const { answer, most } = countInFlight()
    const crm = { name: 'crm', concurrency: 4, perSecond: 50 }
    const settings: Settings = { ...plainSettings, throughput: { crm } }
    const setup = { customers: 60, webhook: 'concurrency: 50\nthroughput: crm', answer }
    const [first, second] = [await tell(setup), await tell(setup)]
    const { dataFolder } = first
    const ends = await Promise.all([first.start({ settings }), second.start({ settings, dataFolder })])

    expect(ends).toMatchObject([{ state: 'finished' }, { state: 'finished' }])
    expect(most()).toBeLessThanOrEqual(4)
    const at = [...first.receiver.requests, ...second.receiver.requests].map(({ at }) => at).toSorted((a, b) => a - b)
    expect(at).toHaveLength(120)
    // In no second more than the rate, and what a bucket of 100 ms may hold for each of them.
    const mostInASecond = Math.max(...at.map((from) => at.filter((each) => each >= from && each < from + 1000).length))
    expect(mostInASecond).toBeLessThanOrEqual(50 + 2 * 5 + 2)
  })
})
