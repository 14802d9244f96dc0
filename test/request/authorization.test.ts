import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { basicAuthorization, bearerAuthorization } from '../../src/request/request.ts'

describe('basicAuthorization', () => {
  test('makes the header of RFC 7617 §2', () => {
    expect(basicAuthorization('Aladdin', 'open sesame')).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')
  })

  test('encodes UTF-8, as RFC 7617 §2.1 does', () => {
    expect(basicAuthorization('test', '123£')).toBe('Basic dGVzdDoxMjPCow==')
  })

  test('gives back user name and password whatever they hold, colons in the password included', () => {
    const clean = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text))
    fc.assert(
      fc.property(clean, clean, (user, password) => {
        fc.pre(!user.includes(':'))
        const [scheme, value = ''] = basicAuthorization(user, `${password}:`).split(' ')
        expect([scheme, Buffer.from(value, 'base64').toString()]).toEqual(['Basic', `${user}:${password}:`])
      }),
    )
  })

  test.each([
    ['a:b', 'pw', 'expected `username` to be without a colon (RFC 7617 does not allow one), got one'],
    ['a\tb', 'pw', 'expected `username` to be free of control characters, got one'],
    ['a', 'canary\n', 'expected `password` to be free of control characters, got a line break at its end'],
    ['a', 'canary\r\n', 'expected `password` to be free of control characters, got a line break at its end'],
    ['a', 'can\nary', 'expected `password` to be free of control characters, got one'],
    ['a', 'canary\u007f', 'expected `password` to be free of control characters, got one'],
    ['a', 'canary\ud83d', 'expected `password` to be valid Unicode, got half a character'],
  ])('refuses %j and %j without showing them', (user, password, message) => {
    expect(() => basicAuthorization(user, password)).toThrow(new RangeError(message))
  })
})

describe('bearerAuthorization', () => {
  test.each(['mF_9.B5f-4.1JqM', '1|abcDEF==', 'eyJhbGciOiJIUzI1NiJ9.e30.x_y-z'])('takes %j', (token) => {
    expect(bearerAuthorization(token)).toBe(`Bearer ${token}`)
  })

  test.each([
    ['', 'expected `token` to be visible ASCII, got nothing'],
    ['canary token', 'expected `token` to be visible ASCII, got something else'],
    ['canáry', 'expected `token` to be visible ASCII, got something else'],
    ['canary\n', 'expected `token` to be free of control characters, got a line break at its end'],
  ])('refuses %j without showing it', (token, message) => {
    expect(() => bearerAuthorization(token)).toThrow(new RangeError(message))
  })
})
