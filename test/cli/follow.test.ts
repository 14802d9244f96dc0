import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test, type Desk, type Going } from './fixture.ts'

/** A run whose receiver keeps every answer back until `letGo` is called. */
async function going(
  openDesk: (options: object) => Promise<Desk>,
): Promise<{ desk: Desk; run: Going; runId: string; letGo: () => void }> {
  const held = Promise.withResolvers<void>()
  const desk = await openDesk({
    answer: async (_: unknown, n: number) => {
      await held.promise
      return { body: { success: n > 0 } }
    },
  })
  desk.writeCampaign({ webhook: 'timeout: 60s' })
  const run = desk.start(['run', 'campaign.yaml', '--quiet'])
  await desk.receiver.waitFor(3)
  const [summary] = await desk.runs()
  return { desk, run, runId: summary!.run_id, letGo: held.resolve }
}

describe('hookcast report --follow', () => {
  test('tells how far the run is until it ends, then prints its report with its exit code', async ({ openDesk }) => {
    const { desk, run, runId, letGo } = await going(openDesk)
    const following = desk.start(['report', runId, '--follow', '--format', 'json'])
    await following.untilTold('0 of 3 customers, 0 sent')
    await following.untilTold('3 in flight')
    letGo()
    const { code, stdout } = await following.ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ run_id: runId, state: 'finished', sent: 2, failed: 1 })
    expect((await run.ended).code).toBe(1)
  })

  test('is ended by Ctrl-C, and the run goes on', async ({ openDesk }) => {
    const { desk, run, runId, letGo } = await going(openDesk)
    const following = desk.start(['report', runId, '--follow'])
    await following.untilTold('0 of 3')
    following.signal('SIGINT')
    const { code, stdout, stderr } = await following.ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain(`The run goes on: follow it again with hookcast report ${runId} --follow`)
    letGo()
    expect((await run.ended).code).toBe(1)
  })

  test('writes a page again and again that a browser loads again, and last one that stays', async ({ openDesk }) => {
    const { desk, run, runId, letGo } = await going(openDesk)
    const following = desk.start(['report', runId, '--follow', '--format', 'html', '--out', 'page.html'])
    await following.untilTold('0 of 3')
    const page = (): string => readFileSync(join(desk.folder, 'page.html'), 'utf8')
    expect(page()).toContain('http-equiv="refresh" content="5"')
    expect(page()).toContain('The run goes on')
    letGo()
    expect(await following.ended).toMatchObject({ code: 1, stdout: '' })
    expect(page()).not.toContain('http-equiv="refresh"')
    expect(page()).not.toContain('The run goes on')
    await run.ended
  })

  test('of a run that has ended prints at once', async ({ desk }) => {
    desk.writeCampaign()
    const { object } = await desk.json(['run', 'campaign.yaml'])
    const { code, stdout, stderr } = await desk.hookcast(['report', object.run_id, '--follow'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^desk {2}finished\n/)
  })

  test('is refused where each customer is a line', async ({ desk }) => {
    desk.writeCampaign()
    const { object } = await desk.json(['run', 'campaign.yaml'])
    const { code, stderr } = await desk.hookcast(['report', object.run_id, '--follow', '--format', 'csv'])
    expect(code).toBe(2)
    expect(stderr).toContain('expected `--follow` to go with --format table, json or html, got csv')
  })
})
