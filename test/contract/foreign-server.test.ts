import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { startHttpbin, startWireMock } from '../support/foreign-servers.ts'
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

  test('WireMock with one stub takes everything from everybody', { timeout: 120_000 }, async () => {
    await using cleanUp = new AsyncDisposableStack()
    const url = await startWireMock(cleanUp)
    const stub = { request: { method: 'POST', urlPath: '/messages' }, response: { jsonBody: { success: true } } }
    await fetch(`${url}/__admin/mappings`, { method: 'POST', body: JSON.stringify(stub) })
    expect(notPassed(await check(`${url}/messages`))).toMatchObject({
      no_credentials: 'fail',
      wrong_credentials: 'fail',
      www_authenticate: 'cannot_tell',
      failure_body: 'cannot_tell',
      broken_json: 'fail',
      clock: 'cannot_tell',
    })
  })

  test('httpbin sends back what it got, and lets everybody in', { timeout: 120_000 }, async () => {
    await using cleanUp = new AsyncDisposableStack()
    const url = await startHttpbin(cleanUp)
    const report = await check(`${url}/post`, {
      only: ['no_credentials', 'wrong_credentials', 'valid_call', 'success_body', 'failure_body', 'broken_json'],
    })
    expect(notPassed(report)).toEqual({
      no_credentials: 'fail',
      wrong_credentials: 'fail',
      success_body: 'warn',
      failure_body: 'cannot_tell',
      broken_json: 'fail',
    })
    expect(notPassed(await check(`${url}/basic-auth/nobody/nothing`, { only: ['valid_call'] }))).toEqual({
      valid_call: 'fail',
    })
  })
})
