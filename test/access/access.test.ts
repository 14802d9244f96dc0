import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, describe, expect } from 'vitest'
import { AuditLog, CallRate, FailedLogins, mayReadPersonalData, ROLES, Tokens } from '../../src/access/access.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'

/** Timers are those of the system; the hour is the test's own. */
class SetClock implements Clock {
  at = Date.UTC(2026, 10, 22, 12)
  readonly sleep = systemClock.sleep
  readonly after = systemClock.after
  now(): number {
    return this.at
  }
}

interface Desk {
  readonly folder: string
  readonly clock: SetClock
  readonly tokens: Tokens
  readonly audit: AuditLog
}

const test = base.extend<{ desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  desk: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'access-'))
    const clock = new SetClock()
    {
      using store = new ServiceStore(folder, clock)
      await use({ folder, clock, tokens: new Tokens(store, clock), audit: new AuditLog(store, clock) })
    }
    rmSync(folder, { recursive: true })
  },
})

const viewer = { name: 'board', role: 'viewer', grants: [], expiresAt: null } as const

describe('a token', () => {
  test('is known again by what was shown once, and by nothing else', async ({ desk: { tokens } }) => {
    const { text, record } = await tokens.issue(viewer, null)
    expect(text).toMatch(/^hc_[\w-]{43}$/)
    expect(tokens.verify(text)).toEqual({
      id: record.id,
      name: 'board',
      role: 'viewer',
      grants: [],
      app: null,
      capabilities: null,
    })
    for (const other of ['', record.prefix, `${text}x`, text.slice(0, -1), text.toUpperCase(), 'x'.repeat(100_000)]) {
      expect(tokens.verify(other)).toBeNull()
    }
  })

  test('may be for one app of event webhooks', async ({ desk: { tokens } }) => {
    const { text } = await tokens.issue({ ...viewer, role: 'app', app: 'app_1' }, null)
    expect(tokens.verify(text)).toMatchObject({ role: 'app', app: 'app_1' })
  })

  test('is in no file of the data folder', async ({ desk: { tokens, folder } }) => {
    const { text, record } = await tokens.issue(viewer, null)
    const held = ['service.db', 'service.db-wal'].map((name) => readFileSync(join(folder, name), 'latin1')).join('')
    expect(held).toContain(record.prefix)
    expect(held).not.toContain(text.slice(3))
    expect(held).not.toContain(text.slice(9, 20))
  })

  test('lets nobody in once it is revoked, or has expired', async ({ desk: { tokens, clock } }) => {
    const { text, record } = await tokens.issue(viewer, null)
    expect(await tokens.revoke(record.id)).toBe(true)
    expect(tokens.verify(text)).toBeNull()
    expect(await tokens.revoke(record.id)).toBe(false)
    const short = await tokens.issue({ ...viewer, expiresAt: clock.at + 1000 }, null)
    clock.at += 999
    expect(tokens.verify(short.text)?.id).toBe(short.record.id)
    clock.at += 1
    expect(tokens.verify(short.text)).toBeNull()
  })

  test('notes its use, to about a minute', async ({ desk: { tokens, clock } }) => {
    const { text, record } = await tokens.issue(viewer, null)
    const used = async (): Promise<number | null | undefined> => {
      tokens.verify(text)
      // Changes are kept in the order in which they were asked for.
      await tokens.revoke('nobody')
      return tokens.get(record.id)?.usedAt
    }
    const first = clock.at
    expect(await used()).toBe(first)
    clock.at += 59_000
    expect(await used()).toBe(first)
    clock.at += 1000
    expect(await used()).toBe(clock.at)
  })

  test('is listed newest first, page by page', async ({ desk: { tokens, clock } }) => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      clock.at++
      await tokens.issue({ ...viewer, name }, null)
    }
    const first = tokens.list({ after: null, limit: 3 })
    expect(first.map(({ name }) => name)).toEqual(['e', 'd', 'c'])
    expect(tokens.list({ after: first.at(-1)?.id ?? null, limit: 3 }).map(({ name }) => name)).toEqual(['b', 'a'])
  })
})

