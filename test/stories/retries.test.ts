import { describe, expect } from 'vitest'
import { test } from '../support/story.ts'

describe('a retry', () => {
  test('waits 7 s at first, by the real clock', async ({ tell }) => {
    const story = await tell({ customers: 1, answer: ({ attempt }) => ({ status: attempt === 1 ? 500 : 200 }) })
    story.skipsWaits = false
    await story.start()
    const [first, second] = story.requestsOf('c-0')
    const waitMs = second!.at - first!.at
    expect(waitMs).toBeGreaterThanOrEqual(6300)
    expect(waitMs).toBeLessThan(7700 + 1000)
  })

  test('comes 7, 45 and 300 s after the attempt before, by the engine’s clock', async ({ tell }) => {
    const waits: number[] = []
    const story = await tell({ customers: 1, answer: () => ({ status: 503 }) })
    let dueAt: number | null = null
    const { onProgress } = story.options()
    await story.start({
      onProgress: (progress) => {
        if (progress.nextDueAt !== null && progress.nextDueAt !== dueAt) {
          dueAt = progress.nextDueAt
          waits.push(dueAt - story.clock.now())
        }
        onProgress(progress)
      },
    })
    expect(waits).toHaveLength(3)
    ;[7_000, 45_000, 300_000].forEach((wait, i) => {
      expect(waits[i]).toBeGreaterThan(wait * 0.9 - 500)
      expect(waits[i]).toBeLessThanOrEqual(wait * 1.1)
    })
    expect(story.requestsOf('c-0').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    expect(new Set(story.requestsOf('c-0').map(({ key }) => key)).size).toBe(1)
    expect(story.results[0]).toMatchObject({ reason: 'exhausted', http_status: 503, attempts: 4 })
  })

  test('waits as long as Retry-After says', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      answer: ({ attempt }) => (attempt === 1 ? { status: 503, headers: { 'retry-after': '120' } } : {}),
    })
    let longest = 0
    const { onProgress } = story.options()
    await story.start({
      onProgress: (progress) => {
        if (progress.nextDueAt !== null) longest = Math.max(longest, progress.nextDueAt - story.clock.now())
        onProgress(progress)
      },
    })
    expect(longest).toBeGreaterThan(119_000)
    expect(longest).toBeLessThanOrEqual(120_000)
  })

  test('is not made of a timeout when the campaign says so', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      webhook: 'timeout: 300ms\nretry: { on_timeout: false }',
      answer: () => ({ misbehave: 'hang' }),
    })
    await story.start()
    expect(story.results[0]).toMatchObject({ status: 'failed', reason: 'timeout', attempts: 1, in_doubt: 1 })
  })

  test('of many that failed together reaches all of them once', async ({ tell }) => {
    const story = await tell({
      customers: 600,
      webhook: 'concurrency: 50',
      answer: ({ attempt }) => ({ status: attempt === 1 ? 500 : 200 }),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 600, attempts: 1200, codes: { 200: 600, 500: 600 } })
    expect(story.receiver.maxInFlight).toBeLessThanOrEqual(50)
    expect(story.numbers.lowestConcurrency).toBeLessThan(50)
  })
})

describe('a receiver that restarts for 3 s', () => {
  test('costs nobody an attempt too many and stops nothing', { timeout: 40_000 }, async ({ tell }) => {
    const story = await tell({ customers: 3000, answer: () => ({ delayMs: 20 }) })
    story.skipsWaits = false
    const running = story.start()
    await story.receiver.waitFor(1000)
    await story.receiver.stop('reset')
    const back = Promise.withResolvers<void>()
    setTimeout(() => back.resolve(), 3000)
    await back.promise
    await story.receiver.restart()
    expect(await running).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 3000, failed: 0 })
    expect(Math.max(...story.results.map(({ attempts }) => attempts))).toBeLessThanOrEqual(2)
    expect(story.stops).toEqual([])
  })
})
