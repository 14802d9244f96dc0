import { describe, expect, test } from 'vitest'
import {
  FactCounter,
  LINT_CODES,
  lintTemplate,
  readTemplate,
  type CompileOptions,
  type LintFinding,
} from '../../../src/template/template.ts'

interface Case {
  readonly payload?: CompileOptions['payload']
  readonly options?: Partial<CompileOptions>
  /** Rows of an audience; without, nothing is known about it. */
  readonly rows?: readonly Record<string, unknown>[]
}

function lint(text: string, { payload = 'json', options = {}, rows }: Case = {}): readonly LintFinding[] {
  const reading = readTemplate(text, { payload, name: 't.j2', ...options })
  if (rows === undefined) return lintTemplate(reading, null)
  const facts = new FactCounter(reading.reads.map(({ path }) => path))
  for (const row of rows) facts.see(row)
  return lintTemplate(reading, facts)
}

const codes = (text: string, how: Case = {}): readonly string[] => lint(text, how).map(({ code }) => code)

type Texts = readonly (readonly [text: string, how?: Case])[]

/** For each code: what it is about, and what comes near to it and is right. */
const CASES: Readonly<Record<keyof typeof LINT_CODES, { readonly wrong: Texts; readonly right: Texts }>> = {
  hand_escaping: {
    wrong: [
      ['{"a": "{{ customer.a | tojson }}"}'],
      ['{"a": "{{ customer.a | tojson | safe }}"}'],
      ['{"a": "{{ (customer.a | tojson)[1:-1] }}"}'],
      [String.raw`{"a": "{{ customer.a | replace('"', '\\"') }}"}`],
      [String.raw`{"a": "{{ customer.a | trim | replace('\n', '\\n') | upper }}"}`],
      ['{"a": "{{ customer.a | e }}"}'],
      ['{"a": "{{ customer.a | forceescape }}"}'],
      ['{"a": "{{ customer.a | safe }}"}'],
      ['{"a": "{{ customer.a | e if customer.b else "-" }}"}'],
    ],
    right: [
      ['{"a": {{ customer.a | tojson }}}'],
      ['{"a": "{{ customer.a | tojson | md5 }}"}'],
      ['{"a": "{{ customer.a | tojson | length }}"}'],
      [`{"a": "{{ customer.a | replace('"', "'") }}"}`],
      [`{"a": "{{ customer.a | replace('-', '') }}"}`],
      ['{"a": {{ customer.a | safe }}}'],
      ['{"a": "{{ "x" | safe }}"}'],
      ['{"a": "{% autoescape false %}{{ customer.a | e }}{% endautoescape %}"}'],
      ['{"a": "{{ customer.a | tojson }}"}', { options: { jsonEscape: 'off' } }],
      ['<p>{{ customer.a | e }}</p>', { payload: 'text' }],
      ['<a>{{ customer.a | e }}</a>', { payload: 'xml' }],
    ],
  },
  python_words: {
    wrong: [
      ['{{ true }}', { payload: 'text' }],
      ['{{ none }}', { payload: 'text' }],
      ['{{ customer.age > 18 }}', { payload: 'text' }],
      ['{{ customer.age is defined }}', { payload: 'header' }],
      ['{{ not customer.vip }}', { payload: 'text' }],
      ['{{ customer.name if customer.vip else none }}', { payload: 'text' }],
      ['{{ customer.vip }}', { payload: 'text', rows: [{ vip: true }] }],
      ['{{ customer.vip }}', { payload: 'text', rows: [{ vip: 'x' }, { vip: null }] }],
      ['{{ customer.get("vip") }}', { payload: 'text', rows: [{ vip: 'x' }, {}] }],
      ['{"a": "{{ customer.vip | string }}"}', { rows: [{ vip: false }] }],
      ['{"a": "{{ (customer.age > 18) | string }}"}'],
      ['{"a": {{ true }}}', { options: { jsonEscape: 'off' } }],
      ['{"a": {% autoescape false %}{{ true }}{% endautoescape %}}'],
    ],
    right: [
      ['{"a": {{ true }}, "b": "{{ customer.age > 18 }}", "c": {{ none }}}'],
      ['<a>{{ true }}</a>', { payload: 'xml' }],
      ['{{ true | lower }}', { payload: 'text' }],
      ['{{ "true" if customer.age > 18 else "false" }}', { payload: 'text' }],
      ['{{ customer.vip }}', { payload: 'text', rows: [{ vip: 'yes' }] }],
      ['{{ customer.vip }}', { payload: 'text' }],
      ['{{ customer.get("vip", "") }}', { payload: 'text', rows: [{ vip: 'x' }, {}] }],
      ['{{ customer.vip | default("", true) }}', { payload: 'text', rows: [{ vip: null }] }],
      ['{% if customer.vip %}x{% endif %}', { payload: 'text', rows: [{ vip: true }] }],
      ['{"a": "{{ customer.vip | string }}"}', { rows: [{ vip: 'yes' }] }],
    ],
  },
  loop_counter: {
    wrong: [
      ['{% set n = 0 %}{% for i in [1, 2] %}{% set n = n + 1 %}{% endfor %}{{ n }}', { payload: 'text' }],
      ['{% for i in [1, 2] %}{% set n = (n or 0) + i %}{{ n }}{% endfor %}', { payload: 'text' }],
      [
        '{% set found = "" %}{% for i in [1, 2] %}{% if i == 2 %}{% set found = "x" %}{% endif %}{% endfor %}{{ found }}',
        { payload: 'text' },
      ],
      [
        '{% if customer.a %}{% set s = "" %}{% for i in [1] %}{% set s %}{{ s }}{{ i }}{% endset %}{% endfor %}{{ s }}{% endif %}',
        { payload: 'text' },
      ],
      [
        '{% set n = 0 %}{% for i in [1] %}{% for j in [1] %}{% set n = n + 1 %}{% endfor %}{% endfor %}',
        { payload: 'text' },
      ],
    ],
    right: [
      [
        '{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}',
        { payload: 'text' },
      ],
      ['{% for i in ["a"] %}{% set x = i | upper %}{{ x }}{% endfor %}', { payload: 'text' }],
      ['{% for i in ["a"] %}{% set x = i | upper %}{% set x = x ~ "!" %}{{ x }}{% endfor %}', { payload: 'text' }],
      ['{% set x = 1 %}{% for i in [1] %}{{ i }}{% endfor %}{% set x = x + 1 %}{{ x }}', { payload: 'text' }],
      ['{% for i in [1, 2] %}{{ loop.index }}{% endfor %}', { payload: 'text' }],
      [
        '{% set n = 0 %}{% for i in [1, 2] %}{% set n = n + 1 %}{% endfor %}{{ n }}',
        { payload: 'text', options: { isLegacyLoopScope: true } },
      ],
    ],
  },
  untyped_flag: {
    wrong: [
      ['{% if customer.vip %}x{% endif %}', { payload: 'text', rows: [{ vip: 'true' }, { vip: 'false' }] }],
      ['{% if not customer.vip %}x{% endif %}', { payload: 'text', rows: [{ vip: '1' }, { vip: '0' }, {}] }],
      ['{{ "x" if customer.vip and customer.vip else "y" }}', { payload: 'text', rows: [{ vip: 'No' }] }],
      ['{% if customer.a == 1 or customer.vip %}x{% endif %}', { payload: 'text', rows: [{ a: 1, vip: 'False' }] }],
    ],
    right: [
      ['{% if customer.vip %}x{% endif %}', { payload: 'text', rows: [{ vip: true }, { vip: false }] }],
      ['{% if customer.vip %}x{% endif %}', { payload: 'text', rows: [{ vip: 'true' }, {}] }],
      ['{% if customer.vip %}x{% endif %}', { payload: 'text', rows: [{ vip: 'false' }, { vip: 'gold' }] }],
      ['{% if customer.vip == "true" %}x{% endif %}', { payload: 'text', rows: [{ vip: 'false' }] }],
      ['{% if customer.vip is defined %}x{% endif %}', { payload: 'text', rows: [{ vip: 'false' }] }],
      ['{{ customer.vip }}', { payload: 'text', rows: [{ vip: 'false' }] }],
      ['{% if customer.vip %}x{% endif %}', { payload: 'text' }],
    ],
  },
  attribute_missing: {
    wrong: [
      ['{"a": "{{ customer.a }}"}', { rows: [{ a: 1 }, {}] }],
      ['{"a": "{{ customer["a b"] | upper }}"}', { rows: [{ 'a b': 'x' }, {}] }],
      ['{"a": "{{ customer.address.city }}"}', { rows: [{ address: { city: 'x' } }, { address: {} }] }],
      ['{"a": "{{ customer.frist | default("x") }}"}', { rows: [{ first: 'x' }] }],
      ['{"a": "{% if customer.b %}{{ customer.a }}{% endif %}"}', { rows: [{ a: 1, b: 1 }, {}] }],
    ],
    right: [
      ['{"a": "{{ customer.a }}"}', { rows: [{ a: 1 }, { a: null }] }],
      ['{"a": "{{ customer.a }}"}'],
      ['{"a": "{{ customer.a }}"}', { rows: [] }],
      ['{"a": "{{ customer.a | default("x") }}"}', { rows: [{ a: 1 }, {}] }],
      ['{"a": "{{ customer.a or "x" }}"}', { rows: [{ a: 1 }, {}] }],
      ['{"a": "{{ customer.get("a", "x") }}"}', { rows: [{ a: 1 }, {}] }],
      ['{"a": "{% if customer.a %}{{ customer.a | upper }}{% endif %}"}', { rows: [{ a: 1 }, {}] }],
      ['{"a": "{{ customer.a if customer.a is defined }}"}', { rows: [{ a: 1 }, {}] }],
      ['{% if not customer.a %}{% abort %}{% endif %}{"a": "{{ customer.a }}"}', { rows: [{ a: 1 }, {}] }],
      ['{"a": "{% for t in customer.a %}{{ t }}{% endfor %}"}', { rows: [{ a: [1] }, {}] }],
      ['{"a": "{{ {"x": "y"}[customer.a] or "z" }}"}', { rows: [{ a: 'x' }, {}] }],
      ['{"a": "{% for customer in [{"a": 1}] %}{{ customer.a }}{% endfor %}"}', { rows: [{ b: 1 }] }],
      ['{"a": "{{ params.a }}"}', { rows: [{ b: 1 }] }],
    ],
  },
  path_without_fallback: {
    wrong: [
      ['/v1/{{ customer.id }}', { payload: 'url' }],
      ['/v1/{{ customer.id | lower }}/x', { payload: 'url', rows: [{ id: 'x' }, {}] }],
      ['/v1/{{ customer.id }}?a={{ customer.a }}', { payload: 'url', rows: [{ id: null, a: 1 }] }],
    ],
    right: [
      ['/v1/{{ customer.id }}', { payload: 'url', rows: [{ id: 'x' }] }],
      ['/v1/{{ customer.id | default("none", true) }}', { payload: 'url' }],
      ['/v1/{{ customer.id or "none" }}', { payload: 'url' }],
      ['{% if not customer.id %}{% abort %}{% endif %}/v1/{{ customer.id }}', { payload: 'url' }],
      ['/v1/list?id={{ customer.id }}', { payload: 'url' }],
      ['/v1/{{ params.shop }}', { payload: 'url' }],
      ['/v1/{{ customer_ids.registered }}', { payload: 'url' }],
    ],
  },
  method_name: {
    wrong: [
      ['{"a": "{{ customer.items }}"}'],
      ['{"a": "{{ customer["values"] }}"}', { rows: [{ values: 1 }] }],
      ['{"a": "{{ customer.cart.items | length }}"}'],
    ],
    right: [
      ['{"a": "{% for k, v in customer.items() %}{{ k }}{% endfor %}"}'],
      ['{"a": "{{ customer.get("items", "") }}"}'],
      ['{"a": "{{ customer.item }}"}'],
      ['{"a": "{{ params.items }}"}'],
    ],
  },
}

