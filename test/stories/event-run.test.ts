import { describe, expect } from 'vitest'
import type { EventRow } from '../../src/audience/audience.ts'
import { readReport, readResults } from '../../src/report/report.ts'
import {
  listEventRuns,
  openEventRun,
  reopenEventRun,
  type EventRun,
  type EventRunHost,
  type Hold,
} from '../../src/runner/runner.ts'
import { test as base, type Story } from '../support/story.ts'

const DAY = '2026-11-22'

/** An event that happened just now, to customer `c-<n>`. */
function eventOf(n: number, more: Partial<EventRow> = {}): EventRow {
  return {
    id: `t-${n}`,
    type: 'user.registered',
    occurredAt: Date.now(),
    customer: { customer_id: `c-${n}` },
    event: { plan: 'free' },
    ...more,
  }
}

function eventsOf(count: number, from = 0): EventRow[] {
  return Array.from({ length: count }, (_, i) => eventOf(from + i))
}

const test = base.extend<{
  open: (story: Story, host?: Partial<EventRunHost> & { readonly day?: string }) => Promise<EventRun>
}>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  open: async ({}, use) => {
    const opened: EventRun[] = []
    await use(async (story, { day = DAY, ...host } = {}) => {
      const loaded = story.folder.load({ isService: true })
      const run = await openEventRun({ ...loaded, version: 1, day }, { ...story.options(), ...host })
      story.runId = run.runId
      opened.push(run)
      return run
    })
    for (const run of opened) await run.close()
  },
})

const TOP = 'trigger: { event: user.registered }'

describe('a run of events', () => {
  test('calls each customer soon after the event, with the event in its templates', async ({ tell, open }) => {
    const story = await tell({
      customers: 0,
      top: TOP,
      body: '{"customer_id":"{{ customer.customer_id }}","plan":"{{ event.plan }}","id":"{{ event.id }}","chunk":{{ run.chunk }}}',
    })
    const run = await open(story)
    expect(run.position).toBe(null)
    await run.append([eventOf(0)], 11)
    await story.receiver.waitFor(1)
    await run.append([eventOf(1, { event: { plan: 'pro' } }), eventOf(2)], 13)
    expect([run.position, run.customers]).toEqual([13, 3])
    await story.receiver.waitFor(3)
    await run.seal()
    expect(await run.ended).toBe('finished')
    expect(story.receiver.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { customer_id: 'c-0', plan: 'free', id: 't-0', chunk: 0 },
      { customer_id: 'c-1', plan: 'pro', id: 't-1', chunk: 1 },
      { customer_id: 'c-2', plan: 'free', id: 't-2', chunk: 2 },
    ])
    expect(story.receiver.requests.map(({ key }) => key)).toEqual([0, 1, 2].map((seq) => `${run.runId}-${seq}`))
  })

  test('holds what comes after five refusals in a row, and sends all of it in order once released', async ({
    tell,
    open,
  }) => {
    let isRevoked = false
    const story = await tell({
      customers: 0,
      top: TOP,
      webhook: 'concurrency: 1',
      answer: () => (isRevoked ? { status: 401 } : {}),
    })
    const held = Promise.withResolvers<Hold>()
    const run = await open(story, { onHold: held.resolve })
    await run.append(eventsOf(3), 1)
    await story.receiver.waitFor(3)
    isRevoked = true
    await run.append(eventsOf(20, 3), 2)
    expect(await held.promise).toEqual({ state: 'aborted', error: null })
    await run.append(eventsOf(5, 23), 3)
    expect(story.receiver.count).toBe(8)
    const report = readReport(run.paths, { isLocked: true })
    expect(report).toMatchObject({ state: 'aborted', customers: 28, sent: 3, failed: 5, aborted: 20, pending: 0 })
    expect(report.aborts.map(({ message }) => message)).toEqual([
      `Stopped the webhook after 5 client errors in a row, the last a 401 from ${story.receiver.url}/v1/messages: 5 failed, 20 on hold. Fix the credentials, then \`hookcast release story\`; the 5 that failed: \`hookcast replay ${run.runId} --status failed\`.`,
    ])

    isRevoked = false
    run.release()
    await story.receiver.waitFor(28)
    await run.append(eventsOf(1, 28), 4)
    await run.seal()
    expect(await run.ended).toBe('finished')
    const after = story.receiver.requests.slice(8).map(({ customer }) => customer)
    expect(after).toEqual(Array.from({ length: 21 }, (_, i) => `c-${i + 8}`))
    const end = readReport(run.paths, { isLocked: false })
    expect(end).toMatchObject({ state: 'finished', customers: 29, sent: 24, failed: 5, aborted: 0, resumed: 1 })
    const chunks = [...readResults(run.paths, { customerId: null }, {})].map(({ chunk, seq }) => chunk === seq)
    expect(chunks).toEqual(Array.from({ length: 29 }, () => true))
  })

  test('is found by its version and day, with how far it had come, until it is over', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: TOP })
    const first = await open(story)
    await first.append(eventsOf(2), 7)
    await story.receiver.waitFor(2)
    await first.close()
    const { runId } = first
    const entry = { runId, campaign: 'story', version: 1, day: DAY, state: 'running', isSealed: false, position: 7 }
    expect(listEventRuns(story.dataFolder)).toEqual([entry])

    const again = await open(story)
    expect([again.runId, again.position, again.customers]).toEqual([runId, 7, 2])
    const other = await open(story, { day: '2026-11-23' })
    expect(other.runId).not.toBe(runId)
    await again.append(eventsOf(1, 2), 8)
    await again.seal()
    expect(await again.ended).toBe('finished')
    await expect(reopenEventRun(runId, story.options())).rejects.toThrow(
      'A run that is finished takes no more customers',
    )
    expect(story.receiver.count).toBe(3)
  })
})
