import { describe, expect, it } from 'vitest'
import { faultyJsonPieces } from '../../src/template/template.ts'

describe('faultyJsonPieces', () => {
  it.each([
    ['values', ['{"a":1}', '{"a":}', '{"a":3}']],
    ['members', ['"a": 1', '"b": ', '"c": 3']],
    ['items', ['1, 2', '3, ', '5, 6']],
    ['values, one of them empty', ['{}', '', '{}']],
  ])('names the one that is not JSON among %s', (_, pieces) => {
    expect([...faultyJsonPieces(pieces).keys()]).toEqual([1])
  })

  it.each([[['{', '}']], [['{"a":1},', '{"a":2},']], [['1', '2']], [[]]])('blames nobody in %j', (pieces) => {
    expect(faultyJsonPieces(pieces).size).toBe(0)
  })

  it('tells where the fault is', () => {
    expect(faultyJsonPieces(['{}', '{"a":}', '{}']).get(1)).toContain('at position 5 of it')
  })
})