describe.each(Object.entries(CASES))('%s', (code, { wrong, right }) => {
  test.each(wrong.map(([text, how]) => ({ text, how })))('is found in $text', ({ text, how }) => {
    expect(codes(text, how)).toContain(code)
  })

  test.each(right.map(([text, how]) => ({ text, how })))('is not found in $text', ({ text, how }) => {
    expect(codes(text, how)).not.toContain(code)
  })
})

describe('a finding', () => {
  test('has the place, the line with a caret, and what to write instead', () => {
    const [finding, ...others] = lint('{\n  "a": "{{ customer.a | tojson }}"\n}', { options: { line: 7 } })
    expect(others).toEqual([])
    expect(finding).toEqual({
      code: 'hand_escaping',
      file: 't.j2',
      line: 8,
      column: 25,
      message:
        '`tojson` prints quotation marks of its own inside those of the template, which breaks the JSON: leave the filter out, or the quotation marks around the placeholder',
      excerpt: '    "a": "{{ customer.a | tojson }}"\n                          ^',
    })
  })

  test('tells the share of rows, and the name that was meant', () => {
    const rows = [{ first_name: 'x', a: 1 }, { first_name: 'y' }, { first_name: 'z' }]
    const found = lint('{"a": "{{ customer.a }}{{ customer.frist_name }}"}', { rows })
    expect(found.map(({ message }) => message)).toEqual([
      '`customer.a` is missing in 2 of 3 rows (67 %) and prints nothing there: write `| default("…")`, or leave them out with {% if not customer.a %}{% abort %}{% endif %}',
      'no row has `customer.frist_name`: did you mean `customer.first_name`?',
    ])
  })

  test('comes once for a path, and all of them in the order of the text', () => {
    const text = '{"a": "{{ customer.a }}{{ customer.b | e }}{{ customer.a }}"}'
    expect(codes(text, { rows: [{ a: 1, b: 1 }, { b: 1 }] })).toEqual(['attribute_missing', 'hand_escaping'])
  })
})

test('every code has cases that find it', () => {
  expect(Object.keys(CASES)).toEqual(Object.keys(LINT_CODES))
})
