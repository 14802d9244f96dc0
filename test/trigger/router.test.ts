import { describe, expect, vi } from 'vitest'
import { listEventRuns } from '../../src/runner/runner.ts'
import { readReport, readResults } from '../../src/report/report.ts'
import { runPaths } from '../../src/ledger/run-folder.ts'
import type { Triggers } from '../../src/trigger/trigger.ts'
import { createReceiver, type Receiver, type Received, type Reply } from '../support/receiver.ts'
import { SkippingClock } from '../support/skipping-clock.ts'
import { campaignFile, test as base, type Place } from './fixture.ts'
import { triggersOf } from './service.ts'

interface Stage {
  readonly clock: SkippingClock
  readonly receiver: Receiver
  readonly notices: Record<string, unknown>[]
  /** Writes a campaign that listens to user.registered, with lines under webhook. */
  write(name: string, webhook?: readonly string[], path?: string): void
  /** The service, as it starts. */
  start(): Promise<Triggers>
  /** Ends it, as a signal does. */
  stop(): Promise<void>
  answer: (request: Received, n: number) => Reply
}

const test = base.extend<{ stage: Stage }>({
  stage: async ({ place }, use) => {
    const stage: { answer: Stage['answer'] } = { answer: () => ({}) }
    await using receiver = await createReceiver({
      answer: (request, n) => stage.answer(request, n),
      customerOf: ({ body }) => /"id":"([^"]*)"/.exec(body)?.[1] ?? null,
    })
    let triggers: Triggers | null = null
    const notices: Record<string, unknown>[] = []
    const clock = new SkippingClock()
    const stop = async (): Promise<void> => {
      await triggers?.[Symbol.asyncDispose]()
      triggers = null
    }
    await use(
      Object.assign(stage, {
        clock,
        receiver,
        notices,
        write: (name: string, webhook: readonly string[] = ['concurrency: 1'], path = `/${name}`) =>
          place.write(
            `${name}/campaign.yaml`,
            campaignFile(name, ['trigger: { event: user.registered }'])
              .replace('https://api.example.com/v1/send', receiver.url + path)
              .replace('"{}"', `'{"id":"{{ event.id }}"}'`) + webhook.map((line) => `  ${line}\n`).join(''),
          ),
        start: async () => {
          triggers = triggersOf({ ...place, clock, tell: (type, facts) => void notices.push({ type, ...facts }) })
          await triggers.start()
          return triggers
        },
        stop,
      }),
    )
    await stop()
  },
})

const send = async ({ inbox }: Triggers, from: number, count: number): Promise<void> => {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ id: `t-${from + i}`, type: 'user.registered', customer: { customer_id: `c-${from + i}` } }),
  )
  const receipts = await Promise.all(lines.map((line) => inbox.accept(line)))
  expect(receipts.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(count)
}

const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `t-${from + i}`)

const called = ({ receiver }: Stage, path = '/welcome'): (string | null)[] =>
  receiver.requests.filter((request) => request.path === path).map(({ customer }) => customer)

/** A loaded machine takes its time. */
const until = async (check: () => void): Promise<void> => await vi.waitFor(check, 20_000)

const waitingIn = ({ store }: Place): number => Number(store.get('SELECT count(*) AS count FROM inbox')?.['count'])

describe('a trigger that was accepted', () => {
  test('reaches each active campaign that listens, in order, once', async ({ stage, place }) => {
    const triggers = await stage.start()
    for (const name of ['welcome', 'crm']) {
      stage.write(name)
      await triggers.campaigns.activate(name, { by: 'ada' })
    }
    await send(triggers, 0, 30)
    await stage.receiver.waitFor(60)
    expect(called(stage, '/welcome')).toEqual(ids(0, 30))
    expect(called(stage, '/crm')).toEqual(ids(0, 30))
    stage.clock.skip(1500)
    await until(() => expect(waitingIn(place)).toBe(0))
    expect(listEventRuns(place.data).map(({ campaign, version }) => [campaign, version])).toEqual(
      expect.arrayContaining([
        ['crm', 1],
        ['welcome', 1],
      ]),
    )
  })

  test('waits for the next start where its campaign was activated while the service ended', async ({
    stage,
    place,
  }) => {
    stage.write('welcome')
    const triggers = await stage.start()
    await triggers.campaigns.get('welcome')
    await stage.stop()
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 0, 3)
    triggers.router.refresh()
    await triggers.router.settle()
    expect(listEventRuns(place.data)).toEqual([])
    await stage.start()
    await stage.receiver.waitFor(3)
    expect(called(stage)).toEqual(ids(0, 3))
  })

  test('is sent after a restart, also when it comes before what was left is open', async ({ stage, place }) => {
    stage.write('welcome')
    const triggers = await stage.start()
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 0, 3)
    await stage.receiver.waitFor(3)
    await stage.stop()
    const again = triggersOf({ ...place, clock: stage.clock })
    await send(again, 3, 1)
    await again.campaigns.get('welcome')
    await Promise.all([send(again, 4, 1), again.start()])
    await stage.receiver.waitFor(5)
    expect(again.router.holds()).toEqual([])
    await again[Symbol.asyncDispose]()
    expect(called(stage)).toEqual(ids(0, 5))
    expect(listEventRuns(place.data)).toHaveLength(1)
  })

  test('is still sent when its campaign was deactivated after it', async ({ stage }) => {
    stage.write('welcome')
    const triggers = await stage.start()
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 0, 5)
    await triggers.campaigns.deactivate('welcome', 'ada')
    expect((await triggers.inbox.accept('{"id":"x","type":"user.registered","customer":{}}')).unmatched).toBe(1)
    await stage.receiver.waitFor(5)
    expect(called(stage)).toEqual(ids(0, 5))
  })
})

