import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ANSWER_MEANINGS, COLUMN_TYPES, METHODS, PAYLOADS } from '../../src/campaign/campaign.ts'
import { loadCampaign } from '../../src/campaign/campaign-file.ts'
import { type CampaignSnapshot, campaignFilesFrom } from '../../src/campaign/campaign-folder.ts'
import { createCampaignFolder, problemsOf } from '../support/campaign-folder.ts'
import { ConfigError } from '../../src/errors.ts'
import { plainSettings } from '../support/campaign-folder.ts'

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,11}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replaceAll('$', ''))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(maybe(arbitrary), { nil: null })
const duration = (least: number, most: number) => fc.integer({ min: least, max: most }).map((ms) => `${ms}ms`)
const orNever = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(arbitrary, fc.constant('never'))
const whole = (most: number) => fc.integer({ min: 1, max: most })
const share = (most: number) =>
  fc.double({ min: 0, max: most, noNaN: true, minExcluded: false }).map((share) => Math.abs(share))

const headers = fc.uniqueArray(
  fc.record({
    name: word.map((name) => `X-A-${name}`),
    value: fc.constantFrom('plain', '{{ customer.a }}', 'a {{ "č" | urlencode }}'),
    type: fc.constantFrom('public' as const, null, undefined),
  }),
  { maxLength: 5, selector: ({ name }) => name.toLowerCase() },
)

const webhook = fc.record({
  url: fc.constantFrom(
    'https://api.example.com',
    'https://api.example.com:8443/v1?a={{ customer.a }}',
    '${ORIGIN}/v1/{{ customer.id }}',
    'http://127.0.0.1:${PORT}/a',
  ),
  payload: orNull(fc.constantFrom(...PAYLOADS)),
  json_escape: orNull(fc.constantFrom('auto', 'off')),
  method: orNull(fc.constantFrom(...METHODS.filter((method) => method !== 'GET'))),
  body: orNull(fc.oneof(text, fc.constant({ file: 'body.j2' }))),
  headers: orNull(headers),
  auth: orNull(
    fc.constantFrom(
      { type: 'basic', username: 'acme', password: '${PASSWORD}' },
      { type: 'bearer', token: '${TOKEN}' },
    ),
  ),
  response_handling: orNull(fc.constantFrom('discard', 'text', 'json')),
  response: orNull(fc.record({ success: maybe(word.map((name) => `/${name}`)), code: orNull(fc.constant('')) })),
  answers: orNull(fc.dictionary(fc.integer({ min: 100, max: 599 }).map(String), fc.constantFrom(...ANSWER_MEANINGS))),
  event_properties: orNull(fc.dictionary(word, text)),
  concurrency: orNull(whole(2000)),
  rate: orNull(whole(1000).map((n) => `${n}/m`)),
  timeout: orNull(duration(100, 60_000)),
  retry: orNull(
    fc.record({
      delays: orNull(fc.array(duration(0, 86_400_000), { maxLength: 10 })),
      jitter: orNull(share(0.5)),
      on_timeout: orNull(fc.boolean()),
      conflict: orNull(fc.constantFrom('accepted', 'failed')),
    }),
  ),
  idempotency: orNull(fc.record({ header: orNull(word), lifetime: orNull(duration(60_000, 900_000_000)) })),
  insecure_http: orNull(fc.boolean()),
  abort: orNull(
    fc.record({
      client_error: orNull(orNever(whole(1_000_000))),
      exhausted: orNull(orNever(fc.record({ least: orNull(whole(100)), share: orNull(share(1)) }))),
      connection: orNull(orNever(duration(1000, 600_000))),
      render: orNull(
        orNever(fc.record({ in_a_row: orNull(whole(1000)), share: orNull(share(1)), of: orNull(whole(1000)) })),
      ),
      chunks: orNull(orNever(whole(100))),
    }),
  ),
})

const file = fc.record({
  version: orNull(fc.constant(1)),
  name: text.map((text) => `n${text.replaceAll(/\p{Cc}/gu, '')}`),
  audience: fc.oneof(
    fc.constantFrom('a.csv', 'b/c.tsv.gz', 'd.jsonl', '-'),
    fc.record({
      file: fc.constant('a.csv'),
      delimiter: orNull(fc.constantFrom('auto', ';', 'tab')),
      encoding: orNull(fc.constantFrom('utf-8', 'latin1')),
    }),
  ),
  columns: orNull(
    fc.dictionary(
      text.map((text) => `c${text}`),
      fc.constantFrom(...COLUMN_TYPES),
    ),
  ),
  customer_id: orNull(word),
  unique: orNull(fc.boolean()),
  consent: orNull(fc.oneof(fc.constant('handled'), fc.record({ column: word }))),
  exclude: orNull(
    fc.array(
      word.map((name) => `${name}.csv`),
      { maxLength: 3 },
    ),
  ),
  trigger: orNull(fc.constant('now')),
  chunk_size: orNull(whole(1_000_000)),
  timezone: orNull(fc.constantFrom('UTC', 'Europe/Prague', 'America/St_Johns')),
  max_customers: orNull(whole(1_000_000)),
  params: orNull(fc.dictionary(word, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 2 })))),
  legacy_loop_scope: orNull(fc.boolean()),
  retain: orNull(duration(3_600_000, 900_000_000)),
  webhook,
})

