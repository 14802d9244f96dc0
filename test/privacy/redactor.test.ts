import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Redactor } from '../../src/privacy/redactor.ts'

function redactorOf(row: unknown): Redactor {
  const redactor = new Redactor()
  redactor.addRow(row)
  return redactor
}

describe('redact', () => {
  it.each([
    ['c-17', 'c-17 is blocked', '[erased] is blocked'],
    ['c-17', 'no c-17.', 'no [erased].'],
    ['c-17', 'id=c-17&x', 'id=[erased]&x'],
    ['c-17', '/customers/c-17/phone', '/customers/[erased]/phone'],
    ['Jan Novák', '{"name":"Jan Nov\\u00e1k"}', '{"name":"[erased]"}'],
    ['Jan Novák', 'line\\nJan Novák', 'line\\n[erased]'],
    ['Jan Novák', '?n=Jan%20Nov%C3%A1k', '?n=[erased]'],
    ['Jan Novák', '?n=Jan+Nov%c3%a1k', '?n=[erased]'],
    ['Jan Novák', 'name%3DJan%20Nov%C3%A1k', 'name%3D[erased]'],
    ['+420 777', 'call +420 777 now', 'call [erased] now'],
    ['a"b\\c', 'said "a\\"b\\\\c"', 'said "[erased]"'],
    ['jan@x.cz', `mail ${Buffer.from('jan@x.cz').toString('base64')}`, 'mail [erased]'],
  ])('of %j: %j becomes %j', (value, text, left) => {
    expect(redactorOf({ deep: [{ value }] }).redact(text)).toBe(left)
  })

  it.each([
    ['c-1', 'c-17 and c-1-b and a-c-1'],
    ['jan', 'jan@x.cz'],
    ['ada', 'adamant Canada'],
    ['ok', 'ok ok'],
    ['1234', 'waited 1234 ms'],
    ['example.com', 'mail.example.com'],
  ])('of %j leaves %j as it is', (value, text) => {
    expect(redactorOf({ value }).redact(text)).toBe(text)
  })

  it('prefers the longest of the values that begin at one place', () => {
    expect(redactorOf(['Jan', 'Jan Novák']).redact('Jan Novák, Jan')).toBe('[erased], [erased]')
  })

  it('leaves alone what was forgotten, in every spelling', () => {
    const redactor = redactorOf(['Jan Novák', 'c-17'])
    redactor.forget('Jan Novák')
    expect(redactor.redact('Jan Novák Jan%20Nov%C3%A1k c-17')).toBe('Jan Novák Jan%20Nov%C3%A1k [erased]')
  })

  it('takes a value out wherever it stands between blanks, and changes nothing else', () => {
    const word = fc.stringMatching(/^[a-zé]{3,8}$/)
    fc.assert(
      fc.property(fc.array(word), fc.array(word), fc.stringMatching(/^[A-Z0-9]{3,8}X$/), (before, after, value) => {
        const text = [...before, value, ...after].join(' ')
        expect(redactorOf([value]).redact(text)).toBe([...before, '[erased]', ...after].join(' '))
      }),
    )
  })
})
