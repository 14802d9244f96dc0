import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { parse, stringify } from 'yaml'
import { test as base } from '../cli/fixture.ts'
import { createCampaignFolder } from '../support/campaign-folder.ts'
import { readPage } from '../support/page.ts'

const section = readPage('README.md').section('A campaign, step by step')
const blockOf = (language: string, n = 0): string =>
  section.blocks.filter((block) => block.language === language)[n]?.text ?? ''
const CAMPAIGN = blockOf('yaml')
const TEMPLATE = blockOf('jinja')
const CUSTOMERS = blockOf('csv')

/** The API that the page tells to start, on a free port. */
const test = base.extend<{ port: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  port: async ({}, use) => {
    const entry = fileURLToPath(new URL('../../reference-api/src/main.ts', import.meta.url))
    expect(section.text).toContain('`API_USERS=acme:secret npm run demo -w reference-api`')
    const api = spawn(process.execPath, [entry, '--demo'], {
      env: { PATH: process.env['PATH'], API_USERS: 'acme:secret', PORT: '0', LOG_LEVEL: 'off' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(api, 'exit')
    try {
      let port: string | undefined
      for await (const line of createInterface({ input: api.stdout })) {
        port = /^listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
        if (port !== undefined) break
      }
      await use(port ?? '')
    } finally {
      api.kill()
      await ended
    }
  },
})

interface Step {
  readonly command: string
  readonly output: string
}

/** What is typed in a console block, and what comes of it. */
function stepsIn(text: string): Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...output] = step.split('\n')
      return { command, output: output.join('\n') }
    })
}

/** Without what is another every time. */
function stable(output: string, port: string): string {
  return output
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<run>')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '<time>')
    .replaceAll(/^( {2}took {5})\S.*$/gm, '$1<span>')
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:3000')
}

describe('A campaign, step by step', () => {
  test('goes as the page shows it', async ({ desk, port }) => {
    desk.write('first/campaign.yaml', CAMPAIGN.replace(':3000/', `:${port}/`))
    desk.write('first/sms.json.j2', TEMPLATE)
    desk.write('first/customers.csv', CUSTOMERS)
    const env: Record<string, string> = {}
    const steps = stepsIn(blockOf('console'))
    expect(steps).toHaveLength(4)
    for (const { command, output } of steps) {
      const [, name, value] = /^export (\w+)=(\w+)$/.exec(command) ?? []
      if (name !== undefined && value !== undefined) env[name] = value
      else {
        const [, args = '', head] = /^npx hookcast (.*?)( \| head)?$/.exec(command) ?? []
        const { stdout } = await desk.hookcast(args.split(' '), { env })
        const seen = head === undefined ? stdout : stdout.split('\n').slice(0, 10).concat('').join('\n')
        expect(stable(seen, port), command).toBe(stable(output, '3000'))
      }
    }
  })

  test('names the three files as they are to be named', () => {
    expect(CAMPAIGN).toMatch(/^# first\/campaign\.yaml\n/)
    expect(TEMPLATE).toMatch(/^\{# first\/sms\.json\.j2 -#\}\n/)
    const { audience, webhook } = parse(CAMPAIGN) as { audience: string; webhook: { body: { file: string } } }
    expect([audience, webhook.body.file]).toEqual(['customers.csv', 'sms.json.j2'])
  })

  test('tells the defaults: a file that says them all is the same campaign', () => {
    type Written = Record<string, unknown> & { readonly webhook: Record<string, unknown> }
    const short = parse(CAMPAIGN) as Written
    const [defaults] = readPage('docs/campaigns.md').section('All defaults').blocks
    const said = parse(defaults!.text) as Written
    const long = { ...short, ...said, webhook: { ...short.webhook, ...said.webhook } }
    const load = (campaign: Written): unknown => {
      using folder = createCampaignFolder({ 'campaign.yaml': stringify(campaign), 'sms.json.j2': TEMPLATE })
      const loaded = folder.load({ env: { SMS_PASSWORD: 'secret' } }).campaign
      return JSON.parse(
        JSON.stringify(loaded, (key, value: unknown) => (key === 'line' ? 0 : value)).replaceAll(folder.path, ''),
      )
    }
    expect(Object.keys(said.webhook).length).toBeGreaterThan(10)
    expect(load(long)).toEqual(load(short))
  })
})
