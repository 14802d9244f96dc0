import { describe, expect, it } from 'vitest'
import { compileTemplate, type TemplatePayload } from '../../src/template/template.ts'

function render(payload: TemplatePayload, template: string, context: Record<string, unknown> = {}): string {
  return compileTemplate(template, { payload }).render(context)
}

describe('a value of the context', () => {
  it.each([
    [2 ** 64, '18446744073709551616'],
    [-0, '0'],
    [1e-7, '1e-07'],
    [123n, '123'],
    [undefined, ''],
    [Number.NaN, 'nan'],
    ['\udb40\udc01', '\udb40\udc01'],
  ])('prints %s as %j', (v, expected) => {
    expect(render('text', '{{ v }}', { v })).toBe(expected)
  })

  it('prints characters that cannot be seen by their number inside a list', () => {
    expect(render('text', '{{ [v] }}', { v: '\u{e0001}\u200b\u0001' })).toBe(String.raw`['\U000e0001\u200b\x01']`)
  })

  it('keeps its order, and its keys are texts', () => {
    expect(
      render('text', '{{ d.update({"z": 1}) }}{{ d }}{{ d.popitem() }}{{ d.clear() }}{{ d }}', { d: { b: 1, a: 2 } }),
    ).toBe("None{'b': 1, 'a': 2, 'z': 1}('z', 1)None{}")
    expect(() => render('text', '{{ d.update({1: 2}) }}', { d: {} })).toThrow(
      "expected a text as key of a customer's mapping",
    )
  })

  it('is found before a method of its name unless it is called', () => {
    const context = { d: { items: 'mine', keys: null } }
    expect(
      render(
        'text',
        '{{ d.items }} {{ d.keys }} {{ d.items()|length }} {{ d["items"] }} {{ d.get("items") }}',
        context,
      ),
    ).toBe('mine None 2 mine mine')
    expect(render('text', '{{ d.values }}', context)).toBe('<built-in method values>')
  })
})

describe('a number beyond what can be kept', () => {
  it.each([
    ['{{ (-8) ** 0.5 }}', 'expected a negative number to be raised to a whole power'],
    ['{% set x = 10 ** 4000 %}{{ x * x }}', 'expected a number of at most 4300 digits'],
    ['{{ 1 / (x * 0) }}', 'expected a divisor other than zero'],
    ['{{ [1]|batch(0)|list }}', 'expected batches of at least 1 item'],
    ['{{ [1]|slice(0)|list }}', 'expected at least 1 slice'],
    ['{{ lipsum(5, min=1, max=5000) }}', 'expected at most 100 paragraphs of 1000 words'],
    ['{{ range(0, 10, 0) }}', 'expected a step other than zero'],
    ['{% set c = cycler(1) %}{{ c() }}', 'expected `.next()` of the cycler'],
    ['{{ "x"|truncate(1, end="ab") }}', 'expected `length` to be at least that of `end`'],
    [
      '{% set l = [] %}{% for i in range(12) %}{% set l = l + range(90000)|list %}{% endfor %}{% set m = range(100000)|list * 11 %}',
      'expected a list of at most 1000000 items',
    ],
    [`{% set a = [1] %}${'{% set a = [a] %}'.repeat(250)}{{ a|tojson }}`, 'expected at most 200 levels of JSON'],
  ])('says so: %s', (template, message) => {
    expect(() => render('text', template, { x: 1 })).toThrow(message)
  })
})

