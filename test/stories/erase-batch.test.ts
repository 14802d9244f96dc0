import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test } from '../cli/fixture.ts'
import { filesHolding } from '../privacy/fixture.ts'

describe('erasing a customer of a batch', () => {
  test('lets the others go on without it, and takes it out of what was said of them all', async ({ openDesk }) => {
    let calls = 0
    const desk = await openDesk({
      answer: ({ body }) => (++calls <= 2 ? { status: 503, body: `no room for ${body}` } : {}),
    })
    const root = JSON.stringify(`[{% output customers separated by ',' %}]`)
    const customer = JSON.stringify('{{ customer | tojson }}')
    desk.writeCampaign({
      audience: 'people.ndjson',
      webhook: `body_is_below: 0\nbatch: { size: 4, root: ${root}, customer: ${customer} }\nretry: { delays: [1s, 1s], jitter: 0 }\nconcurrency: 1`,
    })
    const campaign = join(desk.folder, 'campaign.yaml')
    const text = readFileSync(campaign, 'utf8')
    desk.write('campaign.yaml', text.replace(/^ {2}body: .*\n/m, '').replace(/^ {2}body_is_below: 0\n/m, ''))
    const people = Array.from({ length: 8 }, (_, i) => ({ id: `cu-${i}`, name: `Batched Person ${i}x` }))
    desk.write('people.ndjson', people.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const begun = await desk.json(['run', 'campaign.yaml', '--limit', '8', '--quiet'])
    expect(begun.object).toMatchObject({ customers: 8, waiting: 8 })

    const data = join(desk.folder, '.hookcast')
    const gone = ['cu-1', 'cu-4'].flatMap((id, at) => [id, `Batched Person ${[1, 4][at]}x`])
    expect(filesHolding(data, gone)).not.toEqual([])
    desk.write('leavers.txt', 'cu-1\ncu-4\n')
    const erased = await desk.json(['erase', '--file', 'leavers.txt', '--yes'])
    expect(erased).toMatchObject({ code: 0, object: { found: 2, runs: [{ rows: 2 }] } })
    expect(filesHolding(data, gone)).toEqual([])

    const resumed = await desk.json(['resume', begun.object.run_id, '--quiet'])
    expect(resumed.object).toMatchObject({ state: 'finished', sent: 6, suppressed: 2, failed: 0 })
    const last = desk.receiver.requests
      .slice(2)
      .map(({ body }) => (JSON.parse(body) as { id: string }[]).map(({ id }) => id))
    expect(last).toEqual([
      ['cu-0', 'cu-2', 'cu-3'],
      ['cu-5', 'cu-6', 'cu-7'],
    ])
    expect(filesHolding(data, gone)).toEqual([])
  })
})
