import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { EndpointSecrets } from '../../src/events/endpoint-secrets.ts'
import { EVENTS_MIGRATIONS } from '../../src/events/events-schema.ts'
import { resealSecrets } from '../../src/events/reseal-secrets.ts'
import { GroupStore } from '../../src/ledger/group-store.ts'
import { provideSecretKeys, Vault } from '../../src/vault/vault.ts'
import { test } from './fixture.ts'

const [OLD = '', NEW = '', LOST = ''] = Array.from({ length: 3 }, () => randomBytes(32).toString('base64'))
const NEVER = new AbortController().signal

function vaultOf(...keys: readonly string[]): Vault {
  const env = { HOOKCAST_SECRET_KEY: keys.join(',') }
  return new Vault(provideSecretKeys({ env, dataFolder: '/nowhere', warn: () => undefined }))
}

/** A store of endpoints that were given secrets under one key. */
async function storeIn(folder: string, vault: Vault, count: number): Promise<GroupStore> {
  const path = join(folder, 'secrets.db')
  const store = new GroupStore({ path, clock: systemClock, migrations: EVENTS_MIGRATIONS, name: 'The store' })
  const secrets = new EndpointSecrets(store, { clock: systemClock, vault })
  await store.commit((statements) => {
    statements.run(`INSERT INTO app VALUES (1, 'app', NULL, 'Acme', NULL, '{}', 0, 0, NULL)`)
    for (let key = 1; key <= count; key++) {
      statements.run(
        `INSERT INTO endpoint (key, id, app, url, description, headers, metadata, state, made_at, changed_at)
         VALUES (?, ?, 1, '', '', '{}', '{}', 'active', 0, 0)`,
        key,
        `ep_${key}`,
      )
      secrets.begin(statements, { key, id: `ep_${key}` }, `secret ${key}`)
    }
  })
  return store
}

test('is done with the old key once every secret was sealed anew, also after it was cut short', async ({ on }) => {
  const count = 230
  using store = await storeIn(on.folder, vaultOf(OLD), count)
  const both = vaultOf(NEW, OLD)
  const stop = new AbortController()
  const cut = resealSecrets(store, { vault: both, signal: stop.signal })
  stop.abort()
  const { resealed: first } = await cut
  expect(first).toBe(100)
  const { resealed, unopened } = await resealSecrets(store, { vault: both, signal: NEVER })
  expect([resealed, unopened]).toEqual([count - first, 0])
  expect(await resealSecrets(store, { vault: both, signal: NEVER })).toEqual({ resealed: 0, unopened: 0 })
  const without = new EndpointSecrets(store, { clock: systemClock, vault: vaultOf(NEW) })
  const owners = Array.from({ length: count }, (_, i) => ({ key: i + 1, id: `ep_${i + 1}` }))
  expect(owners.map((owner) => without.current(owner))).toEqual(owners.map(({ key }) => `secret ${key}`))
})

test('passes over what no key opens, and counts it', async ({ on }) => {
  using store = await storeIn(on.folder, vaultOf(OLD), 3)
  const sealed = vaultOf(LOST).seal('secret', { record: 'endpoint/ep_2/1' })
  await store.commit((statements) => void statements.run('UPDATE secret SET sealed = ? WHERE endpoint = 2', sealed))
  expect(await resealSecrets(store, { vault: vaultOf(NEW, OLD), signal: NEVER })).toEqual({ resealed: 2, unopened: 1 })
  expect(store.get('SELECT sealed FROM secret WHERE endpoint = 2')).toEqual({ sealed })
})

test('leaves alone what was rotated meanwhile', async ({ on }) => {
  using store = await storeIn(on.folder, vaultOf(OLD), 1)
  const both = vaultOf(NEW, OLD)
  const rotated = both.seal('rotated', { record: 'endpoint/ep_1/1' })
  const other = store.commit((statements) => void statements.run('UPDATE secret SET sealed = ?', rotated))
  const going = resealSecrets(store, { vault: both, signal: NEVER })
  await other
  expect(await going).toEqual({ resealed: 0, unopened: 0 })
  expect(store.get('SELECT sealed FROM secret')).toEqual({ sealed: rotated })
})
