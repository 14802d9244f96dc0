import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { basicHeader, createAuthenticator } from '../src/auth.ts'
import { Api, GOOD } from './test-api.ts'

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

describe('createAuthenticator', () => {
  const authenticate = createAuthenticator([
    { name: 'acme', password: 'old' },
    { name: 'acme', password: 'new: with a colon' },
    { name: 'jiří', password: 'heslo č. 1 🔑' },
  ])

  it('knows each of two passwords while one replaces the other', () => {
    assert.equal(authenticate(basicHeader('acme', 'old')), 'acme')
    assert.equal(authenticate(basicHeader('acme', 'new: with a colon')), 'acme')
  })

  it('reads user and password as UTF-8', () => {
    assert.equal(authenticate(basicHeader('jiří', 'heslo č. 1 🔑')), 'jiří')
    const latin1 = Buffer.from('jiøí:heslo', 'latin1').toString('base64')
    assert.equal(authenticate(`Basic ${latin1}`), null)
  })

  it('takes the scheme in any case, more spaces, and base64 without padding', () => {
    const token = basicHeader('acme', 'old').slice('Basic '.length)
    for (const header of [`basic ${token}`, `BASIC   ${token}`, `Basic ${token.replaceAll('=', '')}`]) {
      assert.equal(authenticate(header), 'acme', header)
    }
  })

  it('knows nobody else', () => {
    const headers = [
      undefined,
      '',
      'Basic',
      'Basic ',
      `Bearer ${Buffer.from('acme:old').toString('base64')}`,
      basicHeader('acme', ''),
      basicHeader('acme', 'Old'),
      basicHeader('acme', 'old '),
      basicHeader('', 'old'),
      `${basicHeader('acme', 'old')}, ${basicHeader('acme', 'old')}`,
      `Basic ${'A'.repeat(10_000)}`,
    ]
    for (const header of headers) assert.equal(authenticate(header), null, header)
  })

  it('takes as long for a header that is nearly right as for one that is all wrong', () => {
    const right = basicHeader('acme', 'old')
    const near = `${right.slice(0, -2)}X${right.at(-1) ?? ''}`
    const far = `Basic ${'X'.repeat(right.length - 6)}`
    const spans = { near: [] as number[], far: [] as number[] }
    for (let round = 0; round < 400; round += 1) {
      for (const [name, header] of [
        ['near', near],
        ['far', far],
      ] as const) {
        const startedAt = performance.now()
        for (let time = 0; time < 50; time += 1) authenticate(header)
        spans[name].push(performance.now() - startedAt)
      }
    }
    const ratio = median(spans.near) / median(spans.far)
    assert.ok(ratio > 0.7 && ratio < 1.4, `a ratio near 1, got ${ratio}`)
  })
})

describe('Basic Auth over HTTP', () => {
  it('answers 401 with a challenge, and never says which part was wrong', async () => {
    await using api = await Api.start()
    const wrong = [null, basicHeader('acme', 'wrong'), basicHeader('nobody', 'wrong'), 'Bearer x']
    const replies = await Promise.all(
      wrong.map((authorization) => api.send('/v1/messages', GOOD, { headers: { authorization } })),
    )
    for (const { status, headers, body } of replies) {
      assert.equal(status, 401)
      assert.equal(headers.get('www-authenticate'), 'Basic realm="api", charset="UTF-8"')
      assert.deepEqual(body, replies[0]?.body)
    }
  })
})
