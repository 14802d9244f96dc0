import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseCsv } from 'csv-parse/sync'
import { describe, expect } from 'vitest'
import type { RunReport } from '../../src/report/report.ts'
import { REFERENCE_API, test as base } from '../contract/fixture.ts'
import { runCommand } from '../support/command-line.ts'

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url))
const PASSWORD = 'correct horse'

interface Desk {
  readonly url: string
  /** What the provider was given. */
  readonly outbox: () => readonly { readonly payload: Readonly<Record<string, string>> }[]
  /** Runs a ready campaign against it. */
  readonly run: (name: string) => Promise<RunReport>
}

const test = base.extend<{ desk: Desk }>({
  desk: async ({ spawnServer }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'ready-'))
    const outbox = join(folder, 'outbox.ndjson')
    const url = await spawnServer(REFERENCE_API, {
      env: {
        PORT: '0',
        ADMIN_PORT: 'off',
        LOG_LEVEL: 'off',
        API_USERS: `acme:${PASSWORD}`,
        PROVIDER_OUTBOX: outbox,
      },
    })
    const env = environment(new URL(url).port)
    await use({
      url,
      outbox: () => linesOf(outbox).map((line) => JSON.parse(line) as { payload: Record<string, string> }),
      run: async (name) => {
        const args = [join(TEMPLATES, name, 'campaign.yaml'), '--data', join(folder, 'data')]
        const { code, stdout, stderr } = await runCommand(['run', ...args, '--json', '--quiet', '--senders', '1'], env)
        expect({ code, stderr }).toMatchObject({ stderr: '' })
        return JSON.parse(stdout) as RunReport
      },
    })
    rmSync(folder, { recursive: true })
  },
})

/** What ready campaigns read: a port and a password, each under the name of its own service. */
function environment(port: string): Record<string, string> {
  const services = readdirSync(TEMPLATES).flatMap((name) =>
    Array.from(
      readFileSync(join(TEMPLATES, name, 'campaign.yaml'), 'utf8').matchAll(/\$\{(\w+)\}/g),
      ([, variable = '']) => variable,
    ),
  )
  return Object.fromEntries(services.map((name) => [name, name.endsWith('_PORT') ? port : PASSWORD]))
}

function linesOf(file: string): readonly string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

describe('ready campaigns', () => {
  test.for(readdirSync(TEMPLATES))('%s is right, its audience too', async (name) => {
    const campaign = join(TEMPLATES, name, 'campaign.yaml')
    const { code, stdout, stderr } = await runCommand(['validate', campaign], environment('3000'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`is right: ${name}, `)
  })

  test('newsletter-xml sends everybody who agreed what stands in their row', async ({ desk }) => {
    const rows = parseCsv<Record<string, string>>(
      readFileSync(join(TEMPLATES, 'newsletter-xml/customers.csv'), 'utf8'),
      { columns: true },
    )
    const agreed = rows.filter(({ newsletter, customer_id }) => {
      return newsletter === 'true' && customer_id !== 'c-0003' && customer_id !== 'c-0077'
    })
    const called = agreed.filter(({ email }) => email !== '')
    const report = await desk.run('newsletter-xml')

    expect(report).toMatchObject({
      state: 'finished',
      customers: rows.length,
      sent: called.length - 1,
      failed: 1,
      failures: { refused: 1 },
      suppressed: rows.length - called.length,
      codes: { 200: called.length },
    })
    // The provider is called after the answer has left.
    await expect.poll(() => desk.outbox().length, { timeout: 30_000 }).toBe(called.length - 1)
    const arrived = new Map(desk.outbox().map(({ payload }) => [payload['customer_id'], payload]))
    expect(arrived.size).toBe(called.length - 1)
    for (const { customer_id: id, email, first_name: first, last_name: last, points, note } of called) {
      if (email === 'not an address') continue
      const payload = arrived.get(id)!
      expect(payload['email']).toBe(email)
      expect(payload['subject']).toBe(`News from Acme: ${points} points are waiting`)
      expect(payload['text']).toContain(` ${first} ${last}!${note === '' ? '' : ` ${note}`} Yours, Acme`)
    }
  })

  test('crm-sync hands everybody over by the hundred, and each has a result of their own', async ({ desk }) => {
    const report = await desk.run('crm-sync')
    expect(report).toMatchObject({
      state: 'finished',
      customers: 250,
      sent: 247,
      failed: 2,
      failures: { refused: 2 },
      suppressed: 1,
      deliveries: 3,
      codes: { 200: 3 },
      warnings: [],
    })
    await expect.poll(() => desk.outbox().length, { timeout: 30_000 }).toBe(247)
    const arrived = new Set(desk.outbox().map(({ payload }) => payload['customer_id']))
    expect(arrived.size).toBe(247)
    expect(['c-0017', 'c-0042', 'c-0142'].filter((id) => arrived.has(id))).toEqual([])
  })

  test('profile-put leaves each profile at its own path', async ({ desk }) => {
    const rows = linesOf(join(TEMPLATES, 'profile-put/customers.ndjson')).map(
      (line) => JSON.parse(line) as { id: string; phone: string | null; language: string; vip?: boolean },
    )
    const report = await desk.run('profile-put')
    expect(report).toMatchObject({
      state: 'finished',
      customers: rows.length,
      sent: rows.length,
      codes: { 200: rows.length },
      warnings: [],
    })
    const authorization = `Basic ${Buffer.from(`acme:${PASSWORD}`).toString('base64')}`
    for (const { id, phone, language, vip = false } of rows) {
      const response = await fetch(`${desk.url}/v1/customers/${encodeURIComponent(id)}`, { headers: { authorization } })
      expect(await response.json()).toEqual({
        success: true,
        result: { customer_id: id, phone, language, vip },
      })
    }
  })
})
