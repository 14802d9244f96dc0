import { describe, expect } from 'vitest'
import { test } from '../cli/fixture.ts'
import { codesIn, readPage } from '../support/page.ts'

const page = readPage('docs/dry-run.md')

describe('docs/dry-run.md', () => {
  test('has every key that is printed, and no other', async ({ desk }) => {
    desk.writeCampaign({ webhook: `body: '{"n": {{ customer.n }}}'` })
    desk.write('customers.csv', 'id,n\nc-0,1\nc-1,\n')
    const { stdout } = await desk.hookcast(['run', 'campaign.yaml', '--dry-run', '--json'])
    const found = JSON.parse(stdout) as Record<string, unknown>
    const rows = page.section('As JSON').tables[0] ?? []
    expect(rows.map(([key = '']) => codesIn(key)[0] ?? '').toSorted()).toEqual(Object.keys(found).toSorted())
    for (const [key = '', holds = ''] of rows) {
      const value = found[codesIn(key)[0] ?? '']
      const [one] = Array.isArray(value) ? (value as unknown[]) : [value]
      const shape = codesIn(holds).find((code) => code.startsWith('{'))
      if (typeof one !== 'object' || one === null || shape === undefined) continue
      const named = shape.replaceAll(/[{}\s]/g, '').split(',')
      expect(Object.keys(one).toSorted(), key).toEqual(named.toSorted())
    }
  })
})
