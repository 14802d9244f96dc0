import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect } from 'vitest'
import {
  ConfigError,
  HookcastError,
  readReport,
  readResults,
  resumeRun,
  runCampaign,
  type AudienceRow,
  type ResultRecord,
  type RunCampaignOptions,
  type RunProgress,
} from '../../src/index.ts'
import { refuseOldNode } from '../../src/library/check-options.ts'
import { test } from './fixture.ts'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('runCampaign', () => {
  test('resolves to the report that the command line prints', async ({ desk }) => {
    desk.writeCampaign()
    const report = await runCampaign(desk.campaign, desk.options)
    expect(report).toMatchObject({ schema: 1, state: 'finished', customers: 3, sent: 3, pending: 0 })
    const { stdout } = await desk.hookcast(['report', report.run_id, '--format', 'json'])
    expect(JSON.parse(stdout)).toEqual(report)
    expect(await readReport(report.run_id, desk.options)).toEqual(report)
  })

  test('rejects with every problem of the file, and sends nothing', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'timeout: 10 sec\nconcurency: 5' })
    const error: unknown = await runCampaign(desk.campaign, desk.options).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ code: 'HOOKCAST_CAMPAIGN_INVALID' })
    expect((error as ConfigError).problems.map(({ line }) => line)).toEqual([6, 7])
    expect(desk.receiver.count).toBe(0)
    expect(existsSync(desk.options.data)).toBe(false)
  })

  test('throws at once what no program should hand in', ({ desk }) => {
    desk.writeCampaign()
    expect(() => runCampaign(desk.campaign, { senders: 0 })).toThrow(RangeError)
    expect(() => runCampaign(desk.campaign, { limit: 0.5 })).toThrow('expected `limit` to be a whole number')
    expect(() => runCampaign(desk.campaign, { limit: { pauseAfter: '200%' } })).toThrow('a share such as 1%, got 200%')
  })

  test.for<[unknown, RegExp]>([
    [{ skip_bad_rows: true }, /^unknown option of runCampaign: skip_bad_rows, did you mean skipBadRows\?$/],
    [{ resendUnknown: true }, /^unknown option of runCampaign: resendUnknown, it has data, config, /],
    [{ limit: '5' }, /^expected `limit` to be a number of customers or \{ pauseAfter \}, got "5"$/],
    [{ audience: Promise.resolve([]) }, /got a promise: await it first$/],
    [{ audience: function* () {} }, /^expected `audience` to be a file, an array, .* got a function: call it$/],
  ])('tells a program in JavaScript what is wrong with %j', ([options, message], { desk }) => {
    desk.writeCampaign()
    const call = (): unknown => runCampaign(desk.campaign, options as RunCampaignOptions)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })

  test('asks for the campaign file, and for a Node that can do it', () => {
    expect(() => runCampaign(undefined as unknown as string)).toThrow('the URL of a campaign file, got nothing')
    for (const version of ['20.20.2', '24.14.9']) {
      expect(() => refuseOldNode(version)).toThrow(`needs Node 24.15 or newer, got ${version}`)
    }
    for (const version of ['24.15.0', '26.0.1']) expect(() => refuseOldNode(version)).not.toThrow()
  })

  test('takes rows as they come, and calls for the first while the others are not there yet', async ({ desk }) => {
    desk.writeCampaign({ audience: '"-"' })
    const rest = Promise.withResolvers<void>()
    async function* rows(): AsyncGenerator<AudienceRow> {
      yield { id: 'first' }
      await rest.promise
      yield { id: 'second', tags: ['a'] }
    }
    const run = runCampaign(desk.campaign, { ...desk.options, audience: rows() })
    await desk.receiver.waitFor(1)
    rest.resolve()
    expect(await run).toMatchObject({ state: 'finished', sent: 2 })
    expect(desk.receiver.requests.map(({ body }) => JSON.parse(body))).toEqual([{ id: 'first' }, { id: 'second' }])
  })

  test('reads rows to their end before the first call where that is asked for, and refuses bad ones', async ({
    desk,
  }) => {
    desk.writeCampaign()
    const rows = Readable.from(['{"id":"a"}\n{"id"', ':"b"}\nnot json\n'])
    const run = runCampaign(desk.campaign, { ...desk.options, audience: rows, stream: false })
    await expect(run).rejects.toMatchObject({ code: 'HOOKCAST_AUDIENCE_INVALID', problems: [{ line: 3 }] })
    expect(desk.receiver.count).toBe(0)
  })

  test('reads CSV from a file in place of the own audience, with params of its own', async ({ desk }) => {
    desk.writeCampaign({
      top: 'params: { shop: Acme }',
      webhook: `body: '{{ customer.id }} of {{ params.shop }}'\npayload: text`,
    })
    const audience = desk.write('others.txt', 'id\nx-1\n')
    const run = runCampaign(desk.campaign, { ...desk.options, audience, format: 'csv', params: { shop: 'Other' } })
    expect(await run).toMatchObject({ sent: 1 })
    expect(desk.receiver.requests[0]?.body).toBe('x-1 of Other')
  })

  test('rejects with what the rows themselves throw; what was read before is kept', async ({ desk }) => {
    desk.writeCampaign()
    async function* rows(): AsyncGenerator<{ id: string }> {
      yield { id: 'first' }
      await desk.receiver.waitFor(1)
      throw new RangeError('the database is gone')
    }
    const run = runCampaign(desk.campaign, { ...desk.options, audience: rows() })
    await expect(run).rejects.toThrow(new RangeError('the database is gone'))
    expect(await readReport(run.runId!, desk.options)).toMatchObject({ state: 'paused', sent: 1 })
  })

  test('asks for an audience where the campaign names standard input', async ({ desk }) => {
    desk.writeCampaign({ audience: '"-"' })
    await expect(runCampaign(desk.campaign, desk.options)).rejects.toMatchObject({ code: 'HOOKCAST_USAGE' })
  })

  test('reads secrets from the environment that it is given, and leaves that of the process alone', async ({
    desk,
  }) => {
    desk.writeCampaign({ webhook: 'auth: { type: bearer, token: "${DESK_TOKEN}" }' })
    const { env, ...options } = desk.options
    await expect(runCampaign(desk.campaign, { ...options, env })).rejects.toThrow('DESK_TOKEN')
    await runCampaign(desk.campaign, { ...options, env: { DESK_TOKEN: 'abc' } })
    expect(desk.receiver.requests[0]?.headers['authorization']).toBe('Bearer abc')
    expect(process.env['DESK_TOKEN']).toBeUndefined()
  })

  test('runs two campaigns at once, which do not know each other', async ({ desk }) => {
    desk.writeCampaign({ audience: 'many.ndjson' })
    desk.writeRows('many.ndjson', 300)
    const [one, other] = await Promise.all([
      runCampaign(desk.campaign, desk.options),
      runCampaign(desk.campaign, { ...desk.options, limit: 100 }),
    ])
    expect([one.state, one.sent, other.state, other.sent]).toEqual(['finished', 300, 'interrupted', 100])
    expect(new Set(desk.receiver.requests.map(({ key }) => key)).size).toBe(400)
  })
})

