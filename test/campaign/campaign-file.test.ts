import { describe, expect, it } from 'vitest'
import type { Campaign } from '../../src/campaign/campaign.ts'
import type { LoadOptions } from '../../src/campaign/campaign-file.ts'
import { campaignWith, createCampaignFolder, plainSettings } from '../support/campaign-folder.ts'

function problemsOf(text: string, options?: Partial<LoadOptions>): readonly string[] {
  using folder = createCampaignFolder({ 'campaign.yaml': text, 'sms.json.j2': '{}' })
  return folder.problems(options)
}

function load(text: string, options?: Partial<LoadOptions>): Campaign {
  using folder = createCampaignFolder({ 'campaign.yaml': text, 'sms.json.j2': '{"to": "{{ customer.phone }}"}' })
  return folder.load(options).campaign
}

describe('a campaign file', () => {
  it('gets every default of the format', () => {
    const campaign = load(campaignWith({}))
    expect(campaign).toMatchObject({
      name: 'spring',
      file: 'campaign.yaml',
      audience: { format: 'csv', isGzip: false, delimiter: 'auto', encoding: 'utf-8' },
      columns: {},
      customerId: null,
      isUnique: false,
      consentColumn: null,
      excludeFiles: [],
      chunkSize: null,
      timezone: 'UTC',
      maxCustomers: null,
      params: {},
      project: {},
      isLegacyLoopScope: false,
      retainDays: 90,
      warnings: [],
    })
    expect(campaign.webhook).toEqual({
      origin: 'https://api.example.com',
      isLoopbackLiteral: false,
      path: { text: '/v1/send', file: 'campaign.yaml', line: 4, places: [{ offset: 0, line: 4, column: 31 }] },
      method: 'POST',
      payload: 'json',
      jsonEscape: 'auto',
      body: null,
      batch: null,
      headers: [],
      auth: null,
      responseHandling: 'json',
      response: { success: '/success', code: '/errors/0/code', message: '/errors/0/description' },
      answers: {},
      eventProperties: {},
      concurrency: 200,
      perSecond: null,
      throughput: null,
      timeoutMs: 10_000,
      retry: { delaysMs: [7000, 45_000, 300_000], jitter: 0.1, onTimeout: true, conflict: 'accepted' },
      idempotency: { header: 'Idempotency-Key', lifetimeMs: 86_400_000 },
      abort: {
        clientError: 1,
        exhausted: { least: 10, share: 0.2, of: 100 },
        connectionMs: 300_000,
        render: { inARow: 50, share: 0.5, of: 1000 },
        chunks: 3,
      },
      isInsecureHttpAllowed: false,
      egress: null,
      ca: null,
    })
  })

  it('may state each value', () => {
    const campaign = load(
      campaignWith({
        webhook: [
          'url: https://api.example.com/v1/send?c={{ customer.id }}',
          'method: PUT',
          'payload: text',
          'json_escape: off',
          'body: { file: sms.json.j2 }',
          'response_handling: discard',
          'response: { success: /ok }',
          'answers: { 404: failed, 409: sent }',
          'event_properties: { channel: sms }',
          'concurrency: 1',
          'rate: 90/m',
          'timeout: 300ms',
          'retry: { delays: [], jitter: 0, on_timeout: false, conflict: failed }',
          'idempotency: { header: X-Request-Id, lifetime: 7d }',
          'abort: { client_error: never, exhausted: { share: 0.5 }, connection: never, render: never, chunks: 1 }',
        ].join('\n'),
        top: [
          'version: 1',
          'columns: { points: int, tags: json }',
          'customer_id: registered',
          'unique: true',
          'consent: { column: newsletter }',
          'trigger: now',
          'chunk_size: 1000',
          'timezone: Europe/Prague',
          'max_customers: 5000',
          'params: { shop: Acme, tiers: [1, 2] }',
          'legacy_loop_scope: true',
          'retain: 36h',
        ].join('\n'),
      }),
    )
    expect(campaign).toMatchObject({
      columns: { points: 'int', tags: 'json' },
      customerId: 'registered',
      isUnique: true,
      consentColumn: 'newsletter',
      chunkSize: 1000,
      timezone: 'Europe/Prague',
      maxCustomers: 5000,
      params: { shop: 'Acme', tiers: [1, 2] },
      isLegacyLoopScope: true,
      retainDays: 1.5,
      warnings: [],
    })
    expect(campaign.webhook).toMatchObject({
      method: 'PUT',
      payload: 'text',
      jsonEscape: 'off',
      body: { text: '{"to": "{{ customer.phone }}"}', file: 'sms.json.j2', line: 1 },
      responseHandling: 'discard',
      response: { success: '/ok', code: '/errors/0/code', message: '/errors/0/description' },
      answers: { 404: 'failed', 409: 'sent' },
      eventProperties: { channel: { text: 'sms' } },
      concurrency: 1,
      perSecond: 1.5,
      timeoutMs: 300,
      retry: { delaysMs: [], jitter: 0, onTimeout: false, conflict: 'failed' },
      idempotency: { header: 'X-Request-Id', lifetimeMs: 604_800_000 },
      abort: {
        clientError: 'never',
        exhausted: { least: 10, share: 0.5, of: 100 },
        connectionMs: 'never',
        render: 'never',
        chunks: 1,
      },
    })
  })

  it('takes a key without a value as one that was left out', () => {
    expect(
      problemsOf(campaignWith({ webhook: 'headers:\nauth:\nretry:\nbody: ""', top: 'params:\nexclude:' })),
    ).toEqual([])
  })

  it('knows on which line an inline template begins', () => {
    const { webhook } = load(
      campaignWith({
        webhook: 'body: |\n  {\n    "a": 1\n  }\nheaders:\n  - name: X-A\n    value: "{{ customer.a }}"',
      }),
    )
    expect(webhook.body).toMatchObject({ text: '{\n  "a": 1\n}\n', file: 'campaign.yaml', line: 6 })
    expect(webhook.body?.places).toContainEqual({ offset: 4, line: 7, column: 7 })
    expect(webhook.headers[0]?.value).toMatchObject({ line: 11 })
  })

  it('lists all problems at once, in the order of the file, with the nearest names', () => {
    const text = [
      'name: welcome-sms',
      'audience: customers.csv',
      'columns: { tags: jsn }',
      'webhook:',
      '  url: "https://u:p@sms.example.com/v1"',
      '  body: { file: other.json.j2 }',
      '  timeout: 10 sec',
      '  retrys: { delays: [7s] }',
      '  concurrency: 0',
      '  auth: { type: basic, username: "a:b", password: hunter2 }',
      '  headers: [{ name: Host, value: x }, { name: X-A, value: "${FOO}" }]',
      '  answers: { 2xx: sent, 404: nope }',
      'timeout: 5s',
    ]
    expect(problemsOf(text.join('\n'))).toEqual([
      'campaign.yaml:3:12 expected columns.tags to be string, int, float, bool or json, got "jsn"',
      'campaign.yaml:5:3 expected webhook.url to hold no user name or password, got some: they go under webhook.auth, as { type: basic, username, password }',
      'campaign.yaml:6:11 file not found: other.json.j2',
      'campaign.yaml:7:3 expected webhook.timeout to be a duration such as "10s", got "10 sec"',
      'campaign.yaml:8:3 unknown key: webhook.retrys, did you mean retry?',
      'campaign.yaml:9:3 expected webhook.concurrency to be a whole number from 1 to 2000, got 0',
      'campaign.yaml:10:24 expected webhook.auth.username to hold no colon (RFC 7617), got one',
      'campaign.yaml:10:41 literal secret: webhook.auth.password, write password: "${WELCOME_SMS_PASSWORD}" and set that variable',
      'campaign.yaml:11:15 header not allowed: Host belongs to the connection',
      'campaign.yaml:11:52 ${FOO} is not allowed in webhook.headers[1].value: it is read in auth, headers of type secret, tls and the origin of webhook.url only ($${FOO} stands for the text itself)',
      'campaign.yaml:12:14 expected each key of webhook.answers to be a status from 100 to 599, got "2xx"',
      'campaign.yaml:12:25 expected webhook.answers.404 to be sent, failed, retry, chunk or webhook, got "nope"',
      'campaign.yaml:13:1 unknown key: timeout, did you mean webhook.timeout?',
    ])
  })

  it('lists fifty problems at most, and says how many more there are', () => {
    const keys = Array.from({ length: 60 }, (_, index) => `zz${index}: 1`)
    using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ top: keys.join('\n') }) })
    expect(() => folder.load()).toThrow(/zz49\nand 10 more$/)
  })

  it('does not repeat itself about a value that is wrong in kind', () => {
    expect(problemsOf('name: spring\naudience: 3\nwebhook: 4')).toEqual([
      'campaign.yaml:2:1 expected audience to be a file such as "customers.csv", or { file, delimiter, encoding }, got 3',
      'campaign.yaml:3:1 expected webhook to be a mapping of keys, got 4',
    ])
  })
})

