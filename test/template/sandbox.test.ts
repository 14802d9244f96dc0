import { assert, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TemplateError } from '../../src/errors.ts'
import {
  SuppressedByTemplate,
  compileTemplate,
  createBlockRenderer,
  type TemplatePayload,
} from '../../src/template/template.ts'
import { hostileTemplate, payload, tryHostile, type Ending } from './hostile-template.ts'

const INVALID = 'HOOKCAST_TEMPLATE_INVALID'
const FAILS = 'HOOKCAST_TEMPLATE_RENDER'

function invalidAt(place: string): string {
  return `${INVALID} at ${place}`
}

/** The output, or the kind of the error: anything but an error of ours is an escape. */
function attempt(template: string, context: Record<string, unknown> = {}, kind: TemplatePayload = 'text'): string {
  try {
    return compileTemplate(template, { payload: kind }).render(context)
  } catch (error) {
    if (error instanceof SuppressedByTemplate) return 'suppressed'
    if (!(error instanceof TemplateError) || error.message.includes('defect')) throw error
    return error.code === INVALID ? `${INVALID} at ${error.line}:${error.column}` : error.code
  }
}

describe('an attack on the host', () => {
  const attacks: readonly (readonly [string, string, string])[] = [
    ['T1', '{{ "".constructor.constructor("return process.version")() }}', invalidAt('1:19')],
    ['T1', '{{ ""["constructor"]["constructor"]("return process.version")() }}', invalidAt('1:22')],
    ['T1', '{{ ""["con" ~ "structor"]["con" ~ "structor"]("return process.version")() }}', FAILS],
    ['T2', '{{ range.constructor("return process")() }}', invalidAt('1:10')],
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
    ['T4', '{{ __defineGetter__("c", range) }}', invalidAt('1:4')],
    ['T4', '{{ {}.__defineGetter__("c", range) }}', invalidAt('1:7')],
    ['T4', '{{ {}["__lookupGetter__"] }}', invalidAt('1:9')],
    ['T4', '{{ {}["__look" ~ "upGetter__"] }}{{ {}["__proto" ~ "__"] }}{{ [].length }}{{ "".length }}', ''],
    ['T5', '{{ [{}]|groupby("constructor") }}', '[(Undefined, [{}])]'],
    ['T5', '{{ [{}]|sort(attribute="__proto__") }}{{ [{}]|map(attribute="constructor.constructor")|list }}', FAILS],
    [
      'T5',
      '{{ [{}, d]|map(attribute="constructor")|join }}{{ [d]|selectattr("toString")|list }}{{ d|attr("constructor") }}',
      '[]',
    ],
    ['T6', '{% for i in range(3000000) %}{% endfor %}', FAILS],
    ['T6', '{% for i in range(300000000) %}{% endfor %}', FAILS],
    ['T6', '{{ range(10 ** 15)|list }}', FAILS],
    ['T7', '{% for a in range(2000) %}{% for b in range(2000) %}x{% endfor %}{% endfor %}', FAILS],
    ['T8', '{{ r/^(a+)+$/.test(s) }}', invalidAt('1:6')],
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
    ['T11', '{{ ' + '('.repeat(5000) + '1' + ')'.repeat(5000) + ' }}', invalidAt('1:104')],
    ['T11', '{% if a %}'.repeat(3000) + '{% endif %}'.repeat(3000), invalidAt('1:997')],
    ['T12', '{% include "/etc/passwd" %}', invalidAt('1:4')],
    ['T12', '{% import "ca.key" as a %}', invalidAt('1:4')],
    ['T12', '{% from "ca.key" import a %}', invalidAt('1:4')],
    ['T12', '{% extends "ca.key" %}', invalidAt('1:4')],
    ['T12', '{% include "../../etc/passwd" %}', invalidAt('1:4')],
    ['T13', '{{ tags.push("x") }}', FAILS],
    ['T14', '{{ range.__defineGetter__("x", cycler) }}', invalidAt('1:10')],
    ['T14', '{{ range["__define" ~ "Getter__"]("x", cycler) }}', FAILS],
    ['T16', '{{ range }}', 'mine'],
    ['T18', '{{ n|dump }}', invalidAt('1:6')],
    ['T18', '{"n": {{ n|tojson }}, "m": {{ missing|tojson }}}', FAILS],
    ['T19', '{{ missing.a.b }}', FAILS],
    ['T20', '{{ n|tojson }}', '"\\""'],
    ['T21', '{{ "../../admin?x=1#\\r\\nX: 1"|urlencode }}', '../../admin%3Fx%3D1%23%0D%0AX%3A%201'],
    ['T21', '{{ lone|urlencode }}', FAILS],
    [
      'T22',
      '{{ 12345678901234567890 }}|{{ big }}|{{ [big]|tojson }}',
      '12345678901234567890|12345678901234567890|[12345678901234567890]',
    ],
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
    ['-', '{{ [1]|map("constructor")|list }}', invalidAt('1:12')],
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
      big: 12345678901234567890n,
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

  it('ends a render that loops without printing, and that customer only (T6, T7)', () => {
    const spin =
      '{% if n == 1 %}{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}{% endif %}{{ n }}'
    const renderer = createBlockRenderer([compileTemplate(spin, { payload: 'text' })], { rowTimeoutMs: 200 })
    const [first, ...others] = [1, 2].map((n) => ({ context: { n }, seed: '' }))
    expect(renderer.render([first!]).results).toEqual([
      { kind: 'failed', message: 'Rendering took longer than 200 ms', line: null, column: null },
    ])
    expect(renderer.render(others).results).toEqual([{ kind: 'rendered', parts: ['2'] }])
  })

  it.each([
    ['json', '{"name":"{{ n }}"}', '{"name":"\\",\\"admin\\":true,\\"x\\":\\"O\'Brien \\\\ <b>"}'],
    ['json', '{"name":{{ n }}}', '{"name":"\\",\\"admin\\":true,\\"x\\":\\"O\'Brien \\\\ <b>"}'],
    [
      'json',
      '{"name":{{ n|tojson }}}',
      '{"name":"\\",\\"admin\\":true,\\"x\\":\\"O\\u0027Brien \\\\ \\u003cb\\u003e"}',
    ],
    [
      'xml',
      '<a b="{{ n }}">{{ n }}</a>',
      '<a b="&#34;,&#34;admin&#34;:true,&#34;x&#34;:&#34;O&#39;Brien \\ &lt;b&gt;">&#34;,&#34;admin&#34;:true,&#34;x&#34;:&#34;O&#39;Brien \\ &lt;b&gt;</a>',
    ],
  ] as const)('keeps a name that would break out a name, in %s: %s (T17)', (kind, template, expected) => {
    const n = `","admin":true,"x":"O'Brien \\ <b>`
    expect(attempt(template, { n }, kind)).toBe(expected)
    if (kind === 'json') expect(JSON.parse(expected)).toEqual({ name: n })
  })

  it.each([
    ['missing', FAILS],
    ['none', 'null'],
    ['big', '12345678901234567890'],
    ['nan', FAILS],
    ['n', '"\u2028"'],
  ])('prints %s as JSON, or says that it cannot (T18, T22)', (name, expected) => {
    const context = { big: 12345678901234567890n, nan: Number.NaN, n: '\u2028' }
    expect(attempt(`{"n":{{ ${name} }}}`, context, 'json')).toBe(expected === FAILS ? FAILS : `{"n":${expected}}`)
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
  it('finds no way to a function, a prototype or a global, and changes nothing for the next', () => {
    const endings = new Map<Ending, number>()
    const run = property(hostileTemplate, payload, (template, kind) => {
      const ending = tryHostile(template, kind)
      endings.set(ending, (endings.get(ending) ?? 0) + 1)
    })
    assert(run, { numRuns: 600 })
    expect(endings.get('renders')).toBeGreaterThan(30)
  })
})
