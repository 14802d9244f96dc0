import { describe, expect, test } from 'vitest'
import {
  collectParam,
  namesFlag,
  parseHttpStatuses,
  parsePauseAfter,
  wholeNumberFlag,
} from '../../src/cli/flag-value.ts'

describe('wholeNumberFlag', () => {
  const parse = wholeNumberFlag('--senders', 64)

  test('takes whole numbers from 1 to the most', () => {
    expect(['1', '64', '007'].map(parse)).toEqual([1, 64, 7])
  })

  test.for(['0', '65', '-1', '1.5', '1e3', '', ' 1', 'x'])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(
      `expected \`--senders\` to be a whole number from 1 to 64, got ${JSON.stringify(text)}`,
    )
  })
})

describe('parsePauseAfter', () => {
  test('takes a number of customers or a share of them', () => {
    expect(parsePauseAfter('500')).toBe(500)
    expect(parsePauseAfter('1%')).toEqual({ share: 0.01 })
    expect(parsePauseAfter('0.5%')).toEqual({ share: 0.005 })
    expect(parsePauseAfter('100%')).toEqual({ share: 1 })
  })

  test.for(['0', '0%', '100.1%', '%', '-1%', '1 %', '1e2%', 'half'])('refuses %j', (text) => {
    expect(() => parsePauseAfter(text)).toThrow('expected `--pause-after` to be')
  })
})

describe('collectParam', () => {
  test('collects, and the last of a name wins', () => {
    const params = ['a=1', 'b=x=y', 'a='].reduce<Readonly<Record<string, string>> | undefined>(
      (params, text) => collectParam(text, params),
      undefined,
    )
    expect(params).toEqual({ a: '', b: 'x=y' })
  })

  test.for(['a', '=a', ''])('refuses %j', (text) => {
    expect(() => collectParam(text)).toThrow('expected `--param` to be a name and a value such as shop=Acme')
  })

  test('sets no prototype', () => {
    const params = collectParam('__proto__=x')
    expect(Object.keys(params)).toEqual(['__proto__'])
  })
})

describe('namesFlag', () => {
  const parse = namesFlag('--status', ['failed', 'aborted'])

  test('takes a list of known names', () => {
    expect(parse('aborted, failed')).toEqual(['aborted', 'failed'])
  })

  test('suggests the nearest of them, or names all', () => {
    expect(() => parse('failed,abort')).toThrow('(did you mean aborted?), got "abort"')
    expect(() => parse('x')).toThrow('expected `--status` to be one or more of failed, aborted, got "x"')
  })
})

describe('parseHttpStatuses', () => {
  test('takes statuses and ranges of them', () => {
    expect(parseHttpStatuses('429, 500-599')).toEqual([
      { from: 429, to: 429 },
      { from: 500, to: 599 },
    ])
  })

  test.for(['5xx', '600', '99', '500-400', '500-', '', '500,'])('refuses %j', (text) => {
    expect(() => parseHttpStatuses(text)).toThrow('expected `--http-status` to be statuses or ranges')
  })
})
