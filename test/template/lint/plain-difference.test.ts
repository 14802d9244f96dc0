import { describe, expect, test } from 'vitest'
import { createPlainComparison, type CompileOptions } from '../../../src/template/template.ts'

const differences = (text: string, context: Record<string, unknown>, options: Partial<CompileOptions> = {}) =>
  createPlainComparison(text, { payload: 'json', name: 't.j2', ...options })
    .compare(context, '')
    .map(({ line, column, printed, plain }) => [`${line}:${column}`, printed, plain])

describe('createPlainComparison', () => {
  test('names what prints otherwise than in Jinja2, and shows both', () => {
    const text = '{\n"a": "{{ name }}", "b": {{ name }}, "c": "{{ vip }}{{ none }}",\n"d": {{ tags }}, "e": {{ vip }}}'
    expect(differences(text, { name: 'Zoë "Z"', vip: true, tags: ['x', null] })).toEqual([
      ['2:10', String.raw`Zoë \"Z\"`, 'Zoë "Z"'],
      ['2:28', String.raw`"Zoë \"Z\""`, 'Zoë "Z"'],
      ['2:46', 'true', 'True'],
      ['2:55', '', 'None'],
      ['3:9', '["x",null]', "['x', None]"],
      ['3:26', 'true', 'True'],
    ])
  })

  test('finds nothing where both print the same', () => {
    expect(differences('{"a": "{{ name }}", "n": {{ n }}, "t": {{ name | tojson }}}', { name: 'Zoë', n: 1 })).toEqual(
      [],
    )
    expect(differences('{"a": "{{ name }}"}', { name: '"' }, { jsonEscape: 'off' })).toEqual([])
    expect(differences('{{ name }}', { name: '"' }, { payload: 'text' })).toEqual([])
  })

  test('tells the first of a placeholder in a loop', () => {
    expect(
      differences('[{% for x in l %}"{{ x }}"{% if not loop.last %},{% endif %}{% endfor %}]', { l: ['a', '"', '\\'] }),
    ).toEqual([['1:22', String.raw`\"`, '"']])
  })

  test('has nothing to say of what fails, or never ends', { timeout: 20_000 }, () => {
    expect(differences('{"a": "{{ a.b.c }}"}', { a: {} })).toEqual([])
    const spins = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}{"a": "{{ a }}"}'
    expect(differences(spins, { a: '"' })).toEqual([])
  })

  test('leaves the data as they were', () => {
    const context = { l: [1] }
    expect(differences('{"a": "{{ l.append(2) or "" }}{{ l | length }}"}', context)).toEqual([])
    expect(context).toEqual({ l: [1] })
  })
})
