import { array, assert, constantFrom, integer, letrec, oneof, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TemplateError } from '../../src/errors.ts'
import { SuppressedByTemplate, compileTemplate, type TemplatePayload } from '../../src/template/template.ts'

/** The output, or the kind of the error: anything but an error of ours is an escape. */
function attempt(template: string, context: Record<string, unknown> = {}, payload: TemplatePayload = 'text'): string {
  try {
    return compileTemplate(template, { payload }).render(context)
  } catch (error) {
    if (error instanceof SuppressedByTemplate) return 'suppressed'
    if (!(error instanceof TemplateError) || error.message.includes('defect')) throw error
    return error.code
  }
}

const INVALID = 'HOOKCAST_TEMPLATE_INVALID'
const FAILS = 'HOOKCAST_TEMPLATE_RENDER'

describe('an attack on the host', () => {
  const attacks: readonly (readonly [string, string, string])[] = [
    ['T1', '{{ "".constructor.constructor("return process.version")() }}', INVALID],
    ['T1', '{{ ""["constructor"]["constructor"]("return process.version")() }}', FAILS],
    ['T2', '{{ range.constructor("return process")() }}', INVALID],
    ['T3', '{{ cycler.constructor }}{{ joiner.constructor }}{{ range.constructor }}', ''],
    ['T3', '{{ range["con" + "structor"]("return 1")() }}', FAILS],
    ['T3', '{{ range[["constructor"]] }}', ''],
    ['T3', '{% set c = cycler("a") %}{{ c.toString }}{{ c.next.constructor }}{{ c.call }}{{ c.name }}', ''],
    [
      'T3',
      '{% macro m() %}{{ caller.constructor }}{{ m.constructor }}{{ m.call }}{{ m.body }}{% endmacro %}{% call m() %}{% endcall %}',
      '',
    ],
    [
      'T4',
      '{{ constructor }}{{ toString }}{{ hasOwnProperty }}{{ globalThis }}{{ process }}{{ rt }}{{ r }}{{ c }}{{ o }}',
      '',
    ],
    ['T4', '{{ __defineGetter__("c", range) }}', FAILS],
    ['T4', '{{ {}.__defineGetter__("c", range) }}', INVALID],
    ['T4', '{{ {}["__lookupGetter__"] }}', INVALID],
    ['T4', '{{ {}["__look" ~ "upGetter__"] }}{{ {}["__proto" ~ "__"] }}{{ [].length }}{{ "".length }}', ''],
    ['T5', '{{ [{}]|groupby("constructor") }}', '[(Undefined, [{}])]'],
    ['T5', '{{ [{}]|sort(attribute="__proto__") }}{{ [{}]|map(attribute="constructor.constructor")|list }}', FAILS],
    [
      'T5',
      '{{ [{}, d]|map(attribute="constructor")|join }}{{ [d]|selectattr("toString")|list }}{{ d|attr("constructor") }}',
      '[]',
    ],
    ['T6', '{% for i in range(3000000) %}{% endfor %}', FAILS],
    ['T8', '{{ r/^(a+)+$/.test(s) }}', INVALID],
    ['T9', '{{ "a"|center(100000000)|length }}', FAILS],
    ['T9', '{{ "a".ljust(100000000) }}', FAILS],
    ['T9', '{{ "a" * 100000000 }}', FAILS],
    ['T9', '{{ [1] * 100000000 }}', FAILS],
    ['T9', '{{ "%100000000d" % 1 }}', FAILS],
    ['T9', '{{ "{:100000000}".format(1) }}', FAILS],
    ['T9', '{{ "%.100000000f" % 1 }}', FAILS],
    ['T9', '{{ 10 ** (10 ** 10) }}', FAILS],
    ['T9', '{{ "a"|indent(100000000, true) }}', FAILS],
    ['T9', '{{ [1]|batch(100000000, 0)|list }}', FAILS],
    ['T9', '{{ [1]|slice(100000000)|list }}', FAILS],
    ['T9', '{{ "\\t".expandtabs(100000000) }}', FAILS],
    ['T9', '{{ ("a" * 8000000)|replace("a", "aaaa") }}', FAILS],
    ['T9', '{{ ("a" * 4000000)|regex_replace("a", "aaa") }}', FAILS],
    ['T9', '{{ lipsum(1000000) }}', FAILS],
    ['T10', `{% set a = "a" %}${'{% set a = a ~ a %}'.repeat(40)}`, FAILS],
    ['T10', `{% set a = "a" %}${'{% set a = a + a %}'.repeat(40)}`, FAILS],
    ['T10', `{% set a = ["x" * 10000] %}${'{% set a = [a, a] %}'.repeat(40)}{{ a }}`, FAILS],
    ['T10', `{% set a = ["x" * 10000] %}${'{% set a = [a, a] %}'.repeat(40)}{{ a|tojson }}`, FAILS],
    ['T10', `{% set a = [1] %}${'{% set a = a + a %}'.repeat(40)}`, FAILS],
    ['T11', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', FAILS],
    ['T11', '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}', FAILS],
    [
      'T11',
      `{% set a = [1] %}{% for i in range(1000) %}{% set ns = namespace(a=a) %}{% endfor %}${'{% set a = [a] %}'.repeat(300)}{{ a }}`,
      FAILS,
    ],
    ['T12', '{% include "../../etc/passwd" %}', INVALID],
    ['T16', '{{ range }}', 'mine'],
    ['T19', '{{ missing.a.b }}', FAILS],
    ['T20', '{{ n|tojson }}', '"\\""'],
    ['T21', '{{ "../../admin?x=1#\\r\\nX: 1"|urlencode }}', '../../admin%3Fx%3D1%23%0D%0AX%3A%201'],
    ['T21', '{{ lone|urlencode }}', FAILS],
    ['-', '{{ f }}{{ f is defined }}{{ s }}{{ d.f }}{{ [d]|map(attribute="f")|join }}', 'False'],
    ['-', '{{ f() }}', FAILS],
    ['-', '{{ d.f() }}', FAILS],
    ['-', '{{ "{0.constructor}".format("") }}', FAILS],
    ['-', '{{ "{0[constructor]}".format(d) }}', FAILS],
    ['-', '{{ "{0.__class__}".format(1) }}', FAILS],
    ['-', '{{ "%(constructor)s" % d }}', FAILS],
    [
      '-',
      '{% set ns = namespace() %}{% set ns.constructor = 1 %}{{ ns.constructor }}{{ namespace().constructor }}',
      '1',
    ],
    ['-', '{% set ns = namespace() %}{{ ns.values }}{{ ns.toString }}', ''],
    ['-', '{% for x in [1] %}{{ loop.constructor }}{{ loop.advance }}{{ loop.current }}{% endfor %}', ''],
    ['-', '{{ g.secret }}', ''],
    ['-', '{{ p.x }}{{ p.toString }}{{ date.getTime }}{{ map.get }}{{ map.size }}', '<built-in method get>'],
    ['-', '{{ [1]|map("constructor")|list }}', INVALID],
    ['-', '{{ [1]|map("con" ~ "structor")|list }}', FAILS],
    ['-', '{{ [1]|select("toString" ~ "")|list }}', FAILS],
    ['-', '{{ "constructor" is filter }}{{ "toString" is test }}', 'FalseFalse'],
    ['-', '{% macro constructor() %}x{% endmacro %}{{ constructor() }}', 'x'],
    ['-', '{% macro m() %}{{ kwargs.constructor }}{{ kwargs.__proto__x }}{% endmacro %}{{ m(a=1) }}', ''],
    ['-', '{% set __proto__ = 1 %}{{ __proto__ }}', '1'],
  ]
  const named = attacks.map(
    ([id, template, expected]) => [`${id} ${template.slice(0, 60)}`, template, expected] as const,
  )

  it.each(named)('is refused or harmless: %s', (_, template, expected) => {
    class Point {
      x = undefined
      get secret(): string {
        return 'secret'
      }
    }
    const context = {
      s: Symbol('x'),
      f: () => 'called',
      d: { f: () => 'called' },
      g: new Point(),
      p: Object.create({ x: 1 }) as object,
      date: new Date(0),
      map: new Map([['a', 1]]),
      n: '"',
      lone: '\ud800',
      ...(template === '{{ range }}' ? { range: 'mine' } : {}),
    }
    expect(attempt(template, context)).toBe(expected)
  })

  it('reads __proto__ of a row as the key that it is (T15)', () => {
    const row = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": "Ferrari"}') as Record<string, unknown>
    expect(attempt('{{ customer.isAdmin }}|{{ customer.constructor }}|{{ isAdmin }}', { customer: row })).toBe(
      '|Ferrari|',
    )
    expect(attempt('{{ isAdmin }}{{ toString }}', row)).toBe('')
    expect(
      attempt('{% macro m() %}{{ kwargs.x }}{% endmacro %}{{ m(**row) }}', {
        row: JSON.parse('{"__proto__": {"x": 1}}') as unknown,
      }),
    ).toBe('')
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
  })

  it('changes no data for the next render (T13, T14)', () => {
    const customer = { tags: ['a'], d: { k: 1, l: { m: 1 } }, '2': 'b', '1': 'a' }
    const before = structuredClone(customer)
    const template =
      '{{ customer.tags.append("x") }}{{ customer.tags.extend([1, 2]) }}{{ customer.tags.pop(0) }}{{ customer.tags.reverse() }}{{ customer.tags.sort() if false }}' +
      '{{ customer.d.update({"k": 2, "n": 3}) }}{{ customer.d.pop("l") }}{{ customer.d.setdefault("z", 1) }}{{ customer.tags }}{{ customer.d }}{{ customer.tags.clear() }}{{ customer.clear() }}{{ customer }}'
    const compiled = compileTemplate(template, { payload: 'text' })
    const first = compiled.render({ customer })
    expect(first).toContain("[2, 1, 'x']{'k': 2, 'n': 3, 'z': 1}")
    expect(customer).toEqual(before)
    expect(Object.keys(customer)).toEqual(Object.keys(before))
    expect(compiled.render({ customer })).toBe(first)
    expect(() =>
      compileTemplate('{{ l.append(1) }}{{ l.x.y }}', { payload: 'text' }).render({ l: customer.tags }),
    ).toThrow(TemplateError)
    expect(customer).toEqual(before)
  })

  it('renders frozen data, and says so when a template would change it', () => {
    const frozen = Object.freeze({ l: Object.freeze([1]), d: Object.freeze({ a: 1 }) })
    expect(attempt('{{ l[0] }}{{ d.a }}{% for x in l %}{{ x }}{% endfor %}', frozen)).toBe('111')
    expect(() => compileTemplate('{{ l.append(2) }}', { payload: 'text' }).render(frozen)).toThrow(TemplateError)
    expect(() => compileTemplate('{{ d.update(a=2) }}', { payload: 'text' }).render(frozen)).toThrow(TemplateError)
  })

  it('draws the same random numbers for the same seed, and no others', () => {
    const template = compileTemplate('{{ range(1000)|random }} {{ range(50)|shuffle|join(",") }} {{ lipsum(1) }}', {
      payload: 'text',
    })
    const once = template.render({}, { seed: 'a' })
    expect(template.render({}, { seed: 'a' })).toBe(once)
    expect(template.render({}, { seed: 'b' })).not.toBe(once)
    expect(new Set(once.split(' ')[1]!.split(',')).size).toBe(50)
  })
})

describe('any template', () => {
  const name = constantFrom(
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'valueOf',
    'call',
    'apply',
    'bind',
    'name',
    'length',
    'next',
    'values',
    'keys',
    'items',
    'format',
    'upper',
    'caller',
    'arguments',
    'x',
    'fn',
    'hasOwnProperty',
    '__defineGetter__',
    'get',
    'update',
    'text',
    'run',
  )
  const { expression } = letrec((tie) => ({
    expression: oneof(
      { depthSize: 'small', withCrossShrink: true },
      constantFrom(
        'x',
        'fn',
        'obj',
        'range',
        'cycler',
        'joiner',
        'dict',
        'namespace',
        'lipsum',
        'm',
        'loop',
        'caller',
        'kwargs',
        'varargs',
        'c',
        'ns',
        '[]',
        '{}',
        '""',
        '1',
        'none',
        'this',
        'globalThis',
        'process',
        'rt',
        'r',
        'require',
      ),
      tuple(tie('expression'), name).map(([object, key]) => `${object as string}.${key}`),
      tuple(tie('expression'), name).map(
        ([object, key]) => `${object as string}["${key.slice(0, 3)}" ~ "${key.slice(3)}"]`,
      ),
      tuple(tie('expression'), array(tie('expression'), { maxLength: 2 })).map(
        ([callee, list]) => `${callee as string}(${list.join(', ')})`,
      ),
      tuple(tie('expression'), name).map(([value, key]) => `[${value as string}]|map(attribute="${key}")|list`),
      tuple(tie('expression'), name).map(([value, key]) => `[${value as string}]|sort(attribute="${key}")|first`),
      tuple(tie('expression'), name).map(([value, key]) => `(${value as string})|attr("${key}")`),
      tuple(tie('expression'), name, name).map(
        ([value, key, other]) => `"{0.${key}} {0[${other}]}".format(${value as string})`,
      ),
      tuple(tie('expression'), tie('expression')).map(([left, right]) => `(${left as string} ~ ${right as string})`),
      tuple(tie('expression'), tie('expression')).map(([left, right]) => `(${left as string})[${right as string}]`),
      tuple(
        tie('expression'),
        constantFrom(
          'list',
          'first',
          'tojson',
          'string',
          'pprint',
          'items',
          'groupby("constructor")',
          'dictsort',
          'random',
          'length',
          'join',
          'xmlattr',
          'urlencode',
          'from_json',
          'sum',
          'max',
        ),
      ).map(([value, filter]) => `(${value as string})|${filter}`),
    ),
  }))
  const template = tuple(array(expression, { minLength: 1, maxLength: 4 }), integer({ min: 0, max: 4 })).map(
    ([list, kind]) => {
      const prints = list.map((one) => `{{ ${one} }}`).join('')
      const setup =
        '{% set c = cycler(1) %}{% set ns = namespace(a=1) %}{% macro m(a) %}{{ kwargs }}{{ varargs }}{{ a }}{% endmacro %}'
      if (kind === 0) return `${setup}{% for q in [1, 2] %}${prints}{% endfor %}`
      if (kind === 1) return `${setup}{% macro w() %}{{ caller(1) }}${prints}{% endmacro %}{% call w() %}x{% endcall %}`
      if (kind === 2) return `${setup}{% set x = ${list[0]!} %}{% set ns.y = x %}{{ ns.y }}${prints}`
      return setup + prints
    },
  )

  it('finds no way to a function, a prototype or a global', () => {
    let isCalled = false
    const fn = (): string => {
      isCalled = true
      return 'escaped'
    }
    const canary = { fn, obj: { fn, x: 'ok' } }
    const prototype = Object.getOwnPropertyNames(Object.prototype)
    assert(
      property(template, constantFrom<TemplatePayload>('text', 'json', 'xml'), (source, payload) => {
        const output = attempt(source, { ...canary }, payload)
        expect(output).not.toMatch(/function|native code|\[object|=>|class |process|escaped/)
        expect(isCalled).toBe(false)
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype)
      }),
      { numRuns: 3000 },
    )
  })
})
