import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test } from './fixture.ts'

const POOLS = `
egress:
  static: { addresses: [127.0.0.2, 127.0.0.3] }
  office: { proxy: "http://out:\${PROXY_PASSWORD}@proxy.test:3128", concurrency: 20 }
`

function rows(count: number): string {
  return `id,name\n${Array.from({ length: count }, (_, i) => `c-${i},n\n`).join('')}`
}

describe('hookcast egress', () => {
  test('lists what an integrator has to allow, and never a password', async ({ desk }) => {
    desk.write('hookcast.yaml', POOLS)
    const { code, stdout } = await desk.hookcast(['egress'], { env: { PROXY_PASSWORD: 'canary' } })
    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'static  127.0.0.2',
      '        127.0.0.3',
      'office  the addresses that http://proxy.test:3128 (proxy) calls from: ask whoever runs it',
      '',
    ])
    const { stdout: json } = await desk.hookcast(['egress', '--json'], { env: { PROXY_PASSWORD: 'canary' } })
    expect(JSON.parse(json)).toEqual({
      pools: [
        { name: 'static', addresses: ['127.0.0.2', '127.0.0.3'], proxy: null },
        { name: 'office', addresses: [], proxy: 'http://proxy.test:3128' },
      ],
    })
    const { stdout: unset } = await desk.hookcast(['egress'])
    expect(unset + stdout + json).not.toMatch(/canary|PROXY_PASSWORD|out:/)
  })

  test('says when there is nothing to allow', async ({ desk }) => {
    const { code, stdout, stderr } = await desk.hookcast(['egress'])
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(/^No egress pool: hookcast\.yaml has no `egress`\. Requests come from whatever address/)
    expect(JSON.parse((await desk.hookcast(['egress', '--json'])).stdout)).toEqual({ pools: [] })
  })
})

describe('a campaign with static_ips', () => {
  test('is refused before anything is sent when its addresses are not of this machine', async ({ desk }) => {
    desk.write('hookcast.yaml', '\negress:\n  static: { addresses: [127.0.0.2, 192.0.2.7, "2001:db8::7"] }\n')
    desk.writeCampaign({ webhook: 'static_ips: true' })
    for (const verb of ['validate', 'run']) {
      const { code, stderr } = await desk.hookcast([verb, 'campaign.yaml'])
      expect(code).toBe(2)
      expect(stderr).toMatch(
        /hookcast\.yaml:3 expected egress\.static\.addresses to be addresses of this machine, got 192\.0\.2\.7: it has [^\n]*127\.0\.0\.1/,
      )
      expect(stderr).toContain('got 2001:db8::7: it has')
    }
    expect(desk.receiver.count).toBe(0)
  })

  test('is refused when its pool has no address that could reach the receiver', async ({ desk }) => {
    desk.write('hookcast.yaml', 'egress: { six: { addresses: ["::1"] } }')
    desk.writeCampaign({ webhook: 'static_ips: six' })
    const { code, stderr } = await desk.hookcast(['run', 'campaign.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain(
      'expected egress.six.addresses to hold an IPv4 address, as webhook.url is at 127.0.0.1, got none',
    )
  })

  test('is warned of more than 5,000 requests, everywhere', async ({ openDesk }) => {
    const desk = await openDesk({ isForgetful: true })
    desk.write('hookcast.yaml', POOLS)
    desk.write('customers.csv', rows(5001))
    desk.writeCampaign({ webhook: 'static_ips: true' })
    const advice =
      /5,001 requests over static IPs, more than 5,000: .*send batches \(webhook\.batch\), or let https and credentials/
    expect((await desk.hookcast(['validate', 'campaign.yaml'])).stdout).toMatch(advice)
    const { code, stderr, object } = await desk.json(['run', 'campaign.yaml'])
    expect(code).toBe(0)
    expect(stderr).toMatch(advice)
    expect(object.warnings).toEqual([
      { code: 'static_ips_overuse', message: expect.stringMatching(advice) as string, count: 1 },
    ])
    desk.write('customers.csv', rows(5000))
    expect((await desk.hookcast(['validate', 'campaign.yaml'])).stdout).not.toContain('static IPs')
  })

  test('with more than 100,000 requests is refused, unless somebody says yes', async ({ openDesk }) => {
    const desk = await openDesk({ isForgetful: true })
    desk.write('hookcast.yaml', POOLS)
    desk.write('customers.csv', rows(100_001))
    desk.writeCampaign({ webhook: 'static_ips: true' })
    const refused = await desk.hookcast(['run', 'campaign.yaml'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(
      'expected at most 100,000 requests over static IPs (webhook.static_ips), got 100,001: send batches',
    )
    expect(refused.stderr).toContain('(HOOKCAST_STATIC_IPS)')
    expect(desk.receiver.connections).toBe(0)
    expect(readdirSync(join(desk.folder, '.hookcast/runs'))).toEqual([])
    expect((await desk.hookcast(['validate', 'campaign.yaml'])).stdout).toMatch(
      /100,001 requests over static IPs, more than 100,000, which a run refuses without --yes/,
    )

    const agreed = await desk.json(['run', 'campaign.yaml', '--yes', '--limit', '3'])
    expect(agreed.code).toBe(130)
    expect(desk.receiver.count).toBe(3)
    expect(agreed.object.warnings).toMatchObject([{ code: 'static_ips_overuse' }])
  })

  test('shares the ceiling of its pool with the runs of other processes', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ delayMs: 10 }) })
    desk.write('hookcast.yaml', 'egress: { static: { addresses: [127.0.0.2, 127.0.0.3], concurrency: 3 } }')
    desk.write('customers.csv', rows(100))
    desk.writeCampaign({ webhook: 'static_ips: true' })
    const runs = ['run', 'run', 'run'].map((verb) => desk.start([verb, 'campaign.yaml', '--quiet']).ended)
    const ends = await Promise.all(runs)

    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(ends.map(() => [0, '']))
    expect(desk.receiver.count).toBe(300)
    expect(desk.receiver.maxInFlight).toBe(3)
  })

  test('that goes through a proxy shows its credentials nowhere', async ({ desk }) => {
    desk.write('hookcast.yaml', 'egress: { static: { proxy: "http://out:${PROXY_PASSWORD}@127.0.0.1:9" } }')
    desk.writeCampaign({ webhook: 'static_ips: true\nabort: { connection: 1s }' })
    const env = { PROXY_PASSWORD: 'canary' }
    const shown = await desk.hookcast(['preview', 'campaign.yaml'], { env })
    const tested = await desk.hookcast(['test', 'campaign.yaml'], { env })
    expect(tested.stdout + tested.stderr).toContain('Egress proxy cannot be reached (ECONNREFUSED)')
    const unset = await desk.hookcast(['run', 'campaign.yaml'])
    expect(unset.code).toBe(2)
    expect(unset.stderr).toContain(
      'environment variable not set: PROXY_PASSWORD, for egress.static.proxy in hookcast.yaml',
    )
    const said = [shown, tested, unset].map(({ stdout, stderr }) => stdout + stderr).join('\n')
    expect(said).not.toContain('canary')
    expect(said).not.toContain(Buffer.from('out:canary').toString('base64'))
  })
})