describe('a value that is wrong', () => {
  it.each([
    // unit
    ['timeout: 10 sec', '5:3 expected webhook.timeout to be a duration such as "10s", got "10 sec"'],
    ['timeout: 10', '5:3 expected webhook.timeout to be a duration such as "10s", got 10'],
    ['timeout: 0s', '5:3 expected webhook.timeout to be a duration from 100ms to 1m, got "0s"'],
    ['timeout: 2m', '5:3 expected webhook.timeout to be a duration from 100ms to 1m, got "2m"'],
    ['timeout: -1s', '5:3 expected webhook.timeout to be a duration such as "10s", got "-1s"'],
    ['rate: 100', '5:3 expected webhook.rate to be a rate such as "100/s", got 100'],
    ['rate: 100/d', '5:3 expected webhook.rate to be a rate such as "100/s", got "100/d"'],
    ['rate: 0/s', '5:3 expected webhook.rate to be a rate from 1/h to 100000/s, got "0/s"'],
    // range
    ['concurrency: 0', '5:3 expected webhook.concurrency to be a whole number from 1 to 2000, got 0'],
    ['concurrency: 2001', '5:3 expected webhook.concurrency to be a whole number from 1 to 2000, got 2001'],
    ['concurrency: 1.5', '5:3 expected webhook.concurrency to be a whole number from 1 to 2000, got 1.5'],
    ['retry: { jitter: 0.6 }', '5:12 expected webhook.retry.jitter to be a number from 0 to 0.5, got 0.6'],
    ['retry: { jitter: -0.1 }', '5:12 expected webhook.retry.jitter to be a number from 0 to 0.5, got -0.1'],
    [
      'retry: { delays: [1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s] }',
      '5:12 expected webhook.retry.delays to be a list of at most 10 durations, got a list of 11',
    ],
    ['retry: { delays: [7s, x] }', '5:25 expected webhook.retry.delays[1] to be a duration such as "7s", got "x"'],
    ['retry: { delays: 7s }', '5:12 expected webhook.retry.delays to be a list of durations, got "7s"'],
    ['retry: { delays: [25h] }', '5:21 expected webhook.retry.delays[0] to be a duration from 0ms to 1d, got "25h"'],
    // kind
    ['method: HEAD', '5:3 expected webhook.method to be GET, POST, PUT, PATCH or DELETE, got "HEAD"'],
    ['payload: yaml', '5:3 expected webhook.payload to be json, text, xml or form, got "yaml"'],
    ['insecure_http: yes', '5:3 expected webhook.insecure_http to be true or false, got "yes"'],
    ['body: 7', '5:3 expected webhook.body to be a template or { file: … }, got 7'],
    ['body: { fil: a.j2 }', '5:3 expected webhook.body.file to be the path of a template file, got nothing'],
    ['headers: { a: b }', '5:3 expected webhook.headers to be a list of headers, got a mapping'],
    [
      'headers: [x]',
      '5:13 expected webhook.headers[0] to be a header such as { name: X-Campaign, value: "…" }, got a text',
    ],
    ['headers: [{ name: X-A }]', '5:13 expected webhook.headers[0].value to be a text, got nothing'],
    ['headers: [{ name: X-A, value: 1 }]', '5:26 expected webhook.headers[0].value to be a text, got a number'],
    [
      'headers: [{ name: "X A", value: b }]',
      '5:15 expected webhook.headers[0].name to be a header name such as "X-Campaign", got "X A"',
    ],
    [
      'headers: [{ name: "", value: b }]',
      '5:15 expected webhook.headers[0].name to be a header name such as "X-Campaign", got ""',
    ],
    [
      'headers: [{ name: Přání, value: b }]',
      '5:15 expected webhook.headers[0].name to be a header name such as "X-Campaign", got "Přání"',
    ],
    ['answers: { 600: sent }', '5:14 expected each key of webhook.answers to be a status from 100 to 599, got "600"'],
    [
      'answers: { 404: abort }',
      '5:14 expected webhook.answers.404 to be sent, failed, retry, chunk or webhook, got "abort"',
    ],
    [
      'response: { success: ok }',
      '5:15 expected webhook.response.success to be a JSON pointer such as "/errors/0/code", got "ok"',
    ],
    [
      'abort: { client_error: 0 }',
      '5:12 expected webhook.abort.client_error to be a whole number from 1 to 1000000, got 0',
    ],
    [
      'abort: { connection: always }',
      '5:12 expected webhook.abort.connection to be a duration such as "5m" or never, got "always"',
    ],
    ['abort: { exhausted: { lest: 5 } }', '5:25 unknown key: webhook.abort.exhausted.lest, did you mean least?'],
    ['abort: { render: { share: 2 } }', '5:22 expected webhook.abort.render.share to be a number from 0 to 1, got 2'],
    ['auth: { type: digest }', '5:11 expected webhook.auth.type to be basic or bearer, got "digest"'],
    [
      'auth: { type: basic, username: acme }',
      '5:3 expected webhook.auth.password to be a text with "${NAME}", got nothing',
    ],
    [
      'auth: { type: bearer, token: 123456 }',
      '5:25 expected webhook.auth.token to be a text with "${NAME}", got a number',
    ],
    ['auth: 5', '5:3 expected webhook.auth to be credentials, or the name of some in hookcast.yaml, got a number'],
    [
      'idempotency: { header: "Key:" }',
      '5:18 expected webhook.idempotency.header to be a header name such as "X-Campaign", got "Key:"',
    ],
    ['event_properties: { a: 1 }', '5:23 expected webhook.event_properties.a to be a text, got 1'],
    [
      'event_properties: [a]',
      '5:3 expected webhook.event_properties to be a mapping of names and templates, got a list',
    ],
    ['audience: a.csv', '5:3 unknown key: webhook.audience, did you mean audience at the top?'],
  ])('is named with what was expected: %s', (webhook, message) => {
    expect(problemsOf(campaignWith({ webhook }))).toContain(`campaign.yaml:${message}`)
    expect(problemsOf(campaignWith({ webhook })).filter((line) => !line.includes('unknown key'))).toHaveLength(
      message.includes('unknown key') ? 0 : 1,
    )
  })

  it.each([
    ['version: 2', '6:1 expected version to be 1, got 2'],
    ['columns: { a: number }', '6:12 expected columns.a to be string, int, float, bool or json, got "number"'],
    ['columns: [a]', '6:1 expected columns to be a mapping of column names and types, got a list'],
    ['chunk_size: 0', '6:1 expected chunk_size to be a whole number from 1 to 10000000, got 0'],
    ['timezone: Mars/Olympus', '6:1 expected timezone to be a time zone such as "Europe/Prague", got "Mars/Olympus"'],
    ['consent: yes', '6:1 expected consent to be { column: … } or handled, got "yes"'],
    ['consent: { colum: a }', '6:12 unknown key: consent.colum, did you mean column?'],
    ['trigger: later', '6:1 expected trigger to be now, { schedule: … } or { event: … }, got "later"'],
    ['trigger: { event: a, max_ages: 1h }', '6:22 unknown key: trigger.max_ages, did you mean max_age?'],
    ['exclude: a.csv', '6:1 expected exclude to be a list of files, got "a.csv"'],
    ['retain: 90', '6:1 expected retain to be a duration such as "90d", got 90'],
    ['params: 3', '6:1 expected params to be a mapping of names and values, got a number'],
    ['unique: 1', '6:1 expected unique to be true or false, got 1'],
    ['legacy_loop_scope: "true"', '6:1 expected legacy_loop_scope to be true or false, got "true"'],
    ['url: https://a.example', '6:1 unknown key: url, did you mean webhook.url?'],
    ['audiense: a.csv', '6:1 unknown key: audiense, did you mean audience?'],
    ['webhooks: 1', '6:1 unknown key: webhooks, did you mean webhook?'],
    ['xyzzy: 1', '6:1 unknown key: xyzzy'],
    ['xyzzy: { secret: hunter2canary }', '6:1 unknown key: xyzzy'],
  ])('is named with what was expected at the top: %s', (top, message) => {
    const problems = problemsOf(campaignWith({ webhook: '# five', top }))
    expect(problems).toContain(`campaign.yaml:${message}`)
    expect(problems.join()).not.toContain('canary')
  })

  it.each([
    [
      'audience: a.csv\nwebhook: { url: "https://a.example/" }',
      '1:1 expected name to be a name without line breaks and control characters, got nothing',
    ],
    [
      'name: a\nwebhook: { url: "https://a.example/" }',
      '1:1 expected audience to be a file such as "customers.csv", got nothing',
    ],
    ['name: a\naudience: a.csv', '1:1 expected webhook to be a mapping of keys, got nothing'],
    [
      'name: a\naudience: a.csv\nwebhook: {}',
      '3:1 expected webhook.url to be a URL such as "https://sms.example.com/v1/messages", got nothing',
    ],
    ['[]', '1:1 expected the file to be a mapping of keys, got a list'],
    ['', '1:1 expected the file to be a mapping of keys, got nothing'],
    [
      'name: "a\\nb"\naudience: a.csv\nwebhook: { url: "https://a.example/" }',
      '1:1 expected name to be a name without line breaks and control characters, got "a\\nb"',
    ],
  ])('or missing is named: %j', (text, message) => {
    expect(problemsOf(text)).toContain(`campaign.yaml:${message}`)
  })

  it('is shown with at most 80 characters', () => {
    const [problem] = problemsOf(campaignWith({ webhook: `payload: ${'x'.repeat(500)}` }))
    expect(problem).toBe(
      `campaign.yaml:5:3 expected webhook.payload to be json, text, xml or form, got "${'x'.repeat(78)}…`,
    )
  })
})

