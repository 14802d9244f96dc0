import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { spoolFiles } from '../../src/audience/spool-state.ts'
import { readReport, readResults } from '../../src/report/report.ts'
import {
  listEventRuns,
  openEventRun,
  putRunRequest,
  reopenEventRun,
  type EventRun,
  type EventRunHost,
  type Hold,
} from '../../src/runner/runner.ts'
import { childrenOf } from '../support/command-line.ts'
import { eventOf, eventsOf } from '../support/event.ts'
import { test as base, type Story } from '../support/story.ts'

const DAY = '2026-11-22'

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

  test('cuts back what a crash left behind the last row that was accepted', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: TOP })
    const first = await open(story)
    await first.append(eventsOf(3), 1)
    await story.receiver.waitFor(3)
    await first.close()
    // As after a crash between the rows and the commit that would have counted them.
    const { rows } = spoolFiles(first.paths.folder)
    const accepted = readFileSync(rows, 'utf8')
    const [line] = accepted.split('\n')
    appendFileSync(rows, `${line!.replaceAll('c-0', 'c-ghost')}\n{"half":`)
    const again = await open(story)
    expect(readFileSync(rows, 'utf8')).toBe(accepted)
    expect([again.customers, again.position]).toEqual([3, 1])
    await again.append(eventsOf(2, 3), 2)
    await again.seal()
    expect(await again.ended).toBe('finished')
    expect(story.receiver.requests.map(({ customer }) => customer)).toEqual(['c-0', 'c-1', 'c-2', 'c-3', 'c-4'])
  })

  test('tells nobody of an event that is too old before its first call', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: 'trigger: { event: user.registered, max_age: 1h }' })
    const run = await open(story)
    const occurredAt = Date.now() - 3_700_000
    await run.append([eventOf(0), eventOf(1, { occurredAt }), eventOf(2)], 1)
    await run.seal()
    expect(await run.ended).toBe('finished')
    expect(story.receiver.requests.map(({ customer }) => customer)).toEqual(['c-0', 'c-2'])
    expect(story.results.map(({ status, reason }) => [status, reason])).toEqual([
      ['sent', null],
      ['suppressed', 'expired'],
      ['sent', null],
    ])
  })

  test('suppresses whoever did not consent or is excluded', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: `${TOP}\nconsent: { column: news }\nexclude: [out.csv]` })
    writeFileSync(join(story.folder.path, 'out.csv'), 'c-2\n')
    const run = await open(story)
    const rows = [true, false, true].map((news, n) => eventOf(n, { customer: { customer_id: `c-${n}`, news } }))
    await run.append(rows, 1)
    await run.seal()
    await run.ended
    expect(story.results.map(({ reason }) => reason)).toEqual([null, 'consent', 'excluded'])
    expect(story.receiver.count).toBe(1)
  })

  test('lets its senders go when nothing comes, and starts them for the next event', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: TOP })
    const run = await open(story, { idleMs: 50 })
    const before = new Set(childrenOf(process.pid))
    const senders = (): number[] => childrenOf(process.pid).filter((pid) => !before.has(pid))
    await run.append(eventsOf(1), 1)
    await story.receiver.waitFor(1)
    await vi.waitFor(() => expect(senders()).toEqual([]), { timeout: 30_000 })
    expect(readReport(run.paths, { isLocked: true })).toMatchObject({ state: 'running', sent: 1, resumed: 0 })
    await run.append(eventsOf(1, 1), 2)
    await story.receiver.waitFor(2)
  })

  test('is paused by somebody else, keeps what comes, and goes on when it is released', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: TOP })
    const held = Promise.withResolvers<Hold>()
    const run = await open(story, { onHold: held.resolve })
    putRunRequest(run.paths, 'pause')
    expect(await held.promise).toEqual({ state: 'paused', error: null })
    await run.append(eventsOf(3), 1)
    expect(readReport(run.paths, { isLocked: true })).toMatchObject({ state: 'paused', customers: 3, pending: 3 })
    run.release()
    await story.receiver.waitFor(3)
  })

  test('closes although somebody pauses it at that moment', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: TOP })
    const run = await open(story)
    await run.append(eventsOf(1), 1)
    await story.receiver.waitFor(1)
    const closing = run.close()
    run.pause()
    await closing
    expect(await run.ended).toBe('running')
  })

  test('lets go of what it cannot cancel, so that whoever asked can', async ({ tell, open }) => {
    const story = await tell({ customers: 0, top: TOP })
    const run = await open(story)
    await run.append(eventsOf(1), 1)
    await story.receiver.waitFor(1)
    // Nothing can be written where the end of the rows is to be written down.
    mkdirSync(join(run.paths.folder, 'spool.json.new'))
    putRunRequest(run.paths, 'cancel')
    expect(await run.ended).toBe('running')
  })

  test('that was on hold is on hold when it is opened again; cancelled, it leaves nobody to be called', async ({
    tell,
    open,
  }) => {
    const story = await tell({ customers: 0, top: TOP, answer: () => ({ status: 404 }), webhook: 'concurrency: 1' })
    const held = Promise.withResolvers<Hold>()
    const first = await open(story, { onHold: held.resolve })
    await first.append(eventsOf(5), 1)
    await held.promise
    await first.close()
    const again = await open(story)
    expect(again.hold).toEqual({ state: 'aborted', error: null })
    await again.cancel()
    expect(await again.ended).toBe('cancelled')
    const report = readReport(again.paths, { isLocked: false })
    expect(report).toMatchObject({ state: 'cancelled', failed: 1, aborted: 4, pending: 0 })
    expect(story.receiver.count).toBe(1)
    const next = await open(story)
    expect(next.runId).not.toBe(again.runId)
  })

  test('goes on past midnight with what is due, beside the run of the next day, which counts on', async ({
    tell,
    open,
  }) => {
    const story = await tell({
      customers: 0,
      top: TOP,
      webhook: 'retry: { delays: [1h], jitter: 0 }',
      answer: ({ customer, attempt }) => (customer === 'c-0' && attempt === 1 ? { status: 500 } : { status: 401 }),
    })
    story.skipsWaits = false
    const held = Promise.withResolvers<Hold>()
    const old = await open(story)
    await old.append(eventsOf(4), 1)
    await story.receiver.waitFor(4)
    await expect.poll(() => readReport(old.paths, { isLocked: true })).toMatchObject({ failed: 3, waiting: 1 })
    await old.seal()
    const next = await open(story, { day: '2026-11-23', onHold: held.resolve })
    // Three refusals of yesterday and two of today are five in a row.
    await next.append(eventsOf(2, 4), 2)
    expect(await held.promise).toEqual({ state: 'aborted', error: null })
    expect(old.hold).toBe(null)
    story.clock.skip(3_600_000)
    expect(await old.ended).toBe('finished')
    expect(story.requestsOf('c-0').length).toBe(2)
    expect(next.position).toBe(2)
  })

  test('keeps in line, on hold, what was in doubt when it was cut off; released, it comes again under its key', async ({
    tell,
    open,
  }) => {
    let isMended = false
    const story = await tell({
      customers: 0,
      top: TOP,
      webhook: 'timeout: 60s',
      answer: async ({ customer }) => {
        if (isMended) return {}
        if (customer === 'c-1') return { status: 404 }
        return await new Promise<never>(() => undefined)
      },
    })
    const cut = new AbortController()
    const first = await open(story, { cutSignal: cut.signal })
    await first.append(eventsOf(3), 1)
    await vi.waitFor(() => expect(story.stops).toHaveLength(1), { timeout: 30_000 })
    cut.abort()
    expect(await first.ended).toBe('running')

    const held = Promise.withResolvers<Hold>()
    const again = await open(story, { onHold: held.resolve })
    await again.append(eventsOf(1, 3), 2)
    await again.seal()
    expect(await held.promise).toEqual({ state: 'aborted', error: null })
    const { requests } = story.receiver
    const called = requests.map(({ customer }) => customer).filter((customer) => customer !== 'c-1')
    expect(readReport(again.paths, { isLocked: true })).toMatchObject({
      failed: 1,
      aborted: 3,
      in_doubt: called.length,
    })

    isMended = true
    again.release()
    expect(await again.ended).toBe('finished')
    expect(readReport(again.paths, { isLocked: false })).toMatchObject({
      customers: 4,
      sent: 3,
      failed: 1,
      in_doubt: 0,
    })
    for (const customer of called) {
      const keys = story.requestsOf(customer!).map(({ key, body }) => `${key} ${body}`)
      expect([keys.length, new Set(keys).size]).toEqual([2, 1])
    }
  })
})
