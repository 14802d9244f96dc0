import { describe, expect, it } from 'vitest'
import type { Auth, SecretText } from '../../src/campaign/campaign.ts'
import type { LoadOptions } from '../../src/campaign/campaign-file.ts'
import type { Settings } from '../../src/campaign/settings.ts'
import { campaignWith, createCampaignFolder, plainSettings } from '../support/campaign-folder.ts'

function problemsOf(webhook: string, options?: Partial<LoadOptions>): readonly string[] {
  using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook }) })
  return folder.problems(options)
}

function authOf(webhook: string, options?: Partial<LoadOptions>): Auth | null {
  using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook }) })
  return folder.load(options).campaign.webhook.auth
}

const basic = 'auth: { type: basic, username: acme, password: "${SMS_PASSWORD}" }'
const bearer = 'auth: { type: bearer, token: "${TOKEN}" }'

describe('credentials written in a campaign', () => {
  it('keep the name of the variable, and are bound to the origin of the URL', () => {
    expect(authOf(basic, { env: { SMS_PASSWORD: 'canary' } })).toEqual({
      type: 'basic',
      urlPrefix: 'https://api.example.com',
      username: { text: 'acme', file: 'campaign.yaml', line: 5 },
      password: { text: '${SMS_PASSWORD}', file: 'campaign.yaml', line: 5 },
    })
    expect(authOf(bearer, { env: { TOKEN: 'canary' } })).toMatchObject({ type: 'bearer', token: { text: '${TOKEN}' } })
  })

  it.each([
    [
      'auth: { type: basic, username: acme, password: canary }',
      '5:40 literal secret: webhook.auth.password, write password: "${SPRING_PASSWORD}" and set that variable',
    ],
    [
      'auth: { type: bearer, token: canary }',
      '5:25 literal secret: webhook.auth.token, write token: "${SPRING_TOKEN}" and set that variable',
    ],
    [
      'auth: { type: basic, username: acme, password: "$${canary}" }',
      '5:40 literal secret: webhook.auth.password, write password: "${SPRING_PASSWORD}" and set that variable',
    ],
  ])('are refused when they are literal, with the line to write: %s', (webhook, message) => {
    expect(problemsOf(webhook)).toEqual([`campaign.yaml:${message}`])
  })

  it('may have an empty password and a literal user name', () => {
    expect(problemsOf('auth: { type: basic, username: "${KEY}", password: "" }', { env: { KEY: 'k' } })).toEqual([])
    expect(problemsOf(basic, { env: { SMS_PASSWORD: 'p:ä "\\' } })).toEqual([])
  })

  const password = 'webhook.auth.password'
  it.each([
    [basic, {}, `5:40 environment variable not set: SMS_PASSWORD, for ${password}`],
    [basic, { SMS_PASSWORD: '' }, `5:40 environment variable not set: SMS_PASSWORD, for ${password}`],
    [
      basic,
      { SMS_PASSWORD: 'canary\n' },
      `5:40 expected ${password} to hold no line break, got one at its end: see SMS_PASSWORD`,
    ],
    [
      basic,
      { SMS_PASSWORD: 'can\u0007ary' },
      `5:40 expected ${password} to hold no control character, got one: see SMS_PASSWORD`,
    ],
    [
      bearer,
      { TOKEN: 'canary\r\n' },
      '5:25 expected webhook.auth.token to hold no line break, got one at its end: see TOKEN',
    ],
    [
      bearer,
      { TOKEN: 'can ary' },
      '5:25 expected webhook.auth.token to be visible ASCII without spaces, got something else: see TOKEN',
    ],
    [
      'auth: { type: basic, username: "a:canary", password: "" }',
      {},
      '5:24 expected webhook.auth.username to hold no colon (RFC 7617), got one',
    ],
    [
      'auth: { type: basic, username: "${U}", password: "" }',
      { U: 'a:canary' },
      '5:24 expected webhook.auth.username to hold no colon (RFC 7617), got one: see U',
    ],
    [
      'auth: { type: bearer, token: "" }',
      {},
      '5:25 expected webhook.auth.token to be visible ASCII without spaces, got something else',
    ],
    [
      'auth: { type: bearer, token: "${TOKEN} ${" }',
      { TOKEN: 'canary' },
      '5:25 expected each ${ in webhook.auth.token to begin a ${NAME}, got something else: $${ stands for the text itself',
    ],
    [
      'auth: { type: bearer, token: "${HOOKCAST_ADMIN_TOKEN}" }',
      { HOOKCAST_ADMIN_TOKEN: 'canary' },
      "5:25 environment variable not readable: HOOKCAST_ADMIN_TOKEN, for webhook.auth.token (names with HOOKCAST_ are the program's own)",
    ],
  ])('are refused when the variable does not fit, without showing it: %s with %j', (webhook, env, message) => {
    const problems = problemsOf(webhook, { env })
    expect(problems).toContain(`campaign.yaml:${message}`)
    expect(problems.join()).not.toContain('canary')
  })

  it('read only listed variables under a service', () => {
    const env = { SMS_PASSWORD: 'p' }
    expect(problemsOf(basic, { env, isService: true })).toEqual([
      `campaign.yaml:5:40 environment variable not readable: SMS_PASSWORD, for ${password} (list it under env: in hookcast.yaml, and restart the service if one runs)`,
    ])
    expect(problemsOf(basic, { env, isService: true, settings: { ...plainSettings, env: ['SMS_PASSWORD'] } })).toEqual(
      [],
    )
  })

  it('suggest a variable that a campaign may read', () => {
    const text =
      'name: "hookcast 2 – Přání"\naudience: a.csv\nwebhook: { url: "https://a.example/", auth: { type: bearer, token: x } }'
    using folder = createCampaignFolder({ 'campaign.yaml': text })
    expect(folder.problems()).toEqual([
      'campaign.yaml:3:61 literal secret: webhook.auth.token, write token: "${P_N_TOKEN}" and set that variable',
    ])
  })
})

