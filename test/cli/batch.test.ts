import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createCampaignFolder } from '../support/campaign-folder.ts'
import { runCommand } from '../support/command-line.ts'

function campaignFile(): string {
  const root = `{"customers":[{% output customers separated by ',' %}]}`
  const customer = '{% if customer.id == "c-3" %}{% abort: "not now" %}{% endif %}{"id":{{ customer.id }}}'
  const folder = createCampaignFolder({
    'campaign.yaml': [
      'name: crm',
      'audience: people.ndjson',
      'webhook:',
      '  url: "http://127.0.0.1:9/v1"',
      `  batch: { size: 4, root: ${JSON.stringify(root)}, customer: ${JSON.stringify(customer)} }`,
    ].join('\n'),
    'people.ndjson': Array.from({ length: 10 }, (_, i) => `{"id":"c-${i}"}\n`).join(''),
  })
  onTestFinished(() => folder[Symbol.dispose]())
  return `${folder.path}/campaign.yaml`
}

describe('a campaign with batches', () => {
  test('is validated, both templates of it', async () => {
    expect(await runCommand(['validate', campaignFile()])).toMatchObject({ code: 0 })
  })

  test('is previewed with the batch of the customer who is asked for', async () => {
    const { stdout } = await runCommand(['preview', campaignFile(), '--customer', 'c-5'])
    expect(JSON.parse(stdout.split('\n\n')[1]!)).toEqual({
      customers: ['c-4', 'c-5', 'c-6', 'c-7'].map((id) => ({ id })),
    })
    const { stdout: leftOut } = await runCommand(['preview', campaignFile(), '--row', '4'])
    expect(leftOut).toContain('suppressed, template (not now)')
  })

  test('shows of a long request its beginning when it is rehearsed', async () => {
    const file = campaignFile()
    const many = Array.from({ length: 1000 }, (_, i) => `{"id":"d-${i}"}\n`).join('')
    const yaml = readFileSync(file, 'utf8').replace('size: 4', 'size: 1000')
    writeFileSync(file, yaml)
    writeFileSync(file.replace('campaign.yaml', 'people.ndjson'), many)
    const { stdout } = await runCommand(['run', file, '--dry-run', '--senders', '1'])
    expect(stdout).toContain('"id": "d-0"')
    expect(stdout).not.toContain('d-900')
    expect(stdout).toMatch(/\n… [\d,]+ more lines, which preview shows\n$/)
  })

  test('is rehearsed with one request for each batch', async () => {
    const { stdout } = await runCommand(['run', campaignFile(), '--dry-run', '--json', '--senders', '1'])
    expect(JSON.parse(stdout)).toMatchObject({
      customers: 10,
      would_send: 9,
      suppressed: 1,
      deliveries: 3,
      is_complete: true,
    })
  })
})
