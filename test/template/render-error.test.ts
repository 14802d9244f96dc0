import { describe, expect, it } from 'vitest'
import { TemplateError } from '../../src/errors.ts'
import { SuppressedByTemplate, compileTemplate, type TemplatePayload } from '../../src/template/template.ts'

function failure(
  template: string,
  context: Record<string, unknown> = {},
  payload: TemplatePayload = 'text',
): TemplateError {
  try {
    compileTemplate(template, { payload, name: 'sms.j2' }).render(context)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error(`renders: ${template}`)
}

function sentence(template: string, context: Record<string, unknown> = {}, payload: TemplatePayload = 'text'): string {
  const { line, column, message } = failure(template, context, payload)
  return `${line}:${column} ${message}`
}

describe('a render that fails', () => {
  it('says where, and names the expression', () => {
    const error = failure('Hi\n{{ customer.address.city }}', { customer: {} })
    expect(error).toMatchObject({ code: 'HOOKCAST_TEMPLATE_RENDER', file: 'sms.j2', line: 2, column: 4 })
    expect(error.message).toBe(
      'could not render `customer.address.city`: expected `customer.address` to be defined, got nothing',
    )
  })

  it.each([
    ['{{ a.b.c }}', '1:4 could not render `a.b.c`: expected `a.b` to be defined, got nothing'],
    ['{{ a["b"]["c"] }}', '1:4 could not render `a["b"]["c"]`: expected `a["b"]` to be defined, got nothing'],
    ['{{ x.y }}', '1:4 could not render `x.y`: expected `x` to be defined, got nothing'],
    [
      "{{ 'ok' }}{{ 1 + 'a' }}",
      "1:14 could not render `1 + 'a'`: expected two numbers, two texts or two lists around `+`, got a number and a text",
    ],
    [
      "{{ upper(1 +\n  ('b'|int / 0)) }}",
      "2:3 could not render `('b'|int / 0)`: expected a divisor other than zero, got zero",
    ],
    ['{% if a.b.c %}{% endif %}', '1:7 could not render `a.b.c`: expected `a.b` to be defined, got nothing'],
    ['{% for x in 5 %}{% endfor %}', '1:13 could not render `5`: expected something to loop over, got a number'],
    ['{% set x, y = [1] %}', '1:8 could not render `x, y`: expected 2 values to unpack, got 1'],
    [
      '{% macro m(a) %}{{ a.b }}{% endmacro %}\n{{ m() }}',
      '1:20 could not render `a.b`: expected the argument `a` to be given, got nothing',
    ],
    [
      '{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}',
      '1:34 could not render `m(1, 2)`: expected `m` to get at most 1 arguments, got 2',
    ],
    [
      '{% macro m(a) %}{% endmacro %}{{ m(b=2) }}',
      '1:34 could not render `m(b=2)`: expected `m` to get arguments that it names, got another name',
    ],
    ['{{ nope() }}', '1:4 could not render `nope()`: expected `nope` to be defined, got nothing'],
    ['{{ a.nope() }}', '1:4 could not render `a.nope()`: expected `a.nope` to be defined, got nothing'],
    [
      '{{ []|first|upper }}{{ []|first + 1 }}',
      '1:24 could not render `[]|first + 1`: expected a sequence with at least one item for `first`, got an empty one',
    ],
    [
      '{{ [1]|map("int")|join }}{{ ["a"]|map("abs")|join }}',
      '1:29 could not render `["a"]|map("abs")|join`: expected a number, got a text',
    ],
    ['{{ (a.s|from_json).x }}', '1:4 could not render `(a.s|from_json)`: expected a text that is JSON, got another'],
    [
      '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
      '1:19 could not render `m()`: expected macros to be nested at most 150 deep, got deeper',
    ],
    ['{% set a.k = 1 %}', '1:8 could not render `a.k`: expected a `namespace()` to set `k` on, got a mapping'],
  ])('names the place: %s', (template, expected) => {
    expect(sentence(template, { a: { s: 'secret' }, upper: null })).toBe(expected)
  })

  it('never quotes a value of the customer', () => {
    const context = { secret: 'canary', list: ['canary'], d: { canary: 1 } }
    const templates = [
      '{{ secret|from_json }}',
      '{{ secret + 1 }}',
      '{{ secret|from_timestamp("%Y") }}',
      '{{ 5|from_timestamp(secret) }}',
      '{{ 5|from_timestamp("%Y", secret) }}',
      '{{ secret.x.y }}',
      '{{ d[secret].x.y }}',
      '{{ list|map(secret)|list }}',
      '{{ list|select(secret)|list }}',
      '{{ secret|base64decode }}',
      '{{ "x"|regex_replace(secret ~ "(") }}',
      '{{ {}[list] }}',
      '{{ secret % 1 }}',
      '{{ "%d" % secret }}',
      '{{ secret|to_timestamp }}',
      '{{ secret|round }}',
      '{{ secret|groupby(secret) }}',
      '{{ dict(**list) }}',
      '{{ "{:" ~ secret ~ "}" }}{{ ("{:" ~ secret ~ "}").format(1) }}',
      '{{ "a"|urlize(extra_schemes=list) }}',
      '{% macro m(a) %}{% endmacro %}{{ m(**d) }}',
      '{{ "a"|upper(**d) }}',
      '{{ range(**d) }}',
      '{{ "a".split(**d) }}',
      '{{ ("%(" ~ secret ~ ")s") % {} }}',
      '{{ ("{" ~ secret ~ "}").format() }}',
      '{{ ("{0." ~ secret ~ "}").format(1) }}',
      '{{ {}|attr(secret) + 1 }}',
      '{{ dict(x=1, **[secret]) }}',
    ]
    const messages = templates.flatMap((template) => {
      try {
        compileTemplate(template, { payload: 'text' }).render(context)
        return []
      } catch (error) {
        return [(error as Error).message]
      }
    })
    expect(messages.length).toBeGreaterThan(24)
    expect(messages.filter((message) => message.includes('canary'))).toEqual([])
  })

  it.each([
    [
      '{"a": {{ a }} }',
      {},
      '1:10 expected the rendered text to be JSON, got something else at position 7 (line 1, column 8 of the rendered text), where `a` printed nothing',
    ],
    [
      '{"a": [\n{{ a }}\n{{ b }}] }',
      { a: 1, b: 2 },
      '3:4 expected the rendered text to be JSON, got something else at position 10 (line 3, column 1 of the rendered text), made by `b`',
    ],
    [
      '{"a": {{ a }},\n }',
      { a: 1 },
      '2:2 expected the rendered text to be JSON, got something else at position 10 (line 2, column 2 of the rendered text), made by the text in line 2',
    ],
    [
      '{{ a|safe }}',
      { a: '{"x": 01}' },
      '1:4 expected the rendered text to be JSON, got something else at position 7 (line 1, column 8 of the rendered text), made by `a|safe`',
    ],
    [
      '',
      {},
      '1:1 expected the rendered text to be JSON, got something else at position 0 (line 1, column 1 of the rendered text)',
    ],
    [
      '[1, 2',
      {},
      '1:5 expected the rendered text to be JSON, got something else at position 5 (line 1, column 6 of the rendered text), made by the text in line 1',
    ],
    [
      '{% macro m() %}{{ a }}{% endmacro %}[{{ m() }} x|safe]'.replace(' x|safe', ''),
      { a: NaN },
      '1:19 could not render `a`: expected a number that JSON can hold, got one that is not finite',
    ],
  ])('names the place in both texts when %j is not JSON', (template, context, expected) => {
    expect(sentence(template, context, 'json')).toBe(expected)
  })

  it.each([
    'tru',
    '"a',
    '"a\\x"',
    '{"a"',
    '{"a" 1}',
    '{a:1}',
    '[1 2]',
    '[1,]',
    '1 2',
    '-',
    '1.',
    '{"a":1,}',
    '"\u0001"',
    ']',
    '{"a":}',
    'nul',
    '[[], {}, [1], {"a": {}}, x]',
    '[{]',
  ])('finds the place at which %j stops being JSON, as V8 does where it tells', (text) => {
    const told = /position (\d+)/.exec(failure('{{ t|safe }}', { t: text }, 'json').message)![1]
    let expected: string | undefined
    try {
      JSON.parse(text)
    } catch (error) {
      expected = /position (\d+)/.exec((error as Error).message)?.[1]
    }
    if (expected !== undefined) expect(Math.abs(Number(told) - Number(expected))).toBeLessThan(2)
    expect(Number(told)).toBeLessThanOrEqual(text.length)
  })

  it('is bounded in output', () => {
    const long = compileTemplate('{% for i in range(100) %}{{ x }}{% endfor %}', { payload: 'text' })
    expect(() => long.render({ x: 'x'.repeat(20_000) })).toThrow('expected at most 1048576 bytes of output, got more')
    expect(() => compileTemplate('{{ x }}', { payload: 'text', maxOutputBytes: 10 }).render({ x: 'čččččč' })).toThrow(
      'expected at most 10 bytes of output',
    )
    expect(compileTemplate('{{ x }}', { payload: 'text', maxOutputBytes: 10 }).render({ x: 'ččččč' })).toBe('ččččč')
  })
})

describe('a template that leaves a customer out', () => {
  it.each([
    ['{% abort %}', null],
    ['{% abort: "no phone" %}', 'no phone'],
    ['{% abort "no " ~ what %}', 'no phone'],
    ['{% skip "later" %}', 'later'],
    ['{% skip %}', null],
    ['{% if not phone %}{% abort: "no phone" %}{% endif %}{{ phone }}', 'no phone'],
    ['{% macro m() %}{% abort: 5 %}{% endmacro %}{{ m() }}', '5'],
  ])('says so: %s', (template, reason) => {
    let thrown: unknown
    try {
      compileTemplate(template, { payload: 'text' }).render({ what: 'phone' })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(SuppressedByTemplate)
    expect((thrown as SuppressedByTemplate).reason).toBe(reason)
  })

  it('does so in JSON too, with a reason as people read it', () => {
    const template = compileTemplate('{% abort: "no " ~ what %}', { payload: 'json' })
    expect(() => template.render({ what: '"x"' })).toThrow('no "x"')
  })
})
