import { describe, expect } from 'vitest'
import type { CheckId, Finding } from '../../src/contract/contract.ts'
import type { Received, Reply } from '../support/receiver.ts'
import { check, failure, LOADS, notPassed, rightfulApi, test, USER, type Answer } from './fixture.ts'

/** What is so of every server here: it speaks plain http on loopback. */
const PLAIN_HTTP = { https: 'warn', certificate: 'cannot_tell' } as const

type Found = Partial<Record<CheckId, Finding['status']>>

const hasCredentials = ({ headers }: Received): boolean => headers['authorization'] !== undefined
const isBroken = ({ body }: Received): boolean => body !== '' && !body.trimEnd().endsWith('}')
const isSpoiled = ({ body }: Received): boolean => body.includes('"to":""') || body.includes('xxxxx')
const isLarge = ({ body }: Received): boolean => body.length > 1_000_000

/** A rightful API but for what `change` makes of a request and its answer. */
function wrong(change: (request: Received, reply: Reply) => Reply): Answer {
  const answer = rightfulApi()
  return (request) => change(request, answer(request))
}

/** One fault each, and what it has to be found by. */
const FAULTS: Readonly<Record<string, { readonly answer: () => Answer; readonly found: Found }>> = {
  'lets in who has no credentials': {
    answer: () =>
      wrong((request, reply) => (hasCredentials(request) ? reply : { body: { success: true, result: {} } })),
    found: { no_credentials: 'fail' },
  },
  'lets in whoever has some': {
    answer: () => {
      const right = rightfulApi()
      return (request) => {
        const reply = right(request)
        const isRefused = 'status' in reply && reply.status === 401
        return isRefused && hasCredentials(request) ? { body: { success: true, result: {} } } : reply
      }
    },
    found: { wrong_credentials: 'fail' },
  },
  'refuses without credentials by 403': {
    answer: () => wrong((request, reply) => (hasCredentials(request) ? reply : { status: 403 })),
    found: { no_credentials: 'warn' },
  },
  'hides behind 404 from who has no credentials': {
    answer: () => wrong((request, reply) => (hasCredentials(request) ? reply : { status: 404 })),
    found: { no_credentials: 'fail' },
  },
  'breaks over wrong credentials': {
    answer: () =>
      wrong((request, reply) =>
        'status' in reply && reply.status === 401 && hasCredentials(request) ? { status: 500 } : reply,
      ),
    found: { wrong_credentials: 'fail' },
  },
  'has no WWW-Authenticate': {
    answer: () => wrong((_, reply) => ('status' in reply && reply.status === 401 ? { status: 401 } : reply)),
    found: { www_authenticate: 'warn' },
  },
  'names another scheme in WWW-Authenticate': {
    answer: () =>
      wrong((_, reply) =>
        'status' in reply && reply.status === 401
          ? { status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } }
          : reply,
      ),
    found: { www_authenticate: 'warn' },
  },
  'answers with 202': {
    answer: () => wrong((_, reply) => ('status' in reply ? reply : { ...reply, status: 202 })),
    found: { valid_call: 'warn', failure_body: 'warn' },
  },
  'answers JSON as HTML': {
    answer: () =>
      wrong((request, reply) =>
        'status' in reply || isSpoiled(request) ? reply : { ...reply, headers: { 'content-type': 'text/html' } },
      ),
    found: { valid_call: 'fail' },
  },
  'answers JSON that is none': {
    answer: () =>
      wrong((request, reply) => ('status' in reply || isSpoiled(request) ? reply : { body: '{"success":' })),
    found: { valid_call: 'fail', success_body: 'cannot_tell' },
  },
  'says true in quotation marks': {
    answer: () =>
      wrong((request, reply) => ('status' in reply || isSpoiled(request) ? reply : { body: { success: 'true' } })),
    found: { success_body: 'fail' },
  },
  'has no result': {
    answer: () =>
      wrong((request, reply) => ('status' in reply || isSpoiled(request) ? reply : { body: { success: true } })),
    found: { success_body: 'warn' },
  },
  'has no success': {
    answer: () =>
      wrong((request, reply) => ('status' in reply || isSpoiled(request) ? reply : { body: { message_id: 5 } })),
    found: { success_body: 'warn' },
  },
  'refuses a wrong value by 400': {
    answer: () => wrong((request, reply) => (isSpoiled(request) ? { status: 400, body: failure(1, 'no') } : reply)),
    found: { failure_body: 'fail' },
  },
  'refuses one wrong value of two by 422': {
    answer: () => wrong((request, reply) => (request.body.includes('xxxxx') ? { status: 422 } : reply)),
    found: { failure_body: 'fail' },
  },
  'breaks over a wrong value': {
    answer: () => wrong((request, reply) => (isSpoiled(request) ? { status: 500 } : reply)),
    found: { failure_body: 'fail' },
  },
  'drops the connection over a wrong value': {
    answer: () => wrong((request, reply) => (isSpoiled(request) ? { misbehave: 'close' } : reply)),
    found: { failure_body: 'fail' },
  },
  'refuses without a reason': {
    answer: () => wrong((request, reply) => (isSpoiled(request) ? { body: { success: false, error: 'no' } } : reply)),
    found: { failure_body: 'warn' },
  },
  'takes every value': {
    answer: () => {
      const right = rightfulApi()
      return (request) => right(isSpoiled(request) ? { ...request, body: '{"to":"+4","text":"x"}' } : request)
    },
    found: { failure_body: 'cannot_tell' },
  },
  'takes a body that breaks off': {
    answer: () => wrong((request, reply) => (isBroken(request) ? { body: { success: true } } : reply)),
    found: { broken_json: 'fail' },
  },
  'takes a broken body for one customer’s fault': {
    answer: () => wrong((request, reply) => (isBroken(request) ? { body: failure(1, 'not JSON') } : reply)),
    found: { broken_json: 'fail' },
  },
  'breaks over a body that breaks off': {
    answer: () => wrong((request, reply) => (isBroken(request) ? { status: 500 } : reply)),
    found: { broken_json: 'fail' },
  },
  'refuses a broken body by 422': {
    answer: () => wrong((request, reply) => (isBroken(request) ? { status: 422 } : reply)),
    found: { broken_json: 'warn' },
  },
  'does everything twice': {
    answer: () => {
      const right = rightfulApi()
      let count = 0
      return (request) => right({ ...request, key: `another-${count++}` })
    },
    found: { duplicate_key: 'cannot_tell' },
  },
  'refuses a key that comes again by 400': {
    answer: () =>
      wrong((_, reply) => ('headers' in reply && reply.headers?.['idempotency-replayed'] ? { status: 400 } : reply)),
    found: { duplicate_key: 'fail' },
  },
  'takes 1 MB at most': {
    answer: () => wrong((request, reply) => (isLarge(request) ? { status: 413 } : reply)),
    found: { large_body: 'fail' },
  },
  'drops the connection over a large body': {
    answer: () => wrong((request, reply) => (isLarge(request) ? { misbehave: 'reset' } : reply)),
    found: { large_body: 'fail' },
  },
  'closes every connection, saying so': {
    answer: () =>
      wrong((_, reply) =>
        'misbehave' in reply ? reply : { ...reply, headers: { ...reply.headers, connection: 'close' } },
      ),
    found: { keep_alive: 'warn' },
  },
  'closes every connection without a word': {
    answer: () => wrong((_, reply) => ('misbehave' in reply ? reply : { ...reply, isLast: true })),
    found: { keep_alive: 'warn' },
  },
  'lives ten minutes ahead': {
    answer: () => wrong((_, reply) => dated(reply, new Date(Date.now() + 600_000).toUTCString())),
    found: { clock: 'warn' },
  },
  'lives ten minutes behind': {
    answer: () => wrong((_, reply) => dated(reply, new Date(Date.now() - 600_000).toUTCString())),
    found: { clock: 'warn' },
  },
  'has a date of its own form': {
    answer: () => wrong((_, reply) => dated(reply, new Date().toISOString())),
    found: { clock: 'cannot_tell' },
  },
  'sends those without credentials to a page': {
    answer: () =>
      wrong((request, reply) => (hasCredentials(request) ? reply : { status: 302, headers: { location: '/login' } })),
    found: { no_redirect: 'fail', no_credentials: 'cannot_tell' },
  },
}