const at = (text: string): SecretText => ({ text, file: 'hookcast.yaml', line: 3 })

describe('credentials named in hookcast.yaml', () => {
  const settings: Settings = {
    ...plainSettings,
    auth: {
      sms: {
        type: 'basic',
        urlPrefix: 'https://api.example.com/v1',
        username: at('acme'),
        password: at('${SMS_PASSWORD}'),
      },
    },
  }
  const env = { SMS_PASSWORD: 'canary' }

  it('are taken as they are, under a service too', () => {
    expect(authOf('auth: sms', { settings, env })).toEqual(settings.auth['sms'])
    expect(problemsOf('auth: sms', { settings, env, isService: true })).toEqual([])
  })

  it('are checked when they are used', () => {
    expect(problemsOf('auth: sms', { settings, env: {} })).toEqual([
      'campaign.yaml:5:3 environment variable not set: SMS_PASSWORD, for auth.sms.password in hookcast.yaml',
    ])
  })

  it.each(['smss', 'canary', 'toString'])(
    'are refused when there are none of the name, without showing it: %s',
    (name) => {
      expect(problemsOf(`auth: ${name}`, { settings, env })).toEqual([
        'campaign.yaml:5:3 unknown credentials: webhook.auth, hookcast.yaml has sms',
      ])
      expect(problemsOf(`auth: ${name}`)).toEqual([
        'campaign.yaml:5:3 unknown credentials: webhook.auth, hookcast.yaml has no auth',
      ])
    },
  )

  it.each([
    ['https://api.example.com/v1', null],
    ['https://api.example.com/v1/{{ customer.id }}?a={{ b }}', null],
    ['https://api.example.com/v2/send', 'https://api.example.com/v2/send'],
    ['https://api.example.com/v10?token=1', 'https://api.example.com/v10'],
    ['https://api.example.com/{{ customer.region }}/v1', 'https://api.example.com/…/v1'],
    ['https://other.example.com/v1', 'https://other.example.com/v1'],
  ])('are refused for a URL that is not at or below their prefix: %s', (url, got) => {
    const message = `campaign.yaml:6:3 expected webhook.url to be at or below https://api.example.com/v1, to which auth sms is bound, got ${got}`
    expect(problemsOf(`url: "${url}"\nauth: sms`, { settings, env })).toEqual(got === null ? [] : [message])
  })
})