describe('contradicting keys', () => {
  it.each([
    ['body: a\nbatch: { size: 2, root: a, customer: b }', '5:3 contradicting keys: webhook.body and webhook.batch'],
    [
      'method: GET\nbatch: { size: 2, root: a, customer: b }',
      '6:3 contradicting keys: webhook.batch and webhook.method GET, which has no body',
    ],
    ['body: a\nmethod: GET', '5:3 contradicting keys: webhook.body and webhook.method GET, which has no body'],
    [
      'abort: { exhausted: { least: 200 } }',
      '5:12 contradicting keys: webhook.abort.exhausted.least above its of, which no chunk can reach',
    ],
    [
      'auth: { type: bearer, token: "${TOKEN}" }\nheaders: [{ name: authorization, value: "x ${TOKEN}", type: secret }]',
      '6:15 header not allowed: authorization contradicts webhook.auth',
    ],
  ])('are refused: %s', (webhook, message) => {
    expect(problemsOf(campaignWith({ webhook }), { env: { TOKEN: 'abc' } })).toContain(`campaign.yaml:${message}`)
  })

  it.each([
    ['{ file: a.ndjson, delimiter: ";" }', '2:29 contradicting keys: audience.delimiter and NDJSON, which has none'],
    [
      '{ file: a.ndjson, encoding: latin1 }',
      '2:29 contradicting keys: audience.encoding and NDJSON, which is always UTF-8',
    ],
  ])('are refused in the audience: %s', (audience, message) => {
    const text = `name: a\naudience: ${audience}\nwebhook: { url: "https://a.example/" }`
    expect(problemsOf(text)).toEqual([`campaign.yaml:${message}`])
  })
})

