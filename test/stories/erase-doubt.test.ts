import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { test } from '../cli/fixture.ts'
import { startCommand } from '../support/command-line.ts'

describe('erasing a customer of a batch', () => {
  test('that a killed run had sent leaves the others as they are: other bytes never follow under its key', async ({
    openDesk,
  }) => {
    let answers = false
    const desk = await openDesk({ answer: () => (answers ? {} : { misbehave: 'hang' }) })
    const root = JSON.stringify(`[{% output customers separated by ',' %}]`)
    const customer = JSON.stringify('{{ customer | tojson }}')
    desk.writeCampaign({
      audience: 'people.ndjson',
      webhook: `body_is_below: 0\nbatch: { size: 4, root: ${root}, customer: ${customer} }\nconcurrency: 1`,
    })
    const campaign = join(desk.folder, 'campaign.yaml')
    const text = readFileSync(campaign, 'utf8')
    desk.write('campaign.yaml', text.replace(/^ {2}body: .*\n/m, '').replace(/^ {2}body_is_below: 0\n/m, ''))
    desk.write('people.ndjson', Array.from({ length: 8 }, (_, i) => `{"id":"cu-${i}"}\n`).join(''))
    const data = join(desk.folder, '.hookcast')
    const run = startCommand(['run', campaign, '--data', data, '--quiet'])
    await desk.receiver.waitFor(1)
    run.child.kill('SIGKILL')
    await run.finished
    answers = true
    expect(await desk.json(['erase', '--customer', 'cu-1', '--yes'])).toMatchObject({ code: 0, object: { found: 1 } })
    const { object } = await desk.json(['runs'])
    const runId = (object as unknown as { runs: { run_id: string }[] }).runs[0]!.run_id
    const resumed = await desk.json(['resume', runId, '--quiet'])
    const bodies = Map.groupBy(desk.receiver.requests, ({ key }) => key)
    for (const [, requests] of bodies) expect(new Set(requests.map(({ body }) => body)).size).toBe(1)
    expect(resumed.object).toMatchObject({ sent: 4, suppressed: 1, failed: 3, failures: { changed: 3 } })

    const replay = await desk.hookcast(['replay', runId, '--yes'])
    expect(replay.stderr).toContain('3 left out, as the receiver may have their request')
    const anew = await desk.json(['replay', runId, '--new-keys', '--quiet', '--yes'])
    expect(anew.object).toMatchObject({ customers: 3, sent: 3 })
  })
})
