import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { check, notPassed, test as base } from './fixture.ts'

const JSON_SERVER = fileURLToPath(import.meta.resolve('json-server/lib/bin.js'))
const ECHO_SERVER = fileURLToPath(import.meta.resolve('http-echo-server'))
/** By themselves they would listen on every address of the machine. */
const RUN = { flags: ['--import', new URL('loopback-only.ts', import.meta.url).href], isQuiet: true }

const test = base.extend<{ jsonServer: string }>({
  jsonServer: async ({ spawnServer }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'json-server-'))
    writeFileSync(join(folder, 'db.json'), '{"messages": []}')
    await use(await spawnServer(JSON_SERVER, { ...RUN, args: ['db.json'], cwd: folder }))
    rmSync(folder, { recursive: true, force: true })
  },
})

// WireMock needs Java and is tried by hand (the npm package `wiremock`, 3.13.2, with a stub that answers 200 to each POST):
// no_credentials, wrong_credentials and broken_json fail; https is a warning; certificate, www_authenticate, failure_body
// and clock (it sends no Date) cannot be told; all else passes.
describe('servers that know nothing of the contract', () => {
  test('json-server takes everything from everybody, and breaks over what is broken or large', async ({
    jsonServer,
  }) => {
    expect(notPassed(await check(`${jsonServer}/messages`))).toEqual({
      https: 'warn',
      certificate: 'cannot_tell',
      no_credentials: 'fail',
      wrong_credentials: 'fail',
      www_authenticate: 'cannot_tell',
      valid_call: 'warn',
      success_body: 'warn',
      failure_body: 'cannot_tell',
      broken_json: 'fail',
      duplicate_key: 'cannot_tell',
      large_body: 'fail',
    })
  })

  test('json-server has no such route, and is called no further', async ({ jsonServer }) => {
    const { checks } = await check(`${jsonServer}/nowhere`, { only: ['valid_call', 'success_body', 'latency_200'] })
    expect(checks).toMatchObject([
      { id: 'valid_call', status: 'fail', evidence: { http_status: 404 } },
      { id: 'success_body', status: 'cannot_tell' },
      { id: 'latency_200', status: 'cannot_tell' },
    ])
  })

  test('http-echo-server sends back what it got, as text, and lets everybody in', async ({ spawnServer }) => {
    const url = await spawnServer(ECHO_SERVER, { ...RUN, args: ['0'] })
    // It ends its answers after two seconds: as few calls as will do.
    const report = await check(url, { only: ['no_credentials', 'valid_call', 'success_body', 'broken_json', 'clock'] })
    expect(notPassed(report)).toEqual({
      no_credentials: 'fail',
      valid_call: 'warn',
      success_body: 'cannot_tell',
      broken_json: 'fail',
      clock: 'cannot_tell',
    })
  })
})
