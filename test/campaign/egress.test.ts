import { describe, expect, it } from 'vitest'
import { describeEgressProxy, readEgressProxy } from '../../src/campaign/egress-proxy.ts'
import type { Settings } from '../../src/campaign/settings.ts'
import { campaignWith, createCampaignFolder, plainSettings } from '../support/campaign-folder.ts'

const settings: Settings = {
  ...plainSettings,
  file: 'hookcast.yaml',
  egress: {
    static: { name: 'static', kind: 'addresses', addresses: ['127.0.0.2'], concurrency: 200, line: 2 },
    office: {
      name: 'office',
      kind: 'proxy',
      proxy: { text: 'http://out:${PROXY_PASSWORD}@proxy.test:3128', file: 'hookcast.yaml', line: 4 },
      concurrency: 10,
      line: 3,
    },
  },
}

function egressOf(written: string, env: Readonly<Record<string, string>> = {}): unknown {
  const yaml = campaignWith({ webhook: `body: "{}"\nstatic_ips: ${written}` })
  using folder = createCampaignFolder({ 'campaign.yaml': yaml, 'customers.csv': 'id\n1\n' })
  const problems = folder.problems({ settings, env })
  return problems.length > 0 ? problems : folder.load({ settings, env }).campaign.webhook.egress
}

describe('static_ips', () => {
  it('is a pool of hookcast.yaml: the one called static, or the one that is named', () => {
    expect(egressOf('false')).toBeNull()
    expect(egressOf('true')).toBe(settings.egress['static'])
    expect(egressOf('static')).toBe(settings.egress['static'])
    expect(egressOf('office', { PROXY_PASSWORD: 'p@ss' })).toBe(settings.egress['office'])
  })

  it.each([
    ['statik', 'unknown egress pool: "statik", did you mean static?'],
    ['elsewhere', 'unknown egress pool: "elsewhere", hookcast.yaml has static, office'],
    ['toString', 'unknown egress pool: "toString", hookcast.yaml has static, office'],
    ['office', 'environment variable not set: PROXY_PASSWORD, for egress.office.proxy in hookcast.yaml'],
    ['3', 'expected webhook.static_ips to be true, false or the name of an egress pool in hookcast.yaml, got 3'],
  ])('says what is wrong with %s', (written, message) => {
    expect(egressOf(written)).toEqual([`campaign.yaml:6:3 ${message}`])
  })

  it('finds a proxy that its variables make unusable', () => {
    expect(egressOf('office', { PROXY_PASSWORD: 'canary\n' })).toEqual([
      'campaign.yaml:6:3 expected egress.office.proxy in hookcast.yaml to hold no control character, got one',
    ])
  })
})

describe('an egress proxy', () => {
  const values: Record<string, string> = {
    U: 'us er',
    PW: 'p@s/s%41:?#é',
    HOST: 'proxy.test',
    WHOLE: 'https://a:b%40c@p:8443',
  }
  const valueOf = (name: string): string => values[name] ?? ''

  it.each([
    ['http://proxy:3128', 'http://proxy:3128', null],
    ['http://${HOST}', 'http://proxy.test', null],
    ['https://${U}:${PW}@proxy:3128', 'https://proxy:3128', { username: 'us er', password: 'p@s/s%41:?#é' }],
    ['http://http:${PW}@http:1', 'http://http:1', { username: 'http', password: 'p@s/s%41:?#é' }],
    ['http://out@proxy', 'http://proxy', { username: 'out', password: '' }],
    ['${WHOLE}', 'https://p:8443', { username: 'a', password: 'b@c' }],
    ['http://out:${PW}@[::1]:3128', 'http://[::1]:3128', { username: 'out', password: 'p@s/s%41:?#é' }],
  ])('is taken apart: %s', (text, origin, credentials) => {
    expect(readEgressProxy(text, valueOf)).toEqual({ origin, credentials })
  })

  it.each([
    ['proxy:3128', 'begin with http:// or https://, got proxy://'],
    ['', 'be a URL such as "http://proxy:3128", got something else'],
    ['ftp://proxy', 'begin with http:// or https://, got ftp://'],
    ['http://proxy/?a', 'end after the port, got more'],
    ['http://${PW}:x@proxy', 'have no colon in its user name (RFC 7617), got one'],
  ])('is refused without a value: %s', (text, words) => {
    expect(readEgressProxy(text, valueOf)).toBe(words)
  })

  it('is shown without its credentials, whether its variables are set or not', () => {
    expect(describeEgressProxy('http://out:${PW}@${HOST}:3128', values)).toBe('http://proxy.test:3128')
    expect(describeEgressProxy('http://out:${PW}@${NOWHERE}:3128', values)).toBe('http://${NOWHERE}:3128')
    expect(describeEgressProxy('${NOWHERE}', values)).toBe('${NOWHERE}')
  })
})
