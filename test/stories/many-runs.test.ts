import { expect } from 'vitest'
import { openEventRun, SenderSeats } from '../../src/runner/runner.ts'
import { childrenOf } from '../support/command-line.ts'
import { eventsOf } from '../support/event.ts'
import { test } from '../support/story.ts'

test('a large run, small ones and runs of events go on at once in one process, with no more senders than there are seats', async ({
  tell,
}) => {
  const before = childrenOf(process.pid).length
  let mostSenders = 0
  const othersAreDone = Promise.withResolvers<void>()
  const count = (): void => {
    mostSenders = Math.max(mostSenders, childrenOf(process.pid).length - before)
  }
  const large = await tell({
    customers: 1000,
    webhook: 'concurrency: 16\ntimeout: 60s',
    answer: async (_, n) => {
      count()
      if (n >= 200) await othersAreDone.promise
      return {}
    },
  })
  const seats = new SenderSeats(4, large.clock)
  const largeRun = large.start({ seats })
  await large.receiver.waitFor(50)

  const small = await Promise.all([1, 2, 3].map(() => tell({ customers: 5, answer: () => (count(), {}) })))
  const eventful = await Promise.all(
    [1, 2].map(() => tell({ customers: 0, top: 'trigger: { event: user.registered }', answer: () => (count(), {}) })),
  )
  const events = await Promise.all(
    eventful.map(async (story) => {
      const loaded = story.folder.load({ isService: true })
      return await openEventRun(
        { ...loaded, version: 1, day: '2026-11-22' },
        { ...story.options({ seats }), idleMs: 50 },
      )
    }),
  )
  const smallRuns = small.map((story) => story.start({ seats }))
  for (const [i, run] of events.entries()) {
    await run.append(eventsOf(3), 1)
    await eventful[i]!.receiver.waitFor(3)
  }
  for (const run of smallRuns) expect(await run).toMatchObject({ state: 'finished' })
  // Nobody waited for the large one, which would have waited for them.
  othersAreDone.resolve()
  expect(await largeRun).toMatchObject({ state: 'finished' })
  for (const run of events) await run.close()
  expect(large.numbers.sent).toBe(1000)
  expect(mostSenders).toBeGreaterThan(1)
  expect(mostSenders).toBeLessThanOrEqual(4)
  expect(seats.taken).toBe(0)
})
