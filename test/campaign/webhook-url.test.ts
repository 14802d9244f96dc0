import { describe, expect, it } from 'vitest'
import type { Campaign } from '../../src/campaign/campaign.ts'
import type { LoadOptions } from '../../src/campaign/campaign-file.ts'
import { campaignWith, createCampaignFolder } from '../support/campaign-folder.ts'

function urlProblems(
  url: string,
  { more = '', ...options }: Partial<LoadOptions> & { more?: string } = {},
): readonly string[] {
  using folder = createCampaignFolder({
    'campaign.yaml': campaignWith({ webhook: `url: ${JSON.stringify(url)}\n${more}` }),
  })
  return folder.problems(options).map((problem) => problem.replace(/^campaign.yaml:5:3 /, ''))
}

function load(url: string, { more = '', ...options }: Partial<LoadOptions> & { more?: string } = {}): Campaign {
  using folder = createCampaignFolder({
    'campaign.yaml': campaignWith({ webhook: `url: ${JSON.stringify(url)}\n${more}` }),
  })
  return folder.load(options).campaign
}

describe('the URL of a webhook', () => {
  it.each([
    ['https://api.example.com', 'https://api.example.com', '/'],
    ['https://API.example.com:443/v1', 'https://api.example.com', '/v1'],
    ['https://api.example.com?a=1', 'https://api.example.com', '/?a=1'],
    [
      'https://api.example.com:8443/v1/{{ customer.id }}?q={{ "a/b?c#d}}" }}',
      'https://api.example.com:8443',
      '/v1/{{ customer.id }}?q={{ "a/b?c#d}}" }}',
    ],
    [
      'https://api.example.com/{# 1 #}{% if a %}x{% endif %}',
      'https://api.example.com',
      '/{# 1 #}{% if a %}x{% endif %}',
    ],
    ["https://api.example.com/{{ '}}' }}/b", 'https://api.example.com', "/{{ '}}' }}/b"],
    [
      'https://api.example.com/přání/{{ "ř" }}/%20"<',
      'https://api.example.com',
      '/p%C5%99%C3%A1n%C3%AD/{{ "ř" }}/%20%22%3C',
    ],
    ['https://bücher.example/a', 'https://xn--bcher-kva.example', '/a'],
    ['http://[::1]:8080/a', 'http://[::1]:8080', '/a'],
    ['https://api.example.com/$${NAME}/$5', 'https://api.example.com', '/$%7BNAME%7D/$5'],
    ['https://api.example.com/{{ unclosed', 'https://api.example.com', '/{{ unclosed'],
  ])('is taken apart: %s', (url, origin, path) => {
    expect(load(url).webhook).toMatchObject({ origin, path: { text: path } })
  })

  const userInfo =
    'expected webhook.url to hold no user name or password, got some: they go under webhook.auth, as { type: basic, username, password }'
  const control =
    'expected webhook.url to hold no space, control character or backslash, got one: write it percent-encoded'
  it.each([
    ['https://user:hunter2canary@api.example.com/', userInfo],
    ['https://user@api.example.com/', userInfo],
    ['ftp://api.example.com/', 'expected webhook.url to begin with https://, got "ftp://api.example.com"'],
    ['file:///etc/passwd', 'expected webhook.url to be a URL with a host, got "file://"'],
    ['javascript:alert(1)', 'expected webhook.url to begin with https://, got "javascript:alert(1)"'],
    ['http+unix://%2Frun%2Fa.sock/', 'expected webhook.url to begin with https://, got "http+unix://%2Frun%2Fa.sock"'],
    ['//evil.example/a?token=canary', 'expected webhook.url to begin with https://, got "//evil.example/a?…"'],
    ['api.example.com/v1', 'expected webhook.url to begin with https://, got "api.example.com/v1"'],
    ['https:api.example.com', 'expected webhook.url to begin with https://, got "https:api.example.com"'],
    ['https://', 'expected webhook.url to be a URL with a host, got "https://"'],
    ['https:///a', 'expected webhook.url to be a URL with a host, got "https://"'],
    ['https://a b/', control],
    ['https://api.example.com/a b', control],
    ['https://api.example.com/a\tb', control],
    ['https://api.example.com/a\r\nX-Evil: 1', control],
    ['https://api.example.com/a\0b', control],
    ['https:\\\\api.example.com', control],
    ['https://[::1', 'expected webhook.url to be a URL with a host, got "https://[::1"'],
    [
      'https://api.example.com:65536/',
      'expected webhook.url to be a URL with a host, got "https://api.example.com:65536"',
    ],
    ['https://api.example.com:0/', 'expected webhook.url to name a port of an HTTP server, got 0'],
    ['https://api.example.com:25/', 'expected webhook.url to name a port of an HTTP server, got 25'],
    ['https://api.example.com:6379/', 'expected webhook.url to name a port of an HTTP server, got 6379'],
    ['https://api.example.com/a#b', 'expected webhook.url to hold no fragment, got one: # is written %23'],
    ['https://api.example.com/a/../b', 'expected webhook.url to hold no . or .. segment, got one'],
    ['https://api.example.com/a/%2E%2e/b', 'expected webhook.url to hold no . or .. segment, got one'],
    [
      'https://{{ customer.host }}/a',
      'expected scheme, host and port of webhook.url to be constant, got a template there: templates are for path and query',
    ],
    [
      '{{ params.url }}/a',
      'expected scheme, host and port of webhook.url to be constant, got a template there: templates are for path and query',
    ],
    [
      'https://api.example.com:{{ port }}/a',
      'expected scheme, host and port of webhook.url to be constant, got a template there: templates are for path and query',
    ],
    [
      'https://api.example.com/${TOKEN}',
      '${TOKEN} is not allowed in path and query of webhook.url: use a header of type secret, or params',
    ],
    [
      'https://api.example.com/?t=${TOKEN}',
      '${TOKEN} is not allowed in path and query of webhook.url: use a header of type secret, or params',
    ],
    [
      'https://${MY-HOST}/a',
      'expected each ${ in webhook.url to begin a ${NAME}, got something else: $${ stands for the text itself',
    ],
    [
      `https://api.example.com/${'a'.repeat(9000)}`,
      'expected webhook.url to be a URL such as "https://sms.example.com/v1/messages" (at most 8192 characters), got a text',
    ],
    ['', 'expected webhook.url to be a URL such as "https://sms.example.com/v1/messages", got a text'],
  ])('is refused: %j', (url, message) => {
    expect(urlProblems(url, { env: { TOKEN: 'x' } })).toEqual([message])
  })

  it('keeps what is wrong with the settings of its scheme and port to one message each', () => {
    expect(urlProblems('http://api.example.com:22/')).toEqual([
      'expected webhook.url to name a port of an HTTP server, got 22',
    ])
  })
})

