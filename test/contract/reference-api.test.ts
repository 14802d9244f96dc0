import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect } from 'vitest'
import { CHECK_IDS, parsePayload, referencePayload, type Credentials } from '../../src/contract/contract.ts'
import { createAuthority } from '../support/certificates.ts'
import { check, notPassed, REFERENCE_API, test as base, USER } from './fixture.ts'

const authority = createAuthority('contract')
const folder = mkdtempSync(join(tmpdir(), 'contract-'))
afterAll(() => {
  authority.remove()
  rmSync(folder, { recursive: true })
})
const { cert, key } = authority.issue()
writeFileSync(join(folder, 'cert.pem'), cert)
writeFileSync(join(folder, 'key.pem'), key)

const test = base.extend<{ startApi: (env?: Readonly<Record<string, string>>) => Promise<string> }>({
  startApi: async ({ spawnServer }, use) => {
    await use((env) =>
      spawnServer(REFERENCE_API, {
        cwd: folder,
        env: {
          PORT: '0',
          ADMIN_PORT: 'off',
          LOG_LEVEL: 'off',
          // A comma would begin another user.
          API_USERS: 'acme:correct horse',
          TLS_CERT: 'cert.pem',
          TLS_KEY: 'key.pem',
          ...env,
        },
      }),
    )
  },
})
const credentials: Credentials = { ...USER, password: 'correct horse' }

describe('the reference API', () => {
  test('passes every check', async ({ startApi }) => {
    const url = `${await startApi()}/v1/messages`
    const report = await check(url, { credentials, ca: authority.ca })
    expect(notPassed(report)).toEqual({})
    expect(report).toMatchObject({ schema: 1, url, grade: 'pass' })
    expect(report.checks.map(({ id }) => id)).toEqual(CHECK_IDS)
    expect(report.checks.map(({ fix }) => fix)).toEqual(CHECK_IDS.map(() => null))
  })

  test('passes every check of its batches', async ({ startApi }) => {
    const url = `${await startApi()}/v1/messages/batch`
    const payload = referencePayload({ isBatch: true })
    expect(notPassed(await check(url, { credentials, ca: authority.ca, payload }))).toEqual({})
  })

  test('passes every check with keys in the body, which the payload puts there', async ({ startApi }) => {
    const url = `${await startApi({ IDEMPOTENCY: 'required', IDEMPOTENCY_FIELD: '/request_id' })}/v1/messages`
    const body = { request_id: '{{ request.id }}', customer_id: 'c-1', to: '+447700900123', text: 'Hi "Zoë"' }
    const payload = parsePayload(JSON.stringify(body), { isBatch: false })
    expect(notPassed(await check(url, { credentials, ca: authority.ca, payload }))).toEqual({})
  })

  test('without redirects, over plain http on loopback, is no more than a warning', async ({ startApi }) => {
    const url = await startApi({ TLS_CERT: '', TLS_KEY: '' })
    const report = await check(`${url}/v1/messages`, { credentials, only: ['https', 'certificate', 'valid_call'] })
    expect(notPassed(report)).toEqual({ https: 'warn', certificate: 'cannot_tell' })
    expect(report.grade).toBe('warn')
  })

  test('at an unknown route is found by the valid call', async ({ startApi }) => {
    const url = `${await startApi()}/v2/messages`
    const report = await check(url, { credentials, ca: authority.ca })
    expect(report.checks.filter(({ status }) => status === 'fail').map(({ id }) => id)).toEqual(['valid_call'])
  })

  test('with all its faults at work is warned about at least', async ({ startApi }) => {
    const url = `${await startApi({ FAULTS: 'status:503:0.5:1,reset:0.4,attempts:1000' })}/v1/messages`
    // The faults choose their customers: this one is among those who meet one.
    const payload = parsePayload('{"customer_id":"c-2","to":"+447700900123","text":"x"}', { isBatch: false })
    const report = await check(url, { credentials, ca: authority.ca, payload })
    expect(report.grade).toBe('fail')
  })
})
