import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { checkHeader, checkPath } from '../../src/request/request.ts'
import { answered, callOnce, test } from './fixture.ts'

describe('checkHeader', () => {
  test.each(['X-Api-Key', 'Content-Type', 'authorization', "x!#$%&'*+-.^_`|~9"])('takes the name %s', (name) => {
    expect(checkHeader(name, 'a b\tc!~')).toBeNull()
  })

  test.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'CONNECTION',
    'Keep-Alive',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'Proxy-Authorization',
    'proxy-connection',
  ])('refuses %s, which belongs to the connection', (name) => {
    expect(checkHeader(name, 'x')).toBe(
      `expected no header \`${name}\`: it belongs to the connection and is set by hookcast`,
    )
  })

  test('refuses Accept-Encoding, since answers are read uncompressed', () => {
    expect(checkHeader('Accept-Encoding', 'gzip')).toBe(
      'expected no header `Accept-Encoding`: answers are read uncompressed',
    )
  })

  test.each(['', 'X Name', 'X:Name', 'X-Náme', 'X\r\nEvil', '(x)'])('refuses the name %j', (name) => {
    expect(checkHeader(name, 'x')).toContain('expected a header name to be letters, digits')
  })

  test.each([
    ['canary\r\nX-Evil: 1', 'a line break at character 7'],
    ['canary\n', 'a line break at character 7'],
    ['canary\0', 'a control character at character 7'],
    ['\u007f', 'a control character at character 1'],
    ['č', 'a character outside ASCII at character 1'],
    ['é', 'a character outside ASCII at character 1'],
    ['😀', 'a character outside ASCII at character 1'],
  ])('refuses the value %j and does not show it', (value, found) => {
    expect(checkHeader('X-Name', value)).toBe(`expected header \`X-Name\` to be visible ASCII, got ${found}`)
  })

  test('lets through exactly what arrives as it was', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    const values = fc
      .sample(fc.string({ unit: 'binary', maxLength: 8 }), { numRuns: 3_000, seed: 1 })
      .concat(fc.sample(fc.string({ maxLength: 30 }), { numRuns: 100, seed: 2 }))
      .filter((value) => checkHeader('X-Name', value) === null)
    expect(values.length).toBeGreaterThan(100)
    for (const value of values) {
      answered(await callOnce(client, { headers: ['X-Name', value] }))
      // Space around a value is no part of it (RFC 9110 §5.5).
      expect(receiver.requests.at(-1)?.headers['x-name']).toBe(value.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    }
  })
})

describe('checkPath', () => {
  test.each(['/', '/v1/messages?to=%2B420&x=a.b', '/a..b/...', '/?path=../x', '/a;b=c,d'])('takes %s', (path) => {
    expect(checkPath(path)).toBeNull()
  })

  test.each([
    ['', 'expected a path to begin with /'],
    ['v1', 'expected a path to begin with /'],
    ['http://evil.test/', 'expected a path to begin with /'],
    ['//evil.test/', 'expected a path to begin with one /, got two'],
    ['/a b', 'expected a path to be percent-encoded, got a space at character 3'],
    ['/a\r\nX: y', 'expected a path to be percent-encoded, got a line break at character 3'],
    ['/č', 'expected a path to be percent-encoded, got a character outside ASCII at character 2'],
    ['/\\evil', 'expected a path to be percent-encoded, got a backslash'],
    ['/a#b', 'expected a path to end before its fragment, got #'],
    ['/users/../admin', 'expected a path without . and .. segments, got one'],
    ['/users/%2e%2E/admin', 'expected a path without . and .. segments, got one'],
    ['/users/.', 'expected a path without . and .. segments, got one'],
    ['/users/..?x=1', 'expected a path without . and .. segments, got one'],
  ])('refuses %j', (path, words) => {
    expect(checkPath(path)).toBe(words)
  })
})