describe('plain http', () => {
  it.each([
    'http://127.0.0.1:8080/',
    'http://127.1.2.3/',
    'http://localhost/',
    'http://api.localhost:1/',
    'http://[::1]/',
  ])('is allowed to loopback: %s', (url) => {
    const { webhook, warnings } = load(url)
    expect(webhook.isLoopbackLiteral).toBe(true)
    expect(warnings).toEqual([])
  })

  it.each([
    'http://api.example.com/',
    'http://10.0.0.1/',
    'http://127.0.0.1.example.com/',
    'http://localhost.example/',
  ])('is refused elsewhere: %s', (url) => {
    const shown = JSON.stringify(url.slice(0, -1))
    expect(urlProblems(url)).toEqual([
      `expected webhook.url to begin with https://, got ${shown}: plain http needs insecure_http: true`,
    ])
  })

  it('is allowed elsewhere when the file says so, with a warning', () => {
    const { webhook, warnings } = load('http://api.example.com/', { more: 'insecure_http: true' })
    expect(webhook).toMatchObject({ isInsecureHttpAllowed: true, isLoopbackLiteral: false })
    expect(warnings).toEqual([
      {
        code: 'insecure_http',
        message: 'plain http to http://api.example.com: requests, credentials included, cross the network readable',
        count: 1,
      },
    ])
  })
})