describe('a trigger, as the service reads it', () => {
  const load = (top: string, webhook = ''): Campaign => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ top, webhook }) })
    return folder.load({ isService: true }).campaign
  }
  const problemsOfService = (top: string): readonly string[] => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ top }) })
    return folder.problems({ isService: true })
  }

  it('is an event, with rules that count the webhook and not a chunk', () => {
    const { trigger, webhook } = load('trigger: { event: user.registered, max_age: 2h }')
    expect(trigger).toEqual({ kind: 'event', type: 'user.registered', maxAgeMs: 7_200_000 })
    expect(webhook.abort.clientError).toBe(5)
    const own = load('trigger: { event: a }', 'abort: { client_error: 2 }')
    expect(own.trigger).toEqual({ kind: 'event', type: 'a', maxAgeMs: 86_400_000 })
    expect(own.webhook.abort.clientError).toBe(2)
  })

  it('needs no audience when it is an event', () => {
    using folder = createCampaignFolder({
      'campaign.yaml': 'name: a\ntrigger: { event: a }\nwebhook: { url: "https://a.example/" }',
    })
    expect(folder.problems({ isService: true })).toEqual([])
  })

  it('is a schedule with its defaults', () => {
    expect(load('trigger: { schedule: "0 9 * * 1" }').trigger).toEqual({
      kind: 'schedule',
      cron: '0 9 * * 1',
      timezone: 'UTC',
      onMissed: 'once',
      onOverlap: 'skip',
      onUnchanged: 'skip',
    })
  })

  it.each([
    [
      'trigger: { schedule: "0 9 * * 1", timezone: Mars/Base }',
      '5:35 expected trigger.timezone to be a time zone such as "Europe/Prague", got "Mars/Base"',
    ],
    [
      'trigger: { schedule: "0 25 * * *" }',
      '5:12 expected trigger.schedule to be a cron expression such as "0 9 * * 1", got "0 25 * * *"',
    ],
    ['trigger: { schedule: "0 0 30 2 *" }', '5:12 expected trigger.schedule to be a time that comes, got "0 0 30 2 *"'],
    [
      'trigger: { event: a }\nchunk_size: 10',
      '6:1 contradicting keys: chunk_size and trigger.event, with which every customer enters alone',
    ],
    [
      'trigger: { event: a }\nunique: true',
      '6:1 contradicting keys: unique and trigger.event, with which every customer enters alone',
    ],
  ])('is refused where it cannot be meant: %j', (top, message) => {
    expect(problemsOfService(top)).toEqual([`campaign.yaml:${message}`])
  })
})