describe('an AbortSignal', () => {
  test('finishes what is in flight and leaves a run that goes on', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ delayMs: 30 }) })
    desk.writeCampaign({ audience: 'many.ndjson', webhook: 'concurrency: 5' })
    desk.writeRows('many.ndjson', 300)
    const stop = new AbortController()
    const run = runCampaign(desk.campaign, { ...desk.options, signal: stop.signal })
    await desk.receiver.waitFor(20)
    stop.abort()
    const report = await run
    expect(report).toMatchObject({ state: 'interrupted', in_doubt: 0, sent: desk.receiver.count })
    const rest = resumeRun(report.run_id, desk.options)
    expect(await rest).toMatchObject({ state: 'finished', sent: 300, resumed: 1 })
    expect(new Set(desk.receiver.requests.map(({ key }) => key)).size).toBe(300)
    expect(desk.receiver.count).toBe(300)
  })

  test('that has fired before the start rejects, and leaves nothing behind', async ({ desk }) => {
    desk.writeCampaign()
    const run = runCampaign(desk.campaign, { ...desk.options, signal: AbortSignal.abort() })
    await expect(run).rejects.toMatchObject({ code: 'HOOKCAST_INTERRUPTED', cause: { name: 'AbortError' } })
    expect(run.runId).toBeNull()
    expect(existsSync(join(desk.options.data, 'runs')) ? readdirSync(join(desk.options.data, 'runs')) : []).toEqual([])
  })

  test('ends a run whose rows do not come', async ({ desk }) => {
    desk.writeCampaign()
    const stop = new AbortController()
    const asked = Promise.withResolvers<void>()
    const rows = new Readable({ read: () => asked.resolve() })
    const run = runCampaign(desk.campaign, { ...desk.options, audience: rows, signal: stop.signal })
    await asked.promise
    stop.abort()
    expect(await run).toMatchObject({ state: 'interrupted', customers: 0 })
  })
})

