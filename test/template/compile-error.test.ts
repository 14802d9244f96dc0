import { describe, expect, it } from 'vitest'
import { TemplateError } from '../../src/errors.ts'
import { compileTemplate, type CompileOptions } from '../../src/template/template.ts'

function failure(template: string, options: Partial<CompileOptions> = {}): TemplateError {
  try {
    compileTemplate(template, { payload: 'text', name: 'sms.j2', ...options })
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error(`compiles: ${template}`)
}

/** `line:column sentence`. */
function sentence(template: string, options: Partial<CompileOptions> = {}): string {
  const { line, column, message } = failure(template, options)
  return `${line}:${column} ${message.split('\n')[0]}`
}

describe('a template that does not compile', () => {
  it('is told with file, line, column, the line and a caret', () => {
    const error = failure('Hello\n  {{ name|tojsn }}!\n')
    expect(error).toMatchObject({ code: 'HOOKCAST_TEMPLATE_INVALID', file: 'sms.j2', line: 2, column: 11 })
    expect(error.message).toBe(
      'expected a known filter, got `tojsn`, did you mean `tojson`?\n    {{ name|tojsn }}!\n            ^',
    )
  })

  it('counts lines from the place in its file', () => {
    expect(failure('a\n{{ }}', { line: 7 })).toMatchObject({ line: 8, column: 4 })
  })

  it('counts columns in characters, and lines whatever ends them', () => {
    expect(failure('a\r\nb\r😀č {{ 1 2 }}')).toMatchObject({ line: 3, column: 9 })
  })

  it('keeps the caret in place behind tabs', () => {
    expect(failure('\t{{ a b }}\n').message).toContain('\n  \t{{ a b }}\n  \t     ^')
    expect(failure('{{ a b }}\nmore').message).toMatch(/\n {2}\{\{ a b \}\}\n {7}\^$/)
  })

  it('is told where it stands in the file, when the text is a part of one', () => {
    const places = [
      { offset: 0, line: 7, column: 10 },
      { offset: 3, line: 8, column: 5 },
    ]
    expect(sentence('{"a{{ b|nope }}"}', { places })).toBe('8:10 expected a known filter, got `nope`')
  })

  it('shows the part of a long line around the place', () => {
    const error = failure(`${'x'.repeat(500)}{{ a b }}${'y'.repeat(500)}`)
    const [, line, caret] = error.message.split('\n')
    expect(line!.length).toBeLessThan(110)
    expect(line![caret!.indexOf('^')]).toBe('b')
  })

  it.each([
    ['{{ a ', '1:1 expected the tag to be closed by `}}`, got the end of the template'],
    ['{{ (a', '1:1 expected the tag to be closed by `)`, got the end of the template'],
    ['{{', '1:1 expected the tag to be closed by `}}`, got the end of the template'],
    ['{% if', '1:1 expected the tag to be closed by `%}`, got the end of the template'],
    ['{% set a, %}x', '1:14 expected `{% endset %}` for the `set` in line 1, got the end of the template'],
    [
      '{% if a %}x',
      '1:12 expected `{% elif %}`, `{% else %}` or `{% endif %}` for the `if` in line 1, got the end of the template',
    ],
    ['{% for a in b %}\n{% endif %}', '2:4 expected `else` or `endfor`, got `endif`'],
    ['{% endif %}', '1:4 expected nothing to close, got `endif`'],
    ['{% foo %}', '1:4 expected a known tag, got `foo`, did you mean `for`?'],
    ['{% zzzzzzzzz %}', '1:4 expected a known tag, got `zzzzzzzzz`'],
    ['{# a', '1:1 expected the comment to be closed by `#}`, got the end'],
    ['{% raw %}a', '1:1 expected the raw text to be closed by `{% endraw %}`, got the end'],
    ["{{ 'a }}", "1:4 expected the text to be closed by `'`, got the end"],
    ['{{ a ? b }}', '1:6 expected an expression, got `?`: write `a if b else c`'],
    ['{"a": "{{ name }"}', '1:16 expected the tag to be closed by `}}`, got `}`'],
    ['{% if a }x', '1:9 expected the tag to be closed by `%}`, got `}`'],
    ['{% if a = b %}', '1:9 expected `%}`, got `=`: write `==` to compare'],
    ['{{ a && b }}', '1:6 expected an expression, got `&`: write `and`'],
    [
      '{{ a|default: "x" }}',
      '1:13 expected `}}`, got `:`: write the arguments of a filter in brackets: `default("x")`',
    ],
    ['{% unless a %}', '1:4 expected a known tag, got `unless`: write `{% if not … %}`'],
    ['{% if a %}x{% endfi %}', '1:15 expected a known tag, got `endfi`, did you mean `endif`?'],
    ['{{ [1) }}', '1:6 expected `]`, got `)`'],
    ['{{ 1) }}', '1:5 expected no closing bracket here, got `)`'],
    ["{{ '\\xZZ' }}", '1:5 expected an escape such as `\\n` or `\\u010d`, got another'],
    ["{{ '\\U00110000' }}", '1:5 expected an escape such as `\\n` or `\\u010d`, got another'],
    ['{{ }}', '1:4 expected an expression, got `}}`'],
    ['{{ a|upper.b }}', '1:6 expected a known filter, got `upper.b`, did you mean `upper`?'],
    ['{{ a is ood }}', '1:9 expected a known test, got `ood`, did you mean `odd`?'],
    ['{{ a|map("uper") }}', '1:10 expected a known filter, got `uper`, did you mean `upper`?'],
    ['{{ a|selectattr("x", "nun") }}', '1:22 expected a known test, got `nun`, did you mean `none`?'],
    ['{{ a|truncate(1, 2, 3, 4, 5) }}', '1:6 expected at most 4 arguments, got 5 for `truncate`'],
    ['{{ a|upper(x=1) }}', '1:6 expected no arguments, got `x` for `upper`'],
    ['{{ a|trim(x=1) }}', '1:6 expected arguments out of `chars`, got `x` for `trim`'],
    ['{{ a|trim("x", chars=1) }}', '1:6 expected `chars` once, got it twice for `trim`'],
    ['{{ a|replace("x") }}', '1:6 expected the argument `new`, got none for `replace`'],
    ['{{ a is odd(1) }}', '1:9 expected at most 0 arguments, got 1 for `odd`'],
    ['{{ f(a=1, a=2) }}', '1:11 expected `a` once, got it twice'],
    ['{{ f(a=1, 2) }}', '1:11 expected arguments in the order `a, name=b, *rest, **names`, got `2`'],
    ['{% set loop = 1 %}{% for loop in a %}{% endfor %}', '1:26 expected a name other than `loop`, got `loop`'],
    ['{% macro m(a=1, b) %}{% endmacro %}', '1:17 expected `b` to have a default too, as the one before it has'],
    ['{% macro m(a, a) %}{% endmacro %}', '1:15 expected `a` once, got it twice'],
    [
      '{% macro m(caller) %}{% endmacro %}',
      '1:12 expected `caller` to have a default such as `caller=none`, or to be left out',
    ],
    ['{% call a %}{% endcall %}', '1:9 expected a call such as `name()`, got another expression'],
    ['{% set true = 1 %}', '1:8 expected a name to assign to, got `true`'],
    ['{{ a is odd is even }}', '1:13 expected one `is`, got a chain of them'],
    ['{{ a.__class__ }}', '1:6 expected the name of a value, got `__class__`, which is not there'],
    ['{{ range.constructor("x")() }}', '1:10 expected a method that texts, lists or mappings have, got `constructor`'],
    ['{{ 1 if 2 else }}', '1:16 expected an expression, got `}}`'],
  ])('says what was expected: %s', (template, expected) => {
    expect(sentence(template)).toBe(expected)
  })

  it.each(['{% if a %}{{ b|nope }}{% endif %}', '{{ b|nope if a }}', '{% if a %}{{ b is nope }}{% endif %}'])(
    'leaves an unknown name in a branch until it runs, as Jinja2 does, but not in a campaign: %s',
    (template) => {
      expect(compileTemplate(template, { payload: 'text' }).render({})).toBe('')
      const place = `1:${template.indexOf('nope') + 1} expected a known`
      expect(() => compileTemplate(template, { payload: 'text' }).render({ a: 1 })).toThrow('expected a known')
      for (const options of [{ payload: 'json' }, { payload: 'text', areBranchesChecked: true }] as const) {
        expect(sentence(template, options)).toContain(place)
      }
    },
  )

  it('refuses an unknown name in a frame of its own inside a branch, as Jinja2 does', () => {
    expect(sentence('{% if a %}{% for x in b %}{{ x|nope }}{% endfor %}{% endif %}')).toContain(
      '1:32 expected a known filter',
    )
  })

  it.each(['include "a"', 'import "a" as b', 'from "a" import b', 'extends "a"', 'block a'])(
    'says why there is no {%% %s %%}',
    (tag) => {
      expect(sentence(`{% ${tag} %}`)).toContain(`expected no \`${tag.split(' ')[0]}\` tag: a template stands alone`)
    },
  )

  it.each([
    ['brackets', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['lists', `{{ ${'['.repeat(5000)}${']'.repeat(5000)} }}`],
    ['ifs', '{% if a %}'.repeat(3000) + '{% endif %}'.repeat(3000)],
    ['nots', `{{ ${'not '.repeat(5000)} a }}`],
    ['signs', `{{ ${'- '.repeat(5000)} a }}`],
    ['conditions', `{{ ${'1 if 1 else '.repeat(5000)} a }}`],
    ['targets', `{% set ${'('.repeat(500)}a${')'.repeat(500)} = 1 %}`],
  ])('is bounded in nesting: %s', (_, template) => {
    expect(sentence(template)).toContain('expected at most 100 levels of nesting, got more')
  })

  it.each([
    ['operators', `{{ ${'1 + '.repeat(5000)}1 }}`],
    ['look-ups', `{{ a${'.b'.repeat(5000)} }}`],
    ['filters', `{{ a${'|upper'.repeat(5000)} }}`],
  ])('is bounded in length of a chain: %s', (what, template) => {
    expect(sentence(template)).toContain(`expected at most 300 ${what} in a row, got more`)
  })

  it('is bounded in size', () => {
    expect(sentence('x'.repeat(1_000_001))).toBe('1:1 expected a template of at most 1000000 characters, got more')
  })

  it('may be long and deep within these bounds', () => {
    const deep = `{{ ${'('.repeat(40)}1${')'.repeat(40)} }}${'{% if 1 %}'.repeat(40)}x${'{% endif %}'.repeat(40)}`
    const long = `{{ 0${' + 1'.repeat(299)} }}{{ a${' ~ a'.repeat(2000)} }}{{ 1${'|int'.repeat(299)} }}`
    expect(compileTemplate(deep + long, { payload: 'text' }).render({})).toBe('1x2991')
  })
})
