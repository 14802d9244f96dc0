import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, describe, expect } from 'vitest'
import type { CheckId } from '../../src/contract/contract.ts'
import { createAuthority } from '../support/certificates.ts'
import { check, notPassed, test } from './fixture.ts'

const authority = createAuthority('contract')
const stranger = createAuthority('stranger')
afterAll(() => {
  authority.remove()
  stranger.remove()
})

const DAY_MS = 86_400_000
const ONLY: readonly CheckId[] = ['https', 'certificate', 'valid_call', 'clock']

/** A moment as openssl reads it, so many days from now. */
function daysFromNow(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
}

/** Half a day more, so that no test stands at a border while it runs. */
function lasting(days: number, { since }: { readonly since: number }): ReturnType<typeof authority.issue> {
  return authority.issue({ from: daysFromNow(-since), until: daysFromNow(days + 0.5) })
}

describe('a certificate', () => {
  test.for([
    [90, 0, 'pass'],
    [20, 70, 'pass'],
    [13, 77, 'warn'],
    [0, 90, 'warn'],
    // Those that live for six days are renewed every few days: four left is as it should be, one is not.
    [4, 2, 'pass'],
    [1, 5, 'warn'],
  ] as const)('with %i days left of its time, after %i, is %s', async ([days, since, status], { serve }) => {
    const { url } = await serve({ tls: lasting(days, { since }) })
    const { checks } = await check(url, { ca: authority.ca, only: ONLY })
    expect(checks).toMatchObject([
      { id: 'https', status: 'pass' },
      { id: 'certificate', status, evidence: { days_left: days } },
      { id: 'valid_call', status: 'pass' },
      { id: 'clock', status: 'pass' },
    ])
  })

  test.for([
    ['of a stranger', () => stranger.issue(), /unknown authority \(trust it with --ca\)/],
    [
      'for another name',
      () => authority.issue({ names: 'DNS:sms.example.com' }),
      /for another host \(sms\.example\.com\)/,
    ],
    ['that has expired', () => lasting(-2, { since: 10 }), /has expired/],
    ['that is not valid yet', () => authority.issue({ from: daysFromNow(2) }), /not valid yet/],
  ] as const)('%s is found by https alone', async ([, issue, message], { serve }) => {
    const receiver = await serve({ tls: issue() })
    const report = await check(receiver.url, { ca: authority.ca })
    const failed = report.checks.filter(({ status }) => status !== 'cannot_tell')
    expect(failed).toMatchObject([{ id: 'https', status: 'fail', evidence: { error: 'tls' } }])
    expect(failed[0]?.message).toMatch(message)
    expect(receiver.count).toBe(0)
  })

  test('is looked at under a name as well as under an address', async ({ serve }) => {
    const tls = lasting(30, { since: 1 })
    const { port } = await serve({ tls })
    const { checks } = await check(`https://localhost:${port}/`, { ca: authority.ca, only: ['certificate'] })
    const until = new Date(new X509Certificate(tls.cert).validTo).toISOString()
    expect(checks).toMatchObject([{ status: 'pass', evidence: { days_left: 30, valid_until: until } }])
  })
})

describe('what is not HTTPS', () => {
  test('is found by https when it is called by that name', async ({ serve }) => {
    const { port } = await serve()
    const report = await check(`https://127.0.0.1:${port}/`, { only: ONLY })
    expect(notPassed(report)).toMatchObject({ https: 'fail', valid_call: 'cannot_tell' })
  })

  test.for(['http://192.0.2.1/v1', 'http://sms.example.com/v1', 'http://10.0.0.1:8080/'])(
    '%s is not called at all',
    async (url) => {
      const report = await check(url, { networkAllow: ['192.0.2.0/24', '10.0.0.0/8'] })
      const told = report.checks.filter(({ status }) => status !== 'cannot_tell')
      expect(told).toMatchObject([{ id: 'https', status: 'fail', message: expect.stringMatching(/^Nothing was sent/) }])
      expect(report.grade).toBe('fail')
    },
  )

  test('is no reason to wait for ever: a server that never says a word', { timeout: 30_000 }, async () => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const report = await check(`https://127.0.0.1:${port}/`, { only: ['valid_call', 'certificate'] })
    expect(report.checks).toMatchObject([
      { id: 'certificate', status: 'cannot_tell' },
      { id: 'valid_call', status: 'fail', evidence: { error: 'connect' } },
    ])
    server.close()
  })
})

describe('an address that may not be called', () => {
  test('is told with what to write', async () => {
    const { checks } = await check('https://10.11.12.13/', { only: ['valid_call'] })
    expect(checks).toMatchObject([
      { status: 'fail', evidence: { error: 'blocked' }, fix: expect.stringContaining('network.campaigns.allow') },
    ])
  })
})
