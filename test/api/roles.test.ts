import { describe, expect } from 'vitest'
import { DOCUMENT, test, WHO, type Who } from './fixture.ts'

interface Listed {
  readonly operationId: string
  readonly 'x-roles': readonly string[]
  readonly 'x-personal-data'?: boolean
  /** Empty where a signature stands for a token. */
  readonly security?: readonly unknown[]
}

const { paths } = DOCUMENT as { paths: Readonly<Record<string, Readonly<Record<string, Listed>>>> }
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, listed]) => ({ path, method: method.toUpperCase(), ...listed })),
)
const NOBODY = '01900000-0000-7000-8000-000000000000'

/** What the document says of who may do it, whatever comes of it then. */
function mayDo(who: Who, { 'x-roles': roles, 'x-personal-data': isPersonal }: Listed): boolean {
  const role = who === 'granted' ? 'viewer' : who
  return roles.includes(role) && (isPersonal !== true || who !== 'viewer')
}

const asksForToken = ({ security }: Listed): boolean => security === undefined

describe('each operation of the document', () => {
  test('lets in the roles that it names, and nobody else', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const places = (path: string): string =>
      path.replace('{campaign}', 'nothing').replace('{run_id}', NOBODY).replace('{token_id}', 'nobody')
    const table = operations.filter(asksForToken).flatMap((listed) => WHO.map((who) => ({ who, ...listed })))
    for (const { who, method, path, operationId, ...listed } of table) {
      const response = await desk.send(places(path), { who, method })
      const seen = `${operationId} as ${who}: ${response.status}`
      await response.body?.cancel()
      if (mayDo(who, { operationId, ...listed })) expect(seen).not.toMatch(/40[13]$/)
      else expect(seen).toBe(`${operationId} as ${who}: 403`)
    }
    expect(desk.unexpected).toEqual([])
    expect(desk.receiver.count).toBe(0)
  })

  test('asks for a token, but where a signature stands for it', async ({ desk }) => {
    const signed = operations.filter((listed) => !asksForToken(listed))
    expect(signed.map(({ operationId }) => operationId)).toEqual(['acceptSignedTrigger'])
    for (const who of WHO) {
      expect((await desk.send('/v1/triggers/shop', { who, method: 'POST' })).status).toBe(401)
    }
  })

  test('lets in nobody without a token', async ({ desk }) => {
    for (const { path, method } of operations) {
      for (const headers of [{}, { Authorization: 'Bearer hc_nobody' }, { Authorization: `Basic ${btoa('a:b')}` }]) {
        const response = await fetch(`${desk.url}${path.replaceAll(/\{\w+\}/g, 'x')}`, {
          method,
          headers: headers as object,
        })
        expect(response.status, `${method} ${path}`).toBe(response.status === 429 ? 429 : 401)
        if (response.status === 401) expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
        expect(response.headers.get('Content-Type')).toBe('application/problem+json')
      }
    }
  })

  test('is reached by an app only where it asks who it is', () => {
    expect(operations.filter((listed) => mayDo('app', listed)).map(({ operationId }) => operationId)).toEqual([
      'showActor',
    ])
  })

  test('writes, where it is no GET, only for those whose work it is', () => {
    const writing = operations.filter(({ method }) => method !== 'GET')
    expect(writing.filter((listed) => mayDo('viewer', listed) || mayDo('granted', listed))).toEqual([])
  })
})

describe('tokens', () => {
  test('are made, shown once, listed without, and revoked', async ({ desk }) => {
    const client = desk.client()
    const body = { name: 'board', role: 'viewer', grants: [] } as const
    const { data: made, response } = await client.POST('/v1/tokens', { body: { ...body, grants: [] } })
    expect(response.status).toBe(201)
    const headers = { Authorization: `Bearer ${made!.token}` }
    const me = await client.GET('/v1/me', { headers })
    expect(me.data).toEqual({ token_id: made!.id, name: 'board', role: 'viewer', grants: [] })
    const { data: listed } = await client.GET('/v1/tokens', { params: { query: { limit: 1 } } })
    expect(listed).toMatchObject({
      tokens: [{ id: made!.id, prefix: made!.token!.slice(0, 9) }],
      next_cursor: made!.id,
    })
    expect(JSON.stringify(listed)).not.toContain(made!.token)
    const { data: revoked } = await client.DELETE('/v1/tokens/{token_id}', { params: { path: { token_id: made!.id } } })
    expect(revoked!.revoked_at).not.toBeNull()
    expect((await client.GET('/v1/me', { headers })).error).toMatchObject({ status: 401, code: 'HOOKCAST_API_DENIED' })
    const audit = await client.GET('/v1/audit', { params: { query: { limit: 1 } } })
    expect(audit.data!.entries).toMatchObject([
      { action: 'token.revoked', subject: made!.id, actor: { name: 'admin' } },
    ])
    const older = await client.GET('/v1/audit', { params: { query: { cursor: audit.data!.next_cursor! } } })
    expect(older.data).toMatchObject({ entries: [{ action: 'token.made' }], next_cursor: null })
  })

  test('show a viewer customers only when that was granted', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const { run_id } = await desk.ran('welcome')
    const results = async (who: Who): Promise<number> => (await desk.send(`/v1/runs/${run_id}/results`, { who })).status
    expect([await results('viewer'), await results('granted'), await results('editor')]).toEqual([403, 200, 200])
  })

  test('show a viewer no sample of an abort', async ({ openDesk }) => {
    const desk = await openDesk({ receiver: { answer: () => ({ status: 401, body: 'who is c-0' }) } })
    desk.writeCampaign('welcome')
    const { run_id } = await desk.ran('welcome')
    const samples = async (who: Who): Promise<number> => {
      const { data } = await desk.client(who).GET('/v1/runs/{run_id}', { params: { path: { run_id } } })
      return data!.aborts[0]!.samples.length
    }
    expect([await samples('viewer'), await samples('granted')]).toEqual([0, 1])
    expect(await (await desk.send(`/v1/runs/${run_id}/progress`, { who: 'viewer' })).text()).not.toContain('who is')
  })
})

describe('limits', () => {
  test('hold up an address that shows unknown tokens, and nobody with a known one', async ({ openDesk }) => {
    const desk = await openDesk({ limits: { failedLogins: 2 } })
    const tried = async (address: string, token: string): Promise<Response> =>
      fetch(`${desk.url}/v1/me`, { headers: { Authorization: `Bearer ${token}`, 'X-Test-Address': address } })
    expect((await tried('192.0.2.1', 'hc_guess')).status).toBe(401)
    expect((await tried('192.0.2.1', 'hc_guess')).status).toBe(401)
    const limited = await tried('192.0.2.1', 'hc_guess')
    expect([limited.status, limited.headers.get('Retry-After')]).toEqual([429, '60'])
    expect(await limited.json()).toMatchObject({ code: 'HOOKCAST_API_LIMIT' })
    expect((await tried('192.0.2.2', 'hc_guess')).status).toBe(401)
    expect((await tried('192.0.2.1', desk.tokens.viewer)).status).toBe(200)
  })

  test('hold up a token that asks too often, and no other', async ({ openDesk }) => {
    const desk = await openDesk({ limits: { callsPerSecond: 1 } })
    const asked = async (who: Who): Promise<number> => (await desk.send('/v1/me', { who })).status
    const seen = [await asked('viewer'), await asked('viewer'), await asked('viewer'), await asked('viewer')]
    expect(seen.slice(0, 2)).toEqual([200, 200])
    expect(seen).toContain(429)
    expect(await asked('editor')).toBe(200)
  })
})
