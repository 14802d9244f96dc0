import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CallClient, redactUrl } from '../../src/request/request.ts'

describe('redactUrl', () => {
  test.each([
    ['https://acme:canary@sms.example.com/v1?key=canary#canary', 'https://sms.example.com/v1?…'],
    ['https://canary@sms.example.com:8443/', 'https://sms.example.com:8443/'],
    ['https://sms.example.com', 'https://sms.example.com/'],
    ['https://acme:canary@host:99999/', '(not a URL)'],
    ['canary', '(not a URL)'],
    ['data:text/plain,canary', 'data:…'],
    ['mailto:canary@example.com', 'mailto:…'],
    ['https://a.test/x\u001b[2Jy', 'https://a.test/x%1B[2Jy'],
  ])('prints %s as %s', (url, printed) => {
    expect(redactUrl(url)).toBe(printed)
  })

  test('cuts a long path', () => {
    expect(redactUrl(`https://a.test/${'x'.repeat(500)}`)).toBe(`https://a.test/${'x'.repeat(199)}…`)
  })

  test('never shows user-info or a query, whatever they are', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `canary${encodeURIComponent(text)}`)
    fc.assert(
      fc.property(secret, secret, fc.webUrl(), (user, password, url) => {
        const { host, pathname } = new URL(url)
        const printed = redactUrl(`https://${user}:${password}@${host}${pathname}?token=${password}#${password}`)
        expect(printed).not.toContain('canary')
      }),
    )
  })
})

describe('an origin', () => {
  const options = { connections: 1, timeoutMs: 100, ca: null, network: { allow: [], isLoopbackAllowed: false } }

  test.each(['https://a.test', 'http://127.0.0.1:8080', 'https://[::1]:8443', 'https://a.test:443'])(
    'may be %s',
    (origin) => {
      expect(() => new CallClient({ ...options, origin })).not.toThrow()
    },
  )

  test.each([
    ['https://a.test/v1', 'https://a.test/v1'],
    ['https://a.test?x', 'https://a.test/?…'],
    ['https://acme:canary@a.test', 'https://a.test/'],
    ['ftp://a.test', 'ftp://a.test/'],
    ['file:///etc/passwd', 'file:…'],
    ['canary', '(not a URL)'],
  ])('may not be %s', (origin, printed) => {
    expect(() => new CallClient({ ...options, origin })).toThrow(
      new RangeError(`expected \`origin\` to be like https://host:port, got ${printed}`),
    )
  })

  test('comes with connections and ranges that make sense', () => {
    const origin = 'https://a.test'
    expect(() => new CallClient({ ...options, origin, connections: 0 })).toThrow(
      'expected `connections` to be a whole number from 1, got 0',
    )
    const network = { allow: ['10.0.0.0/99'], isLoopbackAllowed: false }
    expect(() => new CallClient({ ...options, origin, network })).toThrow(
      'expected `allow` to be an address or a range like 10.0.0.0/8, got 10.0.0.0/99',
    )
  })
})