describe('a webhook node of the product that people come from', () => {
  const node = {
    url: 'https://api.example.com/v1/send/{{ customer.id }}',
    method: 'POST',
    body: '{"to": "{{ customer.phone }}"}',
    headers: [
      { name: 'X-Source', value: 'node', type: 'public' },
      { name: 'X-Api-Key', value: '${API_KEY}', type: 'secret' },
    ],
    auth: { type: 'basic', username: 'acme', password: '${PASSWORD}' },
    response_handling: 'text',
    event_properties: { channel: 'sms' },
    general_consent: false,
    consent_category: null,
    frequency_policy: null,
  }
  const env = { API_KEY: 'k', PASSWORD: 'p' }
  const fileWith = (changes: object, consent?: unknown): string =>
    JSON.stringify({ name: 'moved', audience: 'a.csv', consent, webhook: { ...node, ...changes } }, null, 1)

  it('is accepted as it is', () => {
    const { webhook } = load(fileWith({}), { env })
    expect(webhook).toMatchObject({ responseHandling: 'text', auth: { type: 'basic' }, body: { text: node.body } })
    expect(webhook.headers.map(({ kind }) => kind)).toEqual(['template', 'secret'])
  })

  const column = { column: 'newsletter' }
  const ways = 'name the column under consent: { column: … }, or state consent: handled'
  it.each([
    [{ general_consent: true }, undefined, `webhook.general_consent is not applied by hookcast: ${ways}`],
    [{ consent_category: 'news' }, undefined, `webhook.consent_category is not applied by hookcast: ${ways}`],
    [
      { frequency_policy: 'daily' },
      undefined,
      'webhook.frequency_policy is not applied by hookcast: state consent: handled when the audience is within it',
    ],
    [
      { frequency_policy: 'daily' },
      column,
      'webhook.frequency_policy is not applied by hookcast: state consent: handled when the audience is within it',
    ],
    [{ general_consent: true, consent_category: 'news' }, column, null],
    [{ general_consent: true, consent_category: 'news', frequency_policy: 'daily' }, 'handled', null],
  ])('is refused while its consents are not applied: %j with consent %j', (changes, consent, message) => {
    const problems = problemsOf(fileWith(changes, consent), { env })
    expect(problems.map((line) => line.replace(/^\S+ /, ''))).toEqual(message === null ? [] : [message])
  })
})

