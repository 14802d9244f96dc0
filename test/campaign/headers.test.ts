import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../src/campaign/campaign-file.ts'
import { campaignWith, createCampaignFolder } from '../support/campaign-folder.ts'

function problemsOf(headers: unknown, options: Partial<LoadOptions> & { more?: string } = {}): readonly string[] {
  const { more = '', ...rest } = options
  using folder = createCampaignFolder({
    'campaign.yaml': campaignWith({ webhook: `headers: ${JSON.stringify(headers)}\n${more}` }),
  })
  return folder.problems(rest).map((problem) => problem.replace(/^campaign.yaml:\d+:\d+ /, ''))
}

describe('a header', () => {
  it('is a template, or a secret whose value stays in the environment', () => {
    const headers = [
      { name: 'X-A', value: ' {{ customer.id }} ' },
      { name: 'X-B', value: 'b', type: 'public' },
      { name: 'X-C', value: 'key ${KEY}', type: 'secret' },
      { name: 'X-D', value: '$${KEY}' },
    ]
    using folder = createCampaignFolder({
      'campaign.yaml': campaignWith({ webhook: `headers: ${JSON.stringify(headers)}` }),
    })
    const { campaign } = folder.load({ env: { KEY: 'canary' } })
    expect(campaign.webhook.headers).toMatchObject([
      { name: 'X-A', kind: 'template', value: { text: '{{ customer.id }}', file: 'campaign.yaml', line: 5 } },
      { name: 'X-B', kind: 'template', value: { text: 'b', file: 'campaign.yaml', line: 5 } },
      { name: 'X-C', kind: 'secret', value: { text: 'key ${KEY}', file: 'campaign.yaml', line: 5 } },
      { name: 'X-D', kind: 'template', value: { text: '${KEY}', file: 'campaign.yaml', line: 5 } },
    ])
  })

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Expect',
    'Upgrade',
    'TE',
    'Trailer',
    'Proxy-Authorization',
    'HTTP2-Settings',
  ])('is refused when it belongs to the connection: %s', (name) => {
    expect(problemsOf([{ name, value: 'x' }])).toEqual([`header not allowed: ${name} belongs to the connection`])
  })

  it.each([
    ['Idempotency-Key', '', 'is set by hookcast to the request id: webhook.idempotency.header names the header'],
    [
      'idempotency-key',
      'idempotency: { header: X-Key }',
      'is set by hookcast to the request id: webhook.idempotency.header names the header',
    ],
    [
      'x-key',
      'idempotency: { header: X-Key }',
      'is set by hookcast to the request id: webhook.idempotency.header names the header',
    ],
    ['X-Hookcast-Run', '', 'is set by hookcast'],
    ['Accept-Encoding', '', 'is set by hookcast: answers are read as they come, uncompressed'],
  ])('is refused when hookcast sets it: %s', (name, more, reason) => {
    expect(problemsOf([{ name, value: 'x' }], { more })).toEqual([`header not allowed: ${name} ${reason}`])
  })

  it('is refused when it comes twice', () => {
    expect(
      problemsOf([
        { name: 'Content-Type', value: 'a/b' },
        { name: 'content-type', value: 'c/d' },
      ]),
    ).toEqual(['duplicate header: content-type, first at webhook.headers[0]'])
  })

  it.each([
    ['a\r\nX-Evil: 1', 'expected webhook.headers[0].value to hold no line break or control character, got one'],
    ['a\0', 'expected webhook.headers[0].value to hold no line break or control character, got one'],
    [
      'č€😀',
      'expected webhook.headers[0].value to be visible ASCII, got other characters: percent-encode them or move them to the body',
    ],
  ])('is refused when its written value cannot be sent: %j', (value, message) => {
    expect(problemsOf([{ name: 'X-A', value }])).toEqual([message])
  })

  it('may hold anything within its templates, and a tab', () => {
    expect(problemsOf([{ name: 'X-A', value: 'a\tb{{ "č" | urlencode }}{#\n#}' }])).toEqual([])
  })

  it('is refused when all together are too long or too many', () => {
    const long = Array.from({ length: 3 }, (_, index) => ({ name: `X-${index}`, value: 'x'.repeat(8000) }))
    expect(problemsOf(long)).toEqual(['expected webhook.headers to be at most 16 KiB, got 24021 bytes'])
    const many = Array.from({ length: 200 }, (_, index) => ({ name: `X-${index}`, value: 'x' }))
    expect(problemsOf(many)).toEqual([
      'expected webhook.headers to be a list of at most 100 headers, got a list of 200',
    ])
  })
})

describe('a secret header', () => {
  const place = 'webhook.headers[0].value'

  it.each([
    [
      { name: 'X-Sig', value: 'canary', type: 'secret' },
      `literal secret: ${place}, write { name: X-Sig, value: "\${X_SIG}", type: secret } and set that variable`,
    ],
    [
      { name: 'X-Api-Key', value: 'canary' },
      `literal secret: ${place}, write { name: X-Api-Key, value: "\${X_API_KEY}", type: secret } and set that variable (or state type: public)`,
    ],
    [
      { name: 'Authorization', value: 'Bearer canary' },
      `literal secret: ${place}, write { name: Authorization, value: "\${AUTHORIZATION}", type: secret } and set that variable`,
    ],
    [
      { name: 'Authorization', value: 'Bearer canary', type: 'public' },
      `literal secret: ${place}, write { name: Authorization, value: "\${AUTHORIZATION}", type: secret } and set that variable`,
    ],
  ])('is refused when it is literal: %j', (header, message) => {
    expect(problemsOf([header])).toEqual([message])
  })

  it.each([
    { name: 'X-Api-Key', value: 'not secret', type: 'public' },
    { name: 'X-Api-Key', value: '{{ customer.key }}' },
    { name: 'Authorization', value: 'Bearer {{ customer.token }}' },
  ])('is none when the writer decided so: %j', (header) => {
    expect(problemsOf([header])).toEqual([])
  })

  it.each([
    ['${KEY}', {}, `environment variable not set: KEY, for ${place}`],
    ['${KEY}', { KEY: 'canary\n' }, `expected ${place} to hold no line break or control character, got one`],
    [
      '${KEY}',
      { KEY: 'canarý' },
      `expected ${place} to be visible ASCII, got other characters: percent-encode them or move them to the body`,
    ],
    [
      '${KEY} ${',
      { KEY: 'canary' },
      `expected each \${ in ${place} to begin a \${NAME}, got something else: $\${ stands for the text itself`,
    ],
  ])('is refused when its variable does not fit, without showing it: %s with %j', (value, env, message) => {
    const problems = problemsOf([{ name: 'X-A', value, type: 'secret' }], { env })
    expect(problems).toEqual([message])
    expect(problems.join()).not.toContain('canar')
  })

  it('has a value that is never parsed as a template or searched again', () => {
    expect(
      problemsOf([{ name: 'X-A', value: '${KEY}', type: 'secret' }], { env: { KEY: '{{ 7 * 7 }} ${OTHER}' } }),
    ).toEqual([])
  })
})