describe('an origin from the environment', () => {
  it.each([
    [
      '${SMS_URL}/v1',
      { SMS_URL: 'https://sms.example.com:8443' },
      { origin: 'https://sms.example.com:8443', isLoopbackLiteral: false },
    ],
    [
      '${SMS_URL}/v1',
      { SMS_URL: 'https://sms.example.com/' },
      { origin: 'https://sms.example.com', isLoopbackLiteral: false },
    ],
    [
      '${SCHEME}://${HOST}:${PORT}/v1',
      { SCHEME: 'https', HOST: 'sms.example.com', PORT: '8443' },
      { origin: 'https://sms.example.com:8443', isLoopbackLiteral: false },
    ],
    ['http://127.0.0.1:${PORT}/v1', { PORT: '8080' }, { origin: 'http://127.0.0.1:8080', isLoopbackLiteral: true }],
    // Only what the file itself says opens the guard: a variable may hold anything.
    [
      '${SMS_URL}/v1',
      { SMS_URL: 'http://127.0.0.1:8080' },
      { origin: 'http://127.0.0.1:8080', isLoopbackLiteral: false },
    ],
    ['http://${HOST}/v1', { HOST: '127.0.0.1' }, { origin: 'http://127.0.0.1', isLoopbackLiteral: false }],
  ])('is put in: %s', (url, env, expected) => {
    expect(load(url, { env }).webhook).toMatchObject({ ...expected, path: { text: '/v1' } })
  })

  it('is no loopback as soon as a variable has a say in the host', () => {
    const isLiteral = (url: string, A: string): boolean => load(url, { env: { A } }).webhook.isLoopbackLiteral
    expect(isLiteral('https://localhost${A}/', '.evil.example')).toBe(false)
    expect(isLiteral('https://${A}.localhost/', 'a')).toBe(false)
  })

  it('shows no user name or password that stands beside a variable that is missing', () => {
    expect(urlProblems('https://user:canary@${HOST}/')).toEqual([
      'expected webhook.url to hold no user name or password, got some: they go under webhook.auth, as { type: basic, username, password }',
    ])
  })

  const userInfo = /^expected webhook.url to hold no user name or password/
  it.each([
    ['${A}/v1', {}, /^environment variable not set: A, for webhook.url$/],
    ['${A}/v1', { A: '' }, /^environment variable not set: A, for webhook.url$/],
    ['${A}/v1', { A: 'https://user:canary@sms.example.com' }, userInfo],
    ['http://127.0.0.1:${A}/', { A: '80@canary.example' }, userInfo],
    [
      '${A}/v1',
      { A: 'https://sms.example.com/canary' },
      /^expected the variable in "\$\{A\}" to hold scheme, host and port only, got more$/,
    ],
    ['${A}/v1', { A: 'https://sms.example.com?canary' }, /hold scheme, host and port only, got more$/],
    ['${A}/v1', { A: 'https://sms.example.com#canary' }, /hold scheme, host and port only, got more$/],
    ['${A}/v1', { A: 'sms.canary.example' }, /^expected webhook.url to be a URL with a host, got "\$\{A\}"$/],
    ['${A}/v1', { A: 'ftp://sms.canary.example' }, /^expected webhook.url to begin with https:\/\/, got "\$\{A\}"$/],
    [
      '${A}/v1',
      { A: 'http://sms.canary.example' },
      /^expected webhook.url to begin with https:\/\/, got "\$\{A\}": plain http needs insecure_http: true$/,
    ],
    [
      '${A}/v1',
      { A: 'https://sms.canary.example\n' },
      /^expected "\$\{A\}" to hold no space, control character or backslash, got one$/,
    ],
    [
      '${HOOKCAST_ADMIN_TOKEN}/v1',
      { HOOKCAST_ADMIN_TOKEN: 'canary' },
      /^environment variable not readable: HOOKCAST_ADMIN_TOKEN, for webhook.url/,
    ],
  ])('is refused without showing it: %s from %j', (url, env, message) => {
    const problems = urlProblems(url, { env })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
    expect(problems[0]).not.toContain('canary')
  })
})

describe('a warning', () => {
  it.each([
    'https://a.example/{{ customer.id }}',
    'https://a.example/{% if a %}x{% endif %}?a=1',
    'https://a.example/v1/{{ a }}?b={{ c }}',
  ])('is given for a template in the path: %s', (url) => {
    expect(load(url).warnings).toEqual([
      {
        code: 'url_path_template',
        message:
          'webhook.url has a template in its path: a 404 for one customer stops everyone (answers: { 404: failed } changes that)',
        count: 1,
      },
    ])
  })

  it.each([
    ['failed', 0],
    ['sent', 0],
    ['webhook', 1],
    ['chunk', 1],
  ])('is given for a template in the path as long as a 404 stops more than one customer: %s', (meaning, count) => {
    const more = `answers: { 404: ${meaning} }`
    expect(load('https://a.example/{{ customer.id }}', { more }).warnings).toHaveLength(count)
  })

  it('is not given for a template in the query', () => {
    expect(load('https://a.example/v1?id={{ customer.id }}').warnings).toEqual([])
  })

  it('shows a host that is not ASCII as it goes over the wire', () => {
    expect(load('https://xn--bcher-kva.example/').warnings).toEqual([
      {
        code: 'url_host_idn',
        message: 'the host of webhook.url is not ASCII, and goes over the wire as xn--bcher-kva.example',
        count: 1,
      },
    ])
  })
})