describe('the payload', () => {
  it.each([
    ['application/json; charset=utf-8', 'json'],
    ['application/vnd.api+json', 'json'],
    ['text/xml', 'xml'],
    ['application/soap+xml', 'xml'],
    ['application/x-www-form-urlencoded', 'form'],
    ['text/plain', 'text'],
    ['application/graphql', 'text'],
    ['{{ customer.type }}', 'json'],
    ['', 'json'],
  ])('follows a Content-Type of %s: %s', (type, payload) => {
    expect(load(campaignWith({ webhook: `headers: [{ name: content-type, value: "${type}" }]` })).webhook.payload).toBe(
      payload,
    )
  })

  it('is what the file states, whatever the Content-Type', () => {
    const webhook = 'payload: text\nheaders: [{ name: Content-Type, value: application/json }]'
    expect(load(campaignWith({ webhook })).webhook.payload).toBe('text')
  })
})

function audienceOf(written: string, options?: Partial<LoadOptions>): Campaign['audience'] {
  return load(`name: a\naudience: ${written}\nwebhook: { url: "https://a.example/" }`, options).audience
}

describe('the audience', () => {
  it.each([
    ['a.csv', { format: 'csv', isGzip: false, delimiter: 'auto' }],
    ['a.TSV.gz', { format: 'tsv', isGzip: true, delimiter: '\t' }],
    ['a.jsonl', { format: 'ndjson', isGzip: false, delimiter: 'auto' }],
    ['a.ndjson.gz', { format: 'ndjson', isGzip: true }],
    ['"-"', { path: '-', format: 'ndjson', isGzip: false }],
    ['{ file: a.csv, delimiter: ";", encoding: LATIN1 }', { format: 'csv', delimiter: ';', encoding: 'windows-1252' }],
    ['{ file: a.csv, delimiter: tab }', { delimiter: '\t' }],
    ['{ file: a.tsv, delimiter: auto }', { delimiter: '\t' }],
    ['{ file: export.txt, format: csv }', { format: 'csv' }],
    ['{ file: "-", format: csv }', { path: '-', format: 'csv' }],
  ])('is read as it is named: %s', (written, expected) => {
    expect(audienceOf(written)).toMatchObject(expected)
  })

  it.each([
    ['a.json', '2:1 expected audience to end in .csv, .tsv, .ndjson or .jsonl, also with .gz, got "a.json"'],
    ['{ file: a.txt }', '2:13 expected audience to end in .csv, .tsv, .ndjson or .jsonl, also with .gz, got "a.txt"'],
    [
      '{ delimiter: ";" }',
      '2:1 expected audience.file to be a file such as "customers.csv", or "-" for standard input, got nothing',
    ],
    ['{ file: a.csv, delimiter: ";;" }', '2:26 expected audience.delimiter to be auto or one character, got ";;"'],
    [
      '{ file: a.csv, encoding: klingon }',
      '2:26 expected audience.encoding to be an encoding such as "windows-1252", got "klingon"',
    ],
    ['../a.csv', '2:1 file outside the folder of the campaign: ../a.csv'],
  ])('is refused when it cannot be read: %s', (written, message) => {
    expect(problemsOf(`name: a\naudience: ${written}\nwebhook: { url: "https://a.example/" }`)).toEqual([
      `campaign.yaml:${message}`,
    ])
  })

  it('is another file when the command line says so', () => {
    expect(audienceOf('a.csv', { audience: { path: '/tmp/x/people.ndjson.gz' } })).toMatchObject({
      path: '/tmp/x/people.ndjson.gz',
      format: 'ndjson',
      isGzip: true,
    })
    expect(audienceOf('a.ndjson', { audience: { path: '-', format: 'csv' } })).toMatchObject({
      path: '-',
      format: 'csv',
    })
    expect(audienceOf('{ file: a.txt, format: tsv }', { audience: { path: '/tmp/b.ndjson' } })).toMatchObject({
      format: 'ndjson',
    })
  })

  it('may be left out of the file then', () => {
    const text = 'name: a\nwebhook: { url: "https://a.example/" }'
    expect(load(text, { audience: { path: '-' } }).audience).toMatchObject({ path: '-', format: 'ndjson' })
  })
})

