import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAtOrBelow } from '../../src/campaign/url-prefix.ts'

describe('isAtOrBelow', () => {
  it.each([
    ['https://a.example', 'https://a.example/any/path?x=1'],
    ['https://a.example/', 'https://a.example'],
    ['https://a.example/api/v1', 'https://a.example/api/v1'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/send_sms'],
    ['https://a.example/api/v1/', 'https://a.example/api/v1?x=../..'],
    ['https://A.example:443/api/v1', 'https://a.EXAMPLE/api/v1/b'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/b/../c'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/50%25'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/a%2Fb'],
    ['https://a.example/a%2Fb', 'https://a.example/a%2Fb/c'],
    ['https://a.example', 'https://a.example/..%2Fadmin'],
  ])('%s covers %s', (prefix, url) => {
    expect(isAtOrBelow(prefix, url)).toBe(true)
  })

  it.each([
    ['https://a.example/api/v1', 'https://a.example/api/v2/send_sms'],
    ['https://a.example/api/v1', 'https://a.example/api/v10'],
    ['https://a.example/api/v1', 'https://a.example/api'],
    ['https://a.example/api/v1', 'https://a.example/API/v1'],
    ['https://a.example/api/v1', 'http://a.example/api/v1'],
    ['https://a.example/api/v1', 'https://a.example:8443/api/v1'],
    ['https://a.example/api/v1', 'https://a.example.evil.example/api/v1'],
    ['https://a.example/api/v1', 'https://a.example@evil.example/api/v1'],
    ['https://a.example/api/v1', 'https://user:pw@a.example/api/v1'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/../v2'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/%2e%2E/v2'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/..%2Fv2'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/x%2f..%2f..%2fv2'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/..%5Cv2'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/%252e%252e%252fv2'],
    ['https://a.example/api/v1', 'https://a.example/api/v1/..;/v2'],
    ['https://a.example/api/v1', 'https://a.example\\api\\v1\\..\\v2'],
    ['nonsense', 'https://a.example/'],
    ['https://a.example/', 'nonsense'],
    ['data:a', 'data:a'],
  ])('%s does not cover %s', (prefix, url) => {
    expect(isAtOrBelow(prefix, url)).toBe(false)
  })

  it('covers whatever is appended as further plain segments, and nothing after one more letter', () => {
    const segment = fc.stringMatching(/^[a-z0-9_-]{1,8}$/)
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        fc.array(segment, { maxLength: 4 }),
        segment,
        (base, below, more) => {
          const prefix = `https://a.example/${base.join('/')}`
          expect(isAtOrBelow(prefix, [prefix, ...below].join('/'))).toBe(true)
          expect(isAtOrBelow(prefix, [prefix + more, ...below].join('/'))).toBe(false)
        },
      ),
    )
  })
})