describe('the token of the environment', () => {
  const first = 'a'.repeat(40)

  test('is an administrator, and gives way to the one that is set next', async ({ desk: { tokens } }) => {
    expect(tokens.hasAdministrator).toBe(false)
    await tokens.adopt(first)
    await tokens.adopt(first)
    expect(tokens.hasAdministrator).toBe(true)
    expect(tokens.verify(first)).toMatchObject({ id: 'environment', role: 'admin' })
    await tokens.adopt('b'.repeat(40))
    expect(tokens.verify(first)).toBeNull()
    expect(tokens.list({ after: null, limit: 10 })).toHaveLength(1)
  })

  test('stays revoked while the same is set', async ({ desk: { tokens } }) => {
    await tokens.adopt(first)
    await tokens.revoke('environment')
    await tokens.adopt(first)
    expect(tokens.verify(first)).toBeNull()
    expect(tokens.hasAdministrator).toBe(false)
  })

  test.for(['short', 'a'.repeat(31), `${'a'.repeat(40)} b`, 'a'.repeat(513)])(
    'is not taken when it could be guessed, or is no token: %s',
    async (text, { desk: { tokens } }) => {
      await expect(tokens.adopt(text)).rejects.toMatchObject({ code: 'HOOKCAST_USAGE' })
    },
  )
})

test('customers are shown to all that work on campaigns, and to viewers who were granted it', () => {
  const may = (grants: readonly 'personal_data'[]): string[] =>
    ROLES.filter((role) => mayReadPersonalData({ id: '1', name: 'x', role, grants, app: null, capabilities: null }))
  expect(may([])).toEqual(['admin', 'editor', 'operator'])
  expect(may(['personal_data'])).toContain('viewer')
})

test('the audit log tells who did what, newest first, page by page', async ({ desk: { audit, clock } }) => {
  const ann = { id: 't-1', name: 'ann' }
  await audit.record(ann, 'run.started', { subject: 'r-1', detail: { campaign: 'welcome' } })
  clock.at += 5
  await audit.record(ann, 'run.cancelled', { subject: 'r-1' })
  await audit.record({ id: 't-2', name: 'bob' }, 'customers.erased')
  const [newest, second] = audit.list({ after: null, limit: 2 })
  expect(newest).toMatchObject({ actor: { id: 't-2', name: 'bob' }, action: 'customers.erased', subject: null })
  expect(second).toMatchObject({ at: clock.at, action: 'run.cancelled', subject: 'r-1', detail: {} })
  expect(audit.list({ after: second?.id ?? null, limit: 2 })).toMatchObject([
    { action: 'run.started', detail: { campaign: 'welcome' } },
  ])
})

describe('limits', () => {
  test('make an address wait that shows unknown tokens, for a minute, and no other', ({ desk: { clock } }) => {
    const failed = new FailedLogins(clock, 3)
    for (const _ of [1, 2, 3]) {
      expect(failed.waitMs('192.0.2.1')).toBe(0)
      failed.note('192.0.2.1')
    }
    expect(failed.waitMs('192.0.2.1')).toBe(60_000)
    expect(failed.waitMs('192.0.2.2')).toBe(0)
    clock.at += 60_000
    expect(failed.waitMs('192.0.2.1')).toBe(0)
  })

  test('remember the addresses of the last ten thousand only', ({ desk: { clock } }) => {
    const failed = new FailedLogins(clock, 1)
    for (let i = 0; i <= 10_000; i++) failed.note(`10.0.${i >> 8}.${i & 255}`)
    expect(failed.waitMs('10.0.0.0')).toBe(0)
    expect(failed.waitMs('10.0.0.1')).toBeGreaterThan(0)
  })

  test('let a token make so many calls a second, and two seconds of them at once', ({ desk: { clock } }) => {
    const rate = new CallRate(clock, 10)
    const taken = (): number => Array.from({ length: 50 }, () => rate.take('t')).filter((wait) => wait === 0).length
    expect(taken()).toBe(20)
    expect(rate.take('t')).toBe(100)
    expect(rate.take('other')).toBe(0)
    clock.at += 500
    expect(taken()).toBe(5)
    clock.at += 3_600_000
    expect(taken()).toBe(20)
  })
})
