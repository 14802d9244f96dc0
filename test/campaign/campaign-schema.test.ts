import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadCampaign } from '../../src/campaign/campaign-file.ts'
import { campaignFilesAt } from '../../src/campaign/campaign-folder.ts'
import { campaignSchema } from '../../src/campaign/campaign-schema.ts'
import { settingsSchema } from '../../src/campaign/settings-schema.ts'
import { parseDurationMs } from '../../src/campaign/unit.ts'
import { createCampaignFolder, plainSettings } from '../support/campaign-folder.ts'

interface JsonSchema {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | false
}

function* keysOf(schema: JsonSchema, path = ''): Generator<{ path: string; schema: JsonSchema }> {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    yield { path: `${path}.${key}`, schema: value }
    yield* keysOf(value, `${path}.${key}`)
  }
  for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) yield* keysOf(part, path)
  if (schema.items) yield* keysOf(schema.items, `${path}[]`)
  if (schema.additionalProperties) yield* keysOf(schema.additionalProperties, `${path}.*`)
}

const root = new URL('../..', import.meta.url).pathname

describe('the JSON Schema', () => {
  it('is current: npm run schema writes it', async () => {
    const script = join(root, 'src/campaign/write-schema.ts')
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toBeDefined()
  })

  it.each([
    ['campaign', campaignSchema],
    ['settings', settingsSchema],
  ])('describes every key: %s', (_, schema) => {
    const keys = [...keysOf(z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as JsonSchema)]
    expect(keys.length).toBeGreaterThan(40)
    expect(keys.filter(({ schema }) => (schema.description ?? '').length < 4)).toEqual([])
  })

  it('names the defaults that a campaign gets', () => {
    const schema = z.toJSONSchema(campaignSchema, { target: 'draft-7', io: 'input' }) as JsonSchema
    const defaults = new Map([...keysOf(schema)].map(({ path, schema }) => [path, schema.default]))
    using folder = createCampaignFolder({
      'campaign.yaml': 'name: a\naudience: a.csv\nwebhook: { url: "https://a.example/" }',
    })
    const { webhook, ...campaign } = folder.load().campaign
    expect(defaults.get('.timezone')).toBe(campaign.timezone)
    expect(parseDurationMs(String(defaults.get('.retain')))).toBe(campaign.retainDays * 86_400_000)
    expect(parseDurationMs(String(defaults.get('.webhook.timeout')))).toBe(webhook.timeoutMs)
    expect(defaults.get('.webhook.concurrency')).toBe(webhook.concurrency)
    expect((defaults.get('.webhook.retry.delays') as string[]).map(parseDurationMs)).toEqual(webhook.retry.delaysMs)
    expect(defaults.get('.webhook.retry.jitter')).toBe(webhook.retry.jitter)
    expect(defaults.get('.webhook.idempotency.header')).toBe(webhook.idempotency.header)
    expect(defaults.get('.webhook.abort.exhausted')).toEqual(webhook.abort.exhausted)
    expect(defaults.get('.webhook.response.code')).toBe(webhook.response.code)
  })
})

describe('a ready campaign', () => {
  const names = readdirSync(join(root, 'templates'))

  it.each(names)('is right: %s', (name) => {
    const path = join(root, 'templates', name, 'campaign.yaml')
    const variables = [...readFileSync(path, 'utf8').matchAll(/"[^"]*?\$\{([A-Z_]+)\}/g)].map((match) => match[1] ?? '')
    const env = Object.fromEntries(
      variables.map((variable) => [
        variable,
        variable.endsWith('_PORT') ? '8080' : variable.endsWith('_URL') ? 'https://a.example' : 'secret',
      ]),
    )
    const { campaign } = loadCampaign(campaignFilesAt(path), { env, settings: plainSettings })
    expect(campaign.name).toBe(name)
    expect(campaign.warnings).toEqual([])
  })
})
