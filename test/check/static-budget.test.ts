import { describe, expect, it } from 'vitest'
import type { Campaign } from '../../src/campaign/campaign.ts'
import { staticIpsRefusal, staticIpsWarning } from '../../src/check/static-budget.ts'
import { limitStream } from '../../src/runner/static-ips-overuse.ts'
import { campaignWith, createCampaignFolder, plainSettings } from '../support/campaign-folder.ts'

const pool = { name: 'static', kind: 'addresses', addresses: ['127.0.0.2'], concurrency: 200, line: 1 } as const
const settings = { ...plainSettings, egress: { static: pool } }

function campaignOf(webhook: string): Campaign {
  using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook }), 'customers.csv': 'id\n1\n' })
  return folder.load({ settings }).campaign
}

const plain = campaignOf('body: "{}"')
const single = campaignOf('body: "{}"\nstatic_ips: true')
const batched = campaignOf('batch: { size: 10, root: "[]", customer: "{}" }\nstatic_ips: true')

describe('the budget of static IPs', () => {
  it.each([
    [5000, null, null],
    [5001, /^5,001 requests over static IPs, more than 5,000: /, null],
    [100_000, /more than 5,000: /, null],
    [100_001, /more than 100,000, which a run refuses without --yes: /, /^expected at most 100,000 .*, got 100,001: /],
  ])('of %d requests', (deliveries, warning, refusal) => {
    const [warned, refused] = [staticIpsWarning(single, deliveries)?.message, staticIpsRefusal(single, deliveries)]
    if (warning === null) expect(warned).toBeUndefined()
    else expect(warned).toMatch(warning)
    if (refusal === null) expect(refused).toBeNull()
    else expect(refused).toMatch(refusal)
    expect([staticIpsWarning(plain, deliveries), staticIpsRefusal(plain, deliveries)]).toEqual([null, null])
  })

  it('pauses a stream where another run would be refused', () => {
    const limit = (campaign: Campaign, rows: number | null, isAllowed?: boolean): unknown =>
      limitStream(rows === null ? null : { rows, state: 'interrupted' }, {
        campaign,
        overuse: isAllowed === undefined ? undefined : { isAllowed },
      })
    expect(limit(single, null)).toEqual({ rows: 100_000, state: 'paused' })
    expect(limit(single, 200_000)).toEqual({ rows: 100_000, state: 'paused' })
    expect(limit(single, 10)).toEqual({ rows: 10, state: 'interrupted' })
    expect(limit(batched, null)).toEqual({ rows: 1_000_000, state: 'paused' })
    expect(limit(single, null, true)).toBeNull()
    expect(limit(plain, null)).toBeNull()
  })
})