describe('a safe text of JSON', () => {
  it('is worked on as people read it, and as it is where it cannot be read', () => {
    const context = { n: '"ž"\n', fmt: '<%s>' }
    const json = (template: string): unknown => JSON.parse(render('json', template, context))
    expect(json('"{{ (n ~ "é")|center(9) }}"')).toBe('  "ž"\né  ')
    expect(json('"{{ (n ~ "x")|striptags|length }}{{ (n ~ "<b>")|striptags }}"')).toBe('5"ž"')
    expect(json('"{{ (n ~ "x").split("ž")|join("-") }}"')).toBe('"-"\nx')
    expect(json('"{{ (n ~ "x")[1:3] }}{{ (n ~ "x")|first }}{{ (n ~ "x")|list|length }}"')).toBe('ž""5')
    expect(json('"{{ (n ~ "x") in ["a", "\\"ž\\"\\nx"] }}{{ {"\\"ž\\"\\nx": 1}[n ~ "x"] }}"')).toBe('true1')
    expect(json('["{{ (\'","\' ~ "a")|upper }}"]')).toEqual(['', 'A'])
    expect(json('"{{ ("a" ~ n)|replace("a", n) }}"')).toBe('"ž"\n"ž"\n')
    expect(json('["{{ \'","\'|replace(",", "," ~ " ") }}"]')).toEqual(['', ''])
    expect(json('"{{ "x"|join(n) }}{{ ","|safe ~ n }}{{ [n]|join(",") }}{{ n|forceescape }}{{ n|e }}"')).toBe(
      'x,"ž"\n"ž"\n"ž"\n"ž"\n',
    )
    expect(json('"{{ fmt % ("a" ~ n) }}{{ (\'\\\\\\\\","\' ~ "a")|upper|length }}"')).toBe('<a"ž"\n>6')
    expect(json('[{{ ["a", n ~ "b"] }}, {{ {"k": "v"} }}, {{ ("a" ~ n)|tojson }}]')).toEqual([
      ['a', '"ž"\nb'],
      { k: 'v' },
      'a"ž"\n',
    ])
    expect(json('"{{ "%s %c %r"|format(true, "x", n) }}|{{ "%s" % none }}|{{ "{!r}".format(n ~ "a") }}"')).toBe(
      `true x '"ž"\\n'||'"ž"\\na'`,
    )
    expect(json('"{{ "x" ~ 1.0 ~ [1] ~ true ~ none ~ missing }}{{ true ~ none ~ 1 }}"')).toBe('x1.0[1]truetrue1')
    expect(
      json(
        '"{{ -1|abs }}{{ ("5" ~ "")|int + 1 }}{{ "12"|float }}{{ "a"|upper is upper }}{{ ["b", "a"]|sort|first }}{{ "b" is in ["b"] }}"',
      ),
    ).toBe('1612.0trueatrue')
    expect(
      json('"{% autoescape n %}{{ n }}{{ "<" ~ n }}{% set x %}{{ n }}{% endset %}{{ x }}{% endautoescape %}"'),
    ).toBe('"ž"\n<"ž"\n"ž"\n')
  })

  it('is suppressed, sent and compared with other texts as what it reads', () => {
    expect(render('json', '{{ ("a" == "a") }}')).toBe('true')
    expect(render('json', '["{{ "a"|pprint }}", "{{ ["a"]|pprint }}", "{{ namespace(a="x") }}"]')).toBe(
      `["'a'", "['a']", "<Namespace {'a': 'x'}>"]`,
    )
  })
})

describe('what is rarely printed', () => {
  it.each([
    ['{{ l|map("upper") }}', '<generator object>'],
    ['{{ range }} {{ "a".upper }}', '<built-in range> <built-in method upper>'],
    ['{{ d.update(v=d.values()) }}{{ d }}', "None{'v': dict_values([{...}])}".replace('{...}', '...')],
    ['{{ "&#9999999;&#x110000;&copy;"|striptags }}', '&#9999999;&#x110000;&copy;'],
    ['{{ 1479600000|from_timestamp("%a %G-W%V %u") }} {{ 1479639600|from_timestamp("%P") }}', 'Sun 2016-W46 7 am'],
    ['{{ 1479650400|from_timestamp("%P") }}', 'pm'],
    ['{% output l separated by ", " %}', 'a, b'],
    ['{% macro m(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m(2) }}', '21'],
  ])('prints %s', (template, expected) => {
    expect(render('text', template, { l: ['a', 'b'], d: {} })).toBe(expected)
  })

  it('says that a default cannot use a later parameter', () => {
    expect(() => render('text', '{% macro m(a=b, b=1) %}{{ a }}{% endmacro %}{{ m() }}')).toThrow()
  })
})

describe('a macro of JSON', () => {
  it('knows its caller and what it is called with', () => {
    const template =
      '{% macro row(label, value=none) %}{"{{ label }}": {{ value }}, "more": {{ kwargs }}, "rest": {{ varargs }} }{% endmacro %}' +
      '[{{ row("a", 1, 2, x=n) }}, {{ row(n) }}]'
    expect(JSON.parse(render('json', template, { n: 'é"' }))).toEqual([
      { a: 1, more: { x: 'é"' }, rest: [2] },
      { 'é"': null, more: {}, rest: [] },
    ])
  })
})

describe('a host that misbehaves', () => {
  it('costs one render, which says that it is not the template', () => {
    const context = {
      get x(): string {
        throw new Error('canary')
      },
    }
    expect(() => render('text', '{{ x }}', context)).toThrow(
      'expected the template engine to go on, got a defect in it',
    )
    let isFirst = true
    const flaky = {
      get x(): string {
        if (!isFirst) return 'fine'
        isFirst = false
        throw new Error('canary')
      },
    }
    expect(() => render('text', '{{ x }}', flaky)).toThrow('expected the template engine to go on, got a defect in it')
  })

  it('may hand over data that is nested deeper than the stack', () => {
    const nest = (): unknown => JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
    expect(() => render('text', '{{ a == b }}', { a: nest(), b: nest() })).toThrow(
      'expected less nesting, got more than the stack holds',
    )
  })
})

describe('the example of the docstring', () => {
  it('renders as it says', () => {
    expect(compileTemplate('{"name":"{{ n }}"}', { payload: 'json' }).render({ n: 'Zoë "Z"' })).toBe(
      '{"name":"Zoë \\"Z\\""}',
    )
  })
})