function dated(reply: Reply, date: string): Reply {
  return 'misbehave' in reply ? reply : { ...reply, headers: { ...reply.headers, date } }
}

describe('an API that', () => {
  test('does as the contract says passes every check', async ({ serve }) => {
    const { url } = await serve()
    const report = await check(`${url}/v1/messages`)
    expect(notPassed(report)).toEqual(PLAIN_HTTP)
    expect(report.grade).toBe('warn')
  })

  test.for(Object.entries(FAULTS))('%s is found by that alone', async ([, { answer, found }], { serve }) => {
    const { url } = await serve({ answer: answer() })
    const report = await check(`${url}/v1/messages`, { skip: LOADS })
    expect(notPassed(report)).toEqual({ ...PLAIN_HTTP, ...found })
    for (const { status, fix } of report.checks) {
      if (status === 'warn' || status === 'fail') expect(fix).toMatch(/^[A-Z].*[^.]$/)
    }
  })

  test('redirects is found by that alone, and is not followed', async ({ serve }) => {
    const receiver = await serve({ answer: () => ({ status: 308, headers: { location: '/elsewhere' } }) })
    const { checks } = await check(`${receiver.url}/v1/messages`)
    const redirect = checks.find(({ id }) => id === 'no_redirect')
    expect(redirect).toMatchObject({ status: 'fail', evidence: { http_status: 308, location: '/elsewhere' } })
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([redirect])
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(['/v1/messages']))
  })

  test.for([404, 405, 429, 500, 503])(
    'answers every call with %i is found by the valid call alone',
    async (status, { serve }) => {
      const receiver = await serve({ answer: () => ({ status }) })
      const { checks } = await check(receiver.url)
      const failed = checks.filter((each) => each.status === 'fail')
      expect(failed).toMatchObject([{ id: 'valid_call', evidence: { http_status: status } }])
      expect(receiver.count).toBe(3)
    },
  )

  test('knows no such user is called no further', async ({ serve }) => {
    const receiver = await serve()
    const credentials = { ...USER, password: 'another' }
    const report = await check(`${receiver.url}/v1/messages`, { credentials })
    expect(report.checks.filter(({ status }) => status === 'fail').map(({ id }) => id)).toEqual(['valid_call'])
    expect(receiver.count).toBe(3)
  })

  test('asks for nobody’s name is found by both', async ({ serve }) => {
    const { url } = await serve({ answer: () => ({ body: { success: true, result: { code: 1 } } }) })
    const report = await check(`${url}/v1/messages`, {
      credentials: { kind: 'none' },
      only: ['no_credentials', 'wrong_credentials', 'www_authenticate'],
    })
    expect(notPassed(report)).toEqual({
      no_credentials: 'fail',
      wrong_credentials: 'fail',
      www_authenticate: 'cannot_tell',
    })
  })

  test('is not there is told by the valid call', async ({ serve }) => {
    const receiver = await serve()
    await receiver.stop()
    const report = await check(`${receiver.url}/v1/messages`)
    const failed = report.checks.filter(({ status }) => status === 'fail')
    expect(failed).toMatchObject([{ id: 'valid_call', evidence: { error: 'connect' } }])
    expect(report.checks.filter(({ status }) => status === 'pass')).toEqual([])
    expect(report.grade).toBe('fail')
  })
})