describe('params', () => {
  const text = campaignWith({ top: 'params: { shop: Acme, count: 3 }' })

  it('are replaced for a run', () => {
    expect(load(text, { params: { shop: 'Other' } }).params).toEqual({ shop: 'Other', count: 3 })
  })

  it('are refused when the file has none of that name', () => {
    expect(problemsOf(text, { params: { shpo: 'x', zzz: 'y' } })).toEqual([
      'campaign.yaml:5:1 unknown param: shpo, did you mean shop?',
      'campaign.yaml:5:1 unknown param: zzz, the file has no such one under params',
    ])
  })
})

describe('a throughput policy', () => {
  const crm = { name: 'crm', concurrency: 50, perSecond: 100 }
  const settings = { ...plainSettings, throughput: { crm } }

  it('comes from hookcast.yaml', () => {
    expect(load(campaignWith({ webhook: 'throughput: crm' }), { settings }).webhook.throughput).toEqual(crm)
  })

  it('is refused when hookcast.yaml has none of that name', () => {
    const text = campaignWith({ webhook: 'throughput: crn' })
    expect(problemsOf(text, { settings })).toEqual([
      'campaign.yaml:5:3 unknown throughput policy: "crn", did you mean crm?',
    ])
    expect(problemsOf(text)).toEqual([
      'campaign.yaml:5:3 unknown throughput policy: "crn", hookcast.yaml has no throughput',
    ])
    expect(problemsOf(campaignWith({ webhook: 'throughput: toString' }), { settings })).toEqual([
      'campaign.yaml:5:3 unknown throughput policy: "toString", hookcast.yaml has crm',
    ])
  })
})