const env = {
  ORIGIN: 'https://canary-origin.example',
  PORT: '8080',
  PASSWORD: 'canary-password',
  TOKEN: 'canary-token',
}

describe('any campaign that keeps to the format', () => {
  const folder = createCampaignFolder({ 'body.j2': '{"a": "{{ customer.a }}"}' })
  afterAll(() => folder[Symbol.dispose]())

  it('is read, holds no secret, and is the same from its snapshot', () => {
    fc.assert(
      fc.property(file, (written) => {
        writeFileSync(join(folder.path, 'campaign.yaml'), stringify(written))
        const { campaign, snapshot } = folder.load({ env })
        expect(JSON.stringify({ campaign, snapshot })).not.toMatch(/canary-(password|token)/)
        const { delaysMs, jitter } = campaign.webhook.retry
        expect([...delaysMs, jitter, campaign.webhook.timeoutMs].every(Number.isFinite)).toBe(true)
        const kept = JSON.parse(JSON.stringify(snapshot)) as CampaignSnapshot
        expect(loadCampaign(campaignFilesFrom(kept), { env, settings: plainSettings })).toEqual({ campaign, snapshot })
      }),
      { numRuns: 100 },
    )
  })

  it('is still answered with problems and nothing else when one part of it is anything', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 2 }),
      fc.dictionary(word, fc.string(), { maxKeys: 2 }),
    )
    const keys = [
      'name',
      'audience',
      'columns',
      'consent',
      'exclude',
      'trigger',
      'timezone',
      'params',
      'retain',
      'webhook',
    ] as const
    const webhookKeys = [
      'url',
      'body',
      'headers',
      'auth',
      'response',
      'answers',
      'event_properties',
      'retry',
      'idempotency',
      'abort',
      'batch',
      'tls',
      'static_ips',
      'throughput',
    ] as const
    const broken = (keys: readonly string[]) =>
      fc.tuple(fc.constantFrom(...keys), anything).map((entry) => Object.fromEntries([entry]))
    fc.assert(
      fc.property(file, fc.oneof(broken(keys), broken(webhookKeys)), (written, change) => {
        const isTop = keys.some((key) => key in change)
        const text = isTop ? { ...written, ...change } : { ...written, webhook: { ...written.webhook, ...change } }
        writeFileSync(join(folder.path, 'campaign.yaml'), stringify(text))
        const problems = problemsOf(() => folder.load({ env }))
        expect(problems.join()).not.toMatch(/canary-(password|token)/)
        expect(problems.every((problem) => /^campaign\.yaml(:\d+:\d+)? \S/.test(problem))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

describe('a literal secret', () => {
  it('is in no message, wherever it was written', () => {
    const secret = 'canary-4f1a'
    const places = [
      `webhook: { url: "https://u:${secret}@a.example/" }`,
      `webhook: { url: "https://a.example/?key=${secret}#x" }`,
      `webhook: { url: "ftp://a.example/?key=${secret}" }`,
      `webhook: { url: "https://a.example/", auth: ${secret} }`,
      `webhook: { url: "https://a.example/", auth: { type: basic, username: ["${secret}"], password: { a: "${secret}" } } }`,
      `webhook: { url: "https://a.example/", auth: { type: basic, user: "${secret}", password: "${secret}" } }`,
      `webhook: { url: "https://a.example/", auth: { type: bearer, token: "${secret}" } }`,
      `webhook: { url: "https://a.example/", auth: ["${secret}"] }`,
      `webhook: { url: "https://a.example/", headers: ["Authorization: ${secret}"] }`,
      `webhook: { url: "https://a.example/", headers: [{ name: Authorization, value: "${secret}" }] }`,
      `webhook: { url: "https://a.example/", headers: [{ name: X, value: ["${secret}"] }] }`,
      `webhook: { url: "https://a.example/", headers: [{ name: X, valeu: "${secret}" }] }`,
      `webhook: { url: "https://a.example/", tls: { ca: ["${secret}"] } }`,
      `webhook: { url: "https://a.example/", token: "${secret}" }`,
      `password: "${secret}"`,
      `password: "${secret}`,
      `password: [${secret}`,
      `params: "${secret}"`,
    ]
    for (const place of places) {
      using folder = createCampaignFolder({ 'campaign.yaml': `name: a\naudience: a.csv\n${place}\n` })
      const problems = folder.problems()
      expect(problems, place).not.toEqual([])
      expect(problems.join(), place).not.toContain(secret)
      expect(() => folder.load()).toThrow(ConfigError)
    }
  })
})