describe('progress()', () => {
  test('shows the run growing, and at last its end', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ delayMs: 20 }) })
    desk.writeCampaign({ audience: 'many.ndjson', webhook: 'concurrency: 10' })
    desk.writeRows('many.ndjson', 200)
    const run = runCampaign(desk.campaign, desk.options)
    const seen: RunProgress[] = await all(run.progress())
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.map(({ sent }) => sent)).toEqual(seen.map(({ sent }) => sent).toSorted((a, b) => a - b))
    expect(seen.at(-1)).toMatchObject({
      run_id: run.runId,
      customers: 200,
      sent: 200,
      in_flight: 0,
      audience_complete: true,
    })
  })

  test('that nobody takes holds up nothing, and whoever comes late sees the newest', async ({ desk }) => {
    desk.writeCampaign({ audience: 'many.ndjson' })
    desk.writeRows('many.ndjson', 300)
    const run = runCampaign(desk.campaign, desk.options)
    const left = run.progress()
    await left.next()
    await left.return()
    expect(await run).toMatchObject({ sent: 300 })
    expect(await all(run.progress())).toMatchObject([{ sent: 300 }])
  })

  test('throws what the run rejects with, and nothing is left unhandled', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'timeout: never' })
    const unhandled: unknown[] = []
    const listen = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const run = runCampaign(desk.campaign, desk.options)
    const following = all(run.progress())
    await expect(following).rejects.toBeInstanceOf(HookcastError)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
    await expect(run).rejects.toBeInstanceOf(ConfigError)
  })
})

describe('results()', () => {
  const idsOf = (records: readonly ResultRecord[]): string[] => records.map(({ customer_id: id }) => id).toSorted()

  test('tells each customer once, before the run has ended, in whatever order they end', async ({ openDesk }) => {
    const gate = Promise.withResolvers<void>()
    // The first customer's answer waits until results of others were seen.
    const desk = await openDesk({
      answer: async ({ body }) => {
        if (body.includes('"c-0"')) await gate.promise
        return body.includes('"c-7"') ? { body: { success: false } } : {}
      },
    })
    desk.writeCampaign({ audience: 'many.ndjson' })
    desk.writeRows('many.ndjson', 700)
    const run = runCampaign(desk.campaign, desk.options)
    const seen: ResultRecord[] = []
    for await (const result of run.results()) {
      seen.push(result)
      if (seen.length === 600) gate.resolve()
    }
    const report = await run
    expect(report).toMatchObject({ sent: 699, failed: 1 })
    const kept = await all(readResults(report.run_id, desk.options))
    expect(kept.length).toBe(700)
    expect(idsOf(seen)).toEqual(idsOf(kept))
    expect(seen.find(({ customer_id: id }) => id === 'c-7')).toEqual(kept[7])
    expect(await all(readResults(report.run_id, { ...desk.options, status: ['failed'] }))).toEqual([kept[7]])
  })

  test('names those whom a stop has aborted, too', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ status: 401 }) })
    desk.writeCampaign({ audience: 'many.ndjson', webhook: 'concurrency: 1' })
    desk.writeRows('many.ndjson', 450)
    const seen = await all(runCampaign(desk.campaign, desk.options).results())
    expect(seen.map(({ status }) => status).filter((status) => status === 'aborted').length).toBe(449)
    expect(new Set(idsOf(seen)).size).toBe(450)
  })

  test('follows an audience that grows while it is read', async ({ desk }) => {
    desk.writeCampaign()
    async function* rows(): AsyncGenerator<{ id: string }> {
      for (let i = 0; i < 400; i++) yield { id: `c-${i}` }
      await desk.receiver.waitFor(400)
      for (let i = 400; i < 500; i++) yield { id: `c-${i}` }
    }
    const run = runCampaign(desk.campaign, { ...desk.options, audience: rows() })
    expect(new Set(idsOf(await all(run.results()))).size).toBe(500)
  })

  test('tell a limited run as far as it came, and the rest on resume', async ({ desk }) => {
    desk.writeCampaign()
    const run = runCampaign(desk.campaign, { ...desk.options, limit: { pauseAfter: 1 } })
    expect(idsOf(await all(run.results()))).toEqual(['c-0'])
    expect(await run).toMatchObject({ state: 'paused' })
    const rest = resumeRun(run.runId!, desk.options)
    expect(idsOf(await all(rest.results()))).toEqual(['c-0', 'c-1', 'c-2'])
    expect(await resumeRun(run.runId!, desk.options)).toEqual(await rest)
  })
})

test('a run that this process works on is not resumed a second time', async ({ openDesk }) => {
  const gate = Promise.withResolvers<void>()
  const desk = await openDesk({ answer: async () => (await gate.promise, {}) })
  desk.writeCampaign()
  const run = runCampaign(desk.campaign, desk.options)
  await desk.receiver.waitFor(1)
  await expect(resumeRun(run.runId!, desk.options)).rejects.toMatchObject({ code: 'HOOKCAST_RUN_IN_USE' })
  expect(await readReport(run.runId!, desk.options)).toMatchObject({ state: 'running' })
  gate.resolve()
  expect(await run).toMatchObject({ state: 'finished' })
})
