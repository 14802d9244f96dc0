import { createHash } from 'node:crypto'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { clientTypes } from '../../src/api/client-types.ts'
import { openApi } from '../../src/api/document.ts'
import { OPERATIONS } from '../../src/api/operations.ts'
import { problemFrom } from '../../src/api/problem.ts'
import { ERROR_CODES, HookcastError, type ErrorCode } from '../../src/errors.ts'
import { readText } from '../support/page.ts'
import { DOCUMENT, test } from './fixture.ts'

const json = { 'Content-Type': 'application/json' }

describe('a problem', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('has a status for %s, and leads to the page', (code) => {
    const problem = problemFrom(new HookcastError(code, 'What happened: this'))
    expect(problem.status).toBeGreaterThanOrEqual(400)
    expect(problem).toMatchObject({
      code,
      type: `/docs#${code}`,
      detail: 'What happened: this',
      title: ERROR_CODES[code].means,
    })
  })

  it('says nothing of a defect but that there is one', () => {
    const problem = problemFrom(new TypeError('secret of c-17'))
    expect(problem).toMatchObject({ status: 500, code: 'HOOKCAST_UNEXPECTED' })
    expect(JSON.stringify(problem)).not.toContain('c-17')
  })

  test('names each thing that is wrong with a body, and not what was found', async ({ desk }) => {
    const body = JSON.stringify({ nam: 'x', role: 'boss-canary', grants: ['all-canary'] })
    const response = await desk.send('/v1/tokens', { method: 'POST', body, headers: json })
    const problem = (await response.json()) as { problems: object[]; detail: string }
    expect(response.status).toBe(400)
    expect(problem.problems).toEqual([
      { at: '/name', message: 'expected `name` to be a text' },
      { at: '/role', message: 'expected `role` to be one of admin, editor, operator, viewer, app' },
      { at: '/grants/0', message: 'expected `grants.0` to be one of personal_data' },
      { at: '/', message: 'unknown key: nam, did you mean name?' },
    ])
    expect(JSON.stringify(problem)).not.toContain('canary')
  })

  test.for([
    ['{"name":', 400],
    ['[]', 400],
    ['null', 400],
    ['"text"', 400],
    ['{"name":"x","role":"viewer","expires_at":"2001-01-01T00:00:00Z"}', 400],
    ['{"name":"x","role":"viewer","expires_at":"tomorrow"}', 400],
    ['{"__proto__":{"role":"admin"},"name":"x"}', 400],
  ] as const)('answers a body that is none: %s', async ([body, status], { desk }) => {
    const response = await desk.send('/v1/tokens', { method: 'POST', body, headers: json })
    expect([response.status, await response.json()]).toMatchObject([status, { code: 'HOOKCAST_API_REQUEST' }])
  })

  test('tells routes and methods that there are not', async ({ desk }) => {
    const unknown = await desk.send('/v1/nothing')
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'HOOKCAST_API_UNKNOWN' }])
    const method = await desk.send('/v1/runs', { method: 'PUT' })
    expect([method.status, method.headers.get('Allow')]).toEqual([405, 'GET'])
    const query = await desk.send('/v1/runs?limits=3')
    expect(await query.json()).toMatchObject({ detail: 'unknown key: limits, did you mean limit?', status: 400 })
  })

  test('is what becomes of a defect, which whoever runs the service is told', async ({ openDesk }) => {
    let isBroken = false
    const desk = await openDesk({
      surroundings: {
        senders: () => {
          if (isBroken) throw new TypeError('secret of c-17')
          return 1
        },
      },
    })
    desk.writeCampaign('welcome')
    isBroken = true
    const response = await desk.send('/v1/campaigns/welcome/dry-run', { method: 'POST' })
    expect([response.status, await response.json()]).toMatchObject([500, { code: 'HOOKCAST_UNEXPECTED' }])
    expect(desk.unexpected).toMatchObject([{ message: 'secret of c-17' }])
  })

  test('comes with the headers that keep browsers away from it', async ({ desk }) => {
    for (const path of ['/v1/me', '/v1/nothing', '/docs', '/openapi.json']) {
      const { headers } = await desk.send(path, { headers: { Origin: 'https://elsewhere.example' } })
      expect(headers.get('X-Content-Type-Options'), path).toBe('nosniff')
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'")
      expect(headers.get('Access-Control-Allow-Origin')).toBeNull()
    }
  })
})

describe('the document', () => {
  const { version } = JSON.parse(readText('package.json')) as { version: string }
  const current = openApi(OPERATIONS, version)

  it('is current in schemas/, and so are the types of clients', () => {
    expect(DOCUMENT).toEqual(JSON.parse(JSON.stringify(current)))
    expect(readText('schemas/openapi.d.ts')).toBe(clientTypes(current))
  })

  it('is OpenAPI 3.1', async () => {
    expect(await new Validator().validate(structuredClone(DOCUMENT) as Record<string, unknown>)).toEqual({
      valid: true,
    })
  })

  it('names each operation once, and says of each who may do it', () => {
    const ids = OPERATIONS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(OPERATIONS.filter(({ roles, isSigned }) => roles.length === 0 && isSigned !== true)).toEqual([])
  })

  test('is served to everybody, with a page that fetches nothing', async ({ desk }) => {
    const served = await (await fetch(`${desk.url}/openapi.json`)).json()
    expect(served).toEqual(DOCUMENT)
    const response = await fetch(`${desk.url}/docs`)
    const page = await response.text()
    expect(page).not.toMatch(/<script|<img|<link|src=|@import|https?:\/\//)
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(response.headers.get('Content-Security-Policy')).toContain(`style-src 'sha256-${hash}'`)
    for (const { path } of OPERATIONS) expect(page).toContain(path)
    for (const code of Object.keys(ERROR_CODES)) expect(page).toContain(`id="${code}"`)
  })
})
