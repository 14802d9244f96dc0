import { expect } from 'vitest'
import { openEventRun, SenderSeats } from '../../src/runner/runner.ts'
import { readReport } from '../../src/report/report.ts'
import { findRun } from '../../src/ledger/run-folder.ts'
import { childrenOf } from '../support/command-line.ts'
import { eventsOf } from '../support/event.ts'
import { test } from '../support/story.ts'

test('a run that only waits for its retries has no sender, so that others go on meanwhile, and calls again when they are due', async ({
  tell,
}) => {
  const before = childrenOf(process.pid).length
  const waiting = await tell({
    customers: 6,
    webhook: 'retry: { delays: [60s, 60s], jitter: 0 }',
    answer: ({ attempt }) => (attempt === 3 ? {} : { status: 503 }),
  })
  waiting.skipsWaits = false
  const seats = new SenderSeats(2, waiting.clock)
  const run = waiting.start({ seats })
  for (const attempts of [6, 12]) {
    await waiting.receiver.waitFor(attempts)
    await expect.poll(() => seats.taken, { timeout: 30_000 }).toBe(0)
    await expect.poll(() => childrenOf(process.pid).length).toBe(before)
    // The one seat that runs have is free.
    const other = await tell({ customers: 3 })
    expect(await other.start({ seats })).toMatchObject({ state: 'finished' })
    const paths = findRun(waiting.dataFolder, waiting.runId)
    expect(readReport(paths, { isLocked: true })).toMatchObject({ state: 'running', waiting: 6, attempts })
    waiting.clock.skip(60_000)
  }
  expect(await run).toMatchObject({ state: 'finished' })
  expect(waiting.numbers).toMatchObject({ sent: 6, failed: 0 })
  expect(waiting.receiver.count).toBe(18)
})

test('a run that waits without a sender is paused at once, and resumed', async ({ tell }) => {
  const story = await tell({ customers: 2, answer: ({ attempt }) => (attempt === 1 ? { status: 503 } : {}) })
  story.skipsWaits = false
  const seats = new SenderSeats(2, story.clock)
  const stop = new AbortController()
  const run = story.start({ seats, signal: stop.signal })
  await story.receiver.waitFor(2)
  await expect.poll(() => story.progress?.nextDueAt ?? null).not.toBe(null)
  story.clock.skip(2500)
  await expect.poll(() => seats.taken, { timeout: 30_000 }).toBe(0)
  stop.abort()
  expect(await run).toMatchObject({ state: 'interrupted' })
  story.skipsWaits = true
  expect(await story.resume({ seats })).toMatchObject({ state: 'finished' })
  expect(story.numbers).toMatchObject({ sent: 2 })
})

test('a run that goes on for long leaves its seats to others in turn, and goes on behind them: nobody is lost, or called twice', async ({
  tell,
}) => {
  const CUSTOMERS = 3000
  let isSlow = true
  const answer = (): object => (isSlow ? { delayMs: 10 } : {})
  const large = await tell({ customers: CUSTOMERS, webhook: 'concurrency: 2', answer })
  const seats = new SenderSeats(2, large.clock, { run: 1500, event: 1500 })
  const largeRun = large.start({ seats })
  await large.receiver.waitFor(10)
  const small = await Promise.all([1, 2].map(() => tell({ customers: 4 })))
  const ends = await Promise.all(small.map((story) => story.start({ seats })))
  expect(ends).toMatchObject([{ state: 'finished' }, { state: 'finished' }])
  expect(large.receiver.count).toBeLessThan(CUSTOMERS)
  isSlow = false
  expect(await largeRun).toMatchObject({ state: 'finished' })
  expect(large.receiver.count).toBe(CUSTOMERS)
  expect(large.numbers).toMatchObject({ sent: CUSTOMERS })
})

test('an event is called at once while twenty runs wait for answers, or for a seat', async ({ tell }) => {
  const eventCalled = Promise.withResolvers<void>()
  const answer = async (): Promise<object> => {
    await eventCalled.promise
    return {}
  }
  const stories = await Promise.all(
    Array.from({ length: 20 }, () => tell({ customers: 3, senders: 1, webhook: 'timeout: 60s', answer })),
  )
  const eventful = await tell({
    customers: 0,
    top: 'trigger: { event: user.registered }',
    answer: () => (eventCalled.resolve(), {}),
  })
  const seats = new SenderSeats(4, eventful.clock)
  const runs = stories.map((story) => story.start({ seats }))
  await expect.poll(() => seats.taken, { timeout: 30_000 }).toBe(3)
  const loaded = eventful.folder.load({ isService: true })
  const event = await openEventRun({ ...loaded, version: 1, day: '2026-11-22' }, eventful.options({ seats }))
  await event.append(eventsOf(1), 1)
  await eventful.receiver.waitFor(1)
  for (const run of runs) expect(await run).toMatchObject({ state: 'finished' })
  await event.close()
  expect(stories.map(({ receiver }) => receiver.count)).toEqual(stories.map(() => 3))
  expect(seats.taken).toBe(0)
})