describe('a run of events', () => {
  test('is one for each UTC day, and the last one ends', async ({ stage, place }) => {
    stage.write('welcome')
    const triggers = await stage.start()
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 0, 3)
    await stage.receiver.waitFor(3)
    stage.clock.skip(86_400_000)
    await send(triggers, 3, 3)
    await stage.receiver.waitFor(6)
    expect(called(stage)).toEqual(ids(0, 6))
    await until(() => {
      const runs = listEventRuns(place.data)
      expect(runs.map(({ state, isSealed }) => [state, isSealed])).toEqual([
        ['running', false],
        ['finished', true],
      ])
      expect(runs[0]!.day > runs[1]!.day).toBe(true)
    })
  })

  test('is one for each version', async ({ stage, place }) => {
    stage.write('welcome')
    const triggers = await stage.start()
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 0, 3)
    await stage.receiver.waitFor(3)
    stage.write('welcome', ['concurrency: 1', 'timeout: 9s'])
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 3, 3)
    await stage.receiver.waitFor(6)
    expect(called(stage)).toEqual(ids(0, 6))
    expect(listEventRuns(place.data).map(({ version }) => version)).toEqual([2, 1])
  })
})

describe('a campaign on hold', () => {
  const refuse = async (stage: Stage): Promise<Triggers> => {
    stage.write('welcome')
    const triggers = await stage.start()
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    await send(triggers, 0, 3)
    await stage.receiver.waitFor(3)
    stage.answer = () => ({ status: 401 })
    await send(triggers, 3, 20)
    await until(() => expect(triggers.router.holds()).toHaveLength(1))
    return triggers
  }

  test('is listed and explained, and told once', async ({ stage }) => {
    const triggers = await refuse(stage)
    await send(triggers, 23, 5)
    const [hold] = triggers.router.holds()
    expect(hold).toMatchObject({ campaign: 'welcome', rule: 'client_error' })
    expect(hold!.message).toContain('Stopped the webhook after 5 client errors in a row, the last a 401')
    expect(hold!.waiting).toBeGreaterThanOrEqual(5)
    expect(called(stage)).toEqual(ids(0, 8))
    await until(() => expect(stage.notices).toHaveLength(1))
    expect(stage.notices[0]).toMatchObject({ type: 'webhook.held', campaign: 'welcome', run_id: hold!.runId })
  })

  test('sends all of it in order once it is released', async ({ stage }) => {
    const triggers = await refuse(stage)
    await send(triggers, 23, 5)
    stage.answer = () => ({})
    await triggers.router.release('welcome', { by: 'ada', isDiscarded: false })
    await stage.receiver.waitFor(28)
    await send(triggers, 28, 2)
    await stage.receiver.waitFor(30)
    expect(called(stage)).toEqual(ids(0, 30))
    expect(triggers.router.holds()).toEqual([])
    await expect(triggers.router.release('welcome', { by: 'ada', isDiscarded: false })).rejects.toMatchObject({
      code: 'HOOKCAST_CAMPAIGN_STATE',
    })
  })

  test('stays on hold over a restart and over midnight, and loses nobody', async ({ stage, place }) => {
    const before = await refuse(stage)
    await send(before, 23, 5)
    await stage.stop()
    stage.clock.skip(86_400_000)
    const triggers = await stage.start()
    expect(triggers.router.holds()).toHaveLength(1)
    await send(triggers, 28, 5)
    expect(called(stage)).toEqual(ids(0, 8))
    stage.answer = () => ({})
    await triggers.router.release('welcome', { by: 'ada', isDiscarded: false })
    await until(() => {
      stage.clock.skip(250)
      const results = listEventRuns(place.data).flatMap(({ runId }) =>
        [...readResults(runPaths(place.data, runId), { customerId: null }, {})].map(({ status }) => status),
      )
      expect(results).toHaveLength(33)
    })
    expect(listEventRuns(place.data)).toHaveLength(2)
    expect(called(stage)).toEqual(ids(0, 33))
    expect(stage.notices).toHaveLength(1)
  })

  test('gives what waits to a mended version', async ({ stage }) => {
    const triggers = await refuse(stage)
    await send(triggers, 23, 5)
    const { waiting } = triggers.router.holds()[0]!
    stage.answer = ({ path }) => (path === '/mended' ? {} : { status: 401 })
    stage.write('welcome', ['concurrency: 1'], '/mended')
    await triggers.campaigns.activate('welcome', { by: 'ada' })
    expect(triggers.router.holds()[0]!.waiting).toBe(waiting)
    await triggers.router.release('welcome', { by: 'ada', isDiscarded: true })
    await stage.receiver.waitFor(8 + waiting)
    expect(called(stage)).toEqual(ids(0, 8))
    expect(called(stage, '/mended')).toEqual(ids(28 - waiting, waiting))
  })

  test('is discarded with everybody who waits, where they can be replayed from', async ({ stage, place }) => {
    const triggers = await refuse(stage)
    await send(triggers, 23, 5)
    const { runId } = await triggers.router.release('welcome', { by: 'ada', isDiscarded: true })
    const report = readReport(runPaths(place.data, runId!), { isLocked: false })
    expect(report).toMatchObject({ state: 'cancelled', customers: 28, sent: 3, failed: 5, aborted: 20 })
    stage.answer = () => ({})
    await send(triggers, 28, 2)
    await stage.receiver.waitFor(10)
    expect(called(stage).slice(8)).toEqual(ids(28, 2))
  })
})
