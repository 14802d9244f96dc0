import { assert, json, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indentJson } from '../../src/report/indent-json.ts'

describe('indentJson', () => {
  test('lays out like JSON.stringify with two spaces, whatever the value', () => {
    assert(
      property(json(), (text) => {
        expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2))
      }),
    )
  })

  test('keeps numbers, escapes and repeated keys as they were written', () => {
    expect(indentJson(String.raw`{"a":12345678901234567890, "a":1.0,"b":"\u00e9 {\"[,:"}`)).toBe(
      ['{', '  "a": 12345678901234567890,', '  "a": 1.0,', String.raw`  "b": "\u00e9 {\"[,:"`, '}'].join('\n'),
    )
  })

  test('takes what was laid out otherwise', () => {
    expect(indentJson(' {\n"a" :\t[ ] , "b": { }}\n')).toBe('{\n  "a": [],\n  "b": {}\n}')
  })

  test('gives back what is no JSON', () => {
    expect(indentJson('hello {world}')).toBe('hello {world}')
    expect(indentJson('')).toBe('')
  })
})
