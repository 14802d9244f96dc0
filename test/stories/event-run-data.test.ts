import { expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { wire } from '../../src/hookcast.ts'
import { cancelRun, pauseRun, prepareReplay } from '../../src/library/library.ts'
import { eraseCustomers, exportCustomer } from '../../src/privacy/privacy.ts'
import { readReport } from '../../src/report/report.ts'
import { openEventRun, readSnapshot, replayRun, resumeRun, type EventRun } from '../../src/runner/runner.ts'
import { filesHolding } from '../privacy/fixture.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import { eventOf, eventsOf } from '../support/event.ts'
import { test, type Story } from '../support/story.ts'

const BODY =
  '{"customer_id":"{{ customer.customer_id }}","city":"{{ event.city }}","at":{{ time }},"chunk":{{ run.chunk }}}'

async function openIn(story: Story): Promise<EventRun> {
  const loaded = story.folder.load({ isService: true })
  const run = await openEventRun({ ...loaded, version: 1, day: '2026-11-22' }, story.options())
  story.runId = run.runId
  return run
}

test('an open run of events has its failed customers replayed, with their events; what is in doubt stays byte for byte', async ({
  tell,
}) => {
  const seen = new Set<string | null>()
  const story = await tell({
    customers: 0,
    top: 'trigger: { event: moved }',
    webhook: 'timeout: 1s\nretry: { on_timeout: false }',
    body: BODY,
    answer: ({ customer }) => {
      const isFirst = !seen.has(customer)
      seen.add(customer)
      if (isFirst && customer === 'c-1') return { status: 422 }
      return isFirst && customer === 'c-2' ? { delayMs: 3000 } : {}
    },
  })
  const run = await openIn(story)
  await run.append(
    [0, 1, 2].map((n) => eventOf(n, { event: { city: `town ${n},"row":` } })),
    1,
  )
  await story.receiver.waitUntil(() => seen.size === 3)
  await expect.poll(() => readReport(run.paths, { isLocked: true }).failed, { timeout: 30_000 }).toBe(2)

  const settings = { ...plainSettings, data: story.dataFolder }
  const surroundings = { env: {}, wiring: wire(), senders: () => 1, isService: true, settings: () => settings }
  const known = { runId: run.runId, paths: run.paths, snapshot: readSnapshot(run.paths), settings }
  const { counts, ...request } = prepareReplay(known, surroundings, { newKeys: false })
  expect(counts).toMatchObject({ customers: 2, kept: 1 })
  const replayed = await replayRun(request, story.options())
  expect(replayed.state).toBe('finished')
  const [first, second] = story.requestsOf('c-2')
  expect([second!.key, second!.body]).toEqual([first!.key, first!.body])
  const [refused, again] = story.requestsOf('c-1')
  expect(again!.key).toBe(`${replayed.runId}-0`)
  expect(JSON.parse(refused!.body)).toMatchObject({ city: 'town 1,"row":', chunk: 1 })
  expect(JSON.parse(again!.body)).toMatchObject({ city: 'town 1,"row":', chunk: 0 })

  await run.append(eventsOf(1, 3), 2)
  await run.seal()
  expect(await run.ended).toBe('finished')
})

test('an open run of events is paused and cancelled like any other', async ({ tell }) => {
  const story = await tell({ customers: 0, top: 'trigger: { event: moved }', body: BODY })
  const run = await openIn(story)
  const settings = { ...plainSettings, data: story.dataFolder }
  const known = { runId: run.runId, paths: run.paths, snapshot: readSnapshot(run.paths), settings }
  const waiting = { clock: systemClock, signal: new AbortController().signal }
  await run.append(eventsOf(2), 1)
  await story.receiver.waitFor(2)
  expect((await pauseRun(known, waiting)).report.state).toBe('paused')
  await run.append(eventsOf(2, 2), 2)
  expect(run.hold).toEqual({ state: 'paused', error: null })
  expect(await cancelRun(known, waiting)).toMatchObject({ state: 'cancelled', sent: 2, aborted: 2 })
  expect(await run.ended).toBe('cancelled')
  expect(story.receiver.count).toBe(2)
})

test('a customer of a run of events is exported with the events, and erased from them', async ({ tell }) => {
  const story = await tell({ customers: 0, top: 'trigger: { event: moved }', body: BODY })
  const run = await openIn(story)
  const rows = [0, 1, 0].map((n, i) => eventOf(n, { id: `t-${i}`, event: { city: `Brno-${n}-Lesna` } }))
  await run.append(rows, 1)
  await story.receiver.waitFor(3)

  const { pieces, counts } = exportCustomer(story.dataFolder, { customerId: 'c-0', now: 0 })
  const text = [...pieces].join('')
  expect(counts).toEqual({ runs: 1, rows: 2, triggers: 0, unreadable: [] })
  const { runs } = JSON.parse(text) as { runs: { rows: { seq: number; event: unknown }[] }[] }
  expect(runs[0]!.rows.map(({ seq, event }) => ({ seq, event }))).toEqual([
    { seq: 0, event: expect.objectContaining({ id: 't-0', city: 'Brno-0-Lesna' }) as unknown },
    { seq: 2, event: expect.objectContaining({ id: 't-2', city: 'Brno-0-Lesna' }) as unknown },
  ])

  await run.close()
  await expect(resumeRun(run.runId, story.options())).rejects.toThrow('A run of events goes on with its service')
  const erasure = await eraseCustomers(story.dataFolder, {
    customerIds: new Set(['c-0']),
    now: Date.now(),
    service: null,
  })
  expect(erasure).toMatchObject({ found: 1, runs: [{ rows: 2 }], left: [] })
  expect(filesHolding(story.dataFolder, ['c-0', 'Brno-0-Lesna'])).toEqual([])

  const again = await openIn(story)
  expect([again.runId, again.customers, again.position]).toEqual([run.runId, 3, 1])
  await again.append(eventsOf(1, 5), 2)
  await again.seal()
  expect(await again.ended).toBe('finished')
  expect(readReport(again.paths, { isLocked: false })).toMatchObject({ customers: 4, sent: 4 })
})