describe('under load', () => {
  test('an API that takes 1.5 s is too slow at every number', async ({ serve }) => {
    const { url } = await serve({ answer: wrong((_, reply) => ({ ...reply, delayMs: 15 })) })
    const report = await check(`${url}/v1/messages`, { pace: 100, only: LOADS })
    expect(notPassed(report)).toEqual({ latency_1: 'fail', latency_50: 'fail', latency_200: 'fail' })
  })

  test('an API that does one thing at a time is slow when there is much to do', async ({ serve }) => {
    let last = Promise.resolve()
    const right = rightfulApi()
    const answer: Answer = async (request) => {
      last = last.then(() => new Promise((resolve) => setTimeout(resolve, 2)))
      await last
      return right(request)
    }
    const { url } = await serve({ answer })
    // At twenty times the pace its 2 ms are 40 ms: fifty of them take two seconds.
    const report = await check(`${url}/v1/messages`, { pace: 20, only: LOADS, skip: ['latency_200', 'connections'] })
    expect(report.checks.map(({ id, status }) => [id, status])).toContainEqual(['latency_50', 'fail'])
  })

  test('an API that takes fewer connections is found by that', async ({ serve }) => {
    const receiver = await serve({
      onConnection: (): 'accept' | 'reset' => (receiver.openConnections > 60 ? 'reset' : 'accept'),
    })
    const report = await check(`${receiver.url}/v1/messages`, { only: LOADS })
    expect(notPassed(report)).toEqual({ connections: 'fail', latency_200: 'cannot_tell' })
  })

  test('an API that puts off what it cannot take now is warned about, and spared more', async ({ serve }) => {
    const right = rightfulApi()
    // One valid call and forty one after the other are served, then one of four.
    const answer: Answer = (request, n) => (n > 40 && n % 4 > 0 ? { status: 503 } : right(request))
    const receiver = await serve({ answer })
    const report = await check(`${receiver.url}/v1/messages`, { only: LOADS })
    expect(notPassed(report)).toEqual({ latency_50: 'warn', connections: 'cannot_tell', latency_200: 'cannot_tell' })
    expect(receiver.count).toBe(141)
  })

  test('an API that turns a call away by 403 would stop a campaign', async ({ serve }) => {
    const right = rightfulApi()
    const { url } = await serve({ answer: (request, n) => (n === 30 ? { status: 403 } : right(request)) })
    const { checks } = await check(`${url}/v1/messages`, { only: ['latency_50'] })
    expect(checks).toMatchObject([{ id: 'latency_50', status: 'fail' }])
  })

  test('never more calls are in flight than there should be', async ({ serve }) => {
    const receiver = await serve({ isForgetful: true })
    await check(`${receiver.url}/v1/messages`, { only: ['latency_50'] })
    expect(receiver.maxInFlight).toBeLessThanOrEqual(50)
    await check(`${receiver.url}/v1/messages`)
    expect(receiver.maxInFlight).toBeLessThanOrEqual(200)
    expect(receiver.openConnections).toBeLessThanOrEqual(200)
  })
})
