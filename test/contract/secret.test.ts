import { describe, expect } from 'vitest'
import type { Credentials } from '../../src/contract/contract.ts'
import { check, LOADS, test } from './fixture.ts'

const SECRET = 'canary "91" žluť & +/= tail'
const TOKEN = 'canary-91-token-tail'

const CREDENTIALS: Readonly<
  Record<string, { readonly credentials: Credentials; readonly secrets: readonly string[] }>
> = {
  'a password': {
    credentials: { kind: 'basic', user: 'acme', password: SECRET },
    secrets: [SECRET, Buffer.from(`acme:${SECRET}`).toString('base64')],
  },
  'a token': { credentials: { kind: 'bearer', token: TOKEN }, secrets: [TOKEN] },
  'a key in a header': { credentials: { kind: 'headers', headers: [['X-Api-Key', TOKEN]] }, secrets: [TOKEN] },
}

/** However an API may write what it got. */
function writings(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
  ]
}

describe.each(Object.entries(CREDENTIALS))('%s', (_, { credentials, secrets }) => {
  test('is shown nowhere, however the API repeats it and wherever it is cut', async ({ serve }) => {
    const forms = secrets.flatMap(writings)
    let n = 0
    const { url } = await serve({
      answer({ body }) {
        const form = forms[n % forms.length]!
        // Texts are cut at 200: the secret stands before, across and behind that.
        const padding = '.'.repeat(150 + ((n++ * 7) % 60))
        if (body.includes('"to":""'))
          return { status: 302, headers: { location: `/${encodeURIComponent(secrets[0]!)}` } }
        if (n % 3 === 0) {
          return { status: 401, headers: { 'www-authenticate': `Basic ${encodeURI(secrets[0]!)}` }, body: form }
        }
        return { headers: { 'content-type': 'text/plain' }, body: `${padding}${form}` }
      },
    })
    let isMasked = false
    for (let round = 0; round < 30; round++) {
      const told = JSON.stringify(await check(url, { credentials, skip: LOADS }))
      isMasked ||= told.includes('***')
      // Nor the half of one: whatever is cut was masked before.
      for (const form of forms) {
        const written = JSON.stringify(form).slice(1, -1)
        expect(told).not.toContain(written)
        expect(told).not.toContain(`.${written.slice(0, 6)}`)
      }
    }
    expect(isMasked).toBe(true)
  })

  test('is not sent where it does not belong', async ({ serve }) => {
    const receiver = await serve()
    await check(receiver.url, { credentials, only: ['no_credentials', 'wrong_credentials'] })
    const [valid, without, wrong] = receiver.requests.map(({ headers }) => JSON.stringify(headers))
    const forms = secrets.flatMap(writings)
    expect(forms.some((form) => valid?.includes(form))).toBe(true)
    for (const form of forms) {
      expect(without).not.toContain(form)
      expect(wrong).not.toContain(form)
    }
    expect(Object.keys(receiver.requests[2]?.headers ?? {})).toEqual(Object.keys(receiver.requests[0]?.headers ?? {}))
  })
})
