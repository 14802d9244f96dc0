import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTemplate, type TemplatePayload } from '../../src/template/template.ts'

function render(payload: TemplatePayload, template: string, context: Record<string, unknown> = {}): string {
  return compileTemplate(template, { payload }).render(context)
}

describe('a URL', () => {
  it.each([
    ['/v1/{{ id }}', { id: 'a b/c?d#e&f' }, '/v1/a%20b%2Fc%3Fd%23e%26f'],
    ['/v1/{{ id }}?n={{ n }}&m={{ m }}', { id: 1, n: 'é&=', m: null }, '/v1/1?n=%C3%A9%26%3D&m='],
    ['/v1/{{ a }}{{ b }}', { a: 'x', b: true }, '/v1/xtrue'],
    ['/v1{{ "/x/y?z=" if a }}{{ a }}', { a: '/' }, '/v1/x/y?z=%2F'],
    ['/v1/{{ a|urlencode }}', { a: 'x/y z' }, '/v1/x/y%20z'],
    ['/v1?{{ {"a b": "c&d", "e": 1}|urlencode }}', {}, '/v1?a+b=c%26d&e=1'],
    ['/v1?q={{ a ~ "&x=" ~ a }}', { a: '&' }, '/v1?q=%26&x=%26'],
    ['/v1?q={{ (a ~ "é")|upper|length }}', { a: '&' }, '/v1?q=2'],
    ['/zákazník/a b', {}, '/z%C3%A1kazn%C3%ADk/a%20b'],
    ['/v1/{{ "~-._!*\'()" ~ a }}/{{ a }}', { a: "~-._!*'()" }, "/v1/~-._!*'()~-._%21%2A%27%28%29/~-._%21%2A%27%28%29"],
    ['/v1?x={{ a }}', { a: '' }, '/v1?x='],
    ['/v1/{{ a|safe }}', { a: 'b%2Fc' }, '/v1/b%2Fc'],
    ['/%2e%2e.txt', {}, '/%2e%2e.txt'],
    [
      '/x{{ (a ~ "%zz")|upper }}{{ (a ~ "x")|upper }}',
      { a: 'é' },
      '/x%C3%A9%ZZ%C3%89X'.replace('%A9', '%A9').toUpperCase().replace('/X', '/x'),
    ],
  ])('is made of %s', (template, context, expected) => {
    expect(render('url', template, context)).toBe(expected)
  })

  it.each([
    ['/v1/{{ a }}', { a: '..' }, 'expected no part of the path to be `.` or `..`'],
    ['/v1/{{ a }}/x', { a: '.' }, 'expected no part of the path to be `.` or `..`'],
    ['/v1/{{ a }}{{ a }}', { a: '.' }, 'expected no part of the path to be `.` or `..`'],
    ['/v1/{{ a|safe }}/x', { a: '%2E%2e' }, 'expected no part of the path to be `.` or `..`'],
    ['/v1/{{ a }}/x', { a: '' }, 'expected a value in each part of the path, got an empty one'],
    ['/v1/{{ a }}', {}, 'expected a value in each part of the path, got an empty one'],
    ['/v1/{{ a }}{{ b }}?c', {}, 'expected a value in each part of the path, got an empty one'],
    ['{{ a }}', { a: '/x' }, 'expected the path to begin with `/`'],
    ['v1', {}, 'expected the path to begin with `/`'],
    ['/{{ a|safe }}', { a: '/evil.com' }, 'expected a path, got one that names a host'],
    ['/x{{ a|safe }}', { a: '\\evil' }, 'expected a path, got one that names a host'],
    ['/x#y', {}, 'expected no `#` in the URL'],
    ['/x{{ a|safe }}', { a: '\r\nX: 1' }, 'expected no control character in the URL'],
    ['/x?{{ a }}', { a: 'x'.repeat(9000) }, 'expected a URL of at most 8000 characters'],
    ['/x?{{ a }}', { a: '\ud800' }, 'expected well-formed Unicode text'],
  ])('is refused when it leaves its path: %s', (template, context, message) => {
    expect(() => render('url', template, context)).toThrow(message)
  })

  it('keeps each value one segment, whatever it is', () => {
    const template = compileTemplate('/v1/{{ a }}/end?q={{ a }}', { payload: 'url' })
    assert(
      property(string({ unit: 'binary', minLength: 1 }), (a) => {
        if (a === '.' || a === '..' || !a.isWellFormed()) return
        const url = new URL(template.render({ a }), 'https://host.example')
        expect(url.host).toBe('host.example')
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'v1', a, 'end'])
        expect(url.searchParams.get('q')).toBe(a)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a header', () => {
  it.each([
    ['{{ campaign }}', { campaign: 'spring sale' }, 'spring sale'],
    [' {{ a }}\t{{ b }} ', { a: 1, b: true }, '1\tTrue'],
    ['{{ a }}', {}, ''],
    ['{{ a|urlencode }}', { a: 'č' }, '%C4%8D'],
  ])('is trimmed and printed as text: %s', (template, context, expected) => {
    expect(render('header', template, context)).toBe(expected)
  })

  it.each([
    ['a\r\nX-Evil: 1', 'expected a header of one line'],
    ['a\nb', 'expected a header of one line'],
    ['a\u0000b', 'expected a header of one line'],
    ['č', 'expected a header in ASCII'],
    ['\u007f', 'expected a header in ASCII'],
    ['x'.repeat(9000), 'expected a header of at most 8000 characters'],
  ])('is refused when it is not one line of ASCII: %j', (a, message) => {
    expect(() => render('header', '{{ a }}', { a })).toThrow(message)
  })
})

describe('an XML body', () => {
  it('escapes data and keeps the template', () => {
    expect(
      render('xml', '<n a="{{ a }}">{{ a }}{{ none }}{{ true }}{{ 1.0 }}{{ b|safe }}</n>', { a: `<>&'"\r`, b: '<b/>' }),
    ).toBe('<n a="&lt;&gt;&amp;&#39;&#34;&#13;">&lt;&gt;&amp;&#39;&#34;&#13;true1.0<b/></n>')
    expect(
      render('xml', '{{ (a ~ "<i>"|safe)|upper }}{% macro m() %}<x>{{ a }}</x>{% endmacro %}{{ m() }}', { a: '<' }),
    ).toBe('&lt;&lt;I&gt;<x>&lt;</x>')
  })

  it('is refused characters that XML cannot hold', () => {
    for (const a of ['\u0000', '\u000b', '\ufffe', '\ud800', 'x\udc00']) {
      expect(() => render('xml', '{{ a }}', { a })).toThrow('expected characters that XML 1.0 can hold, got U+')
    }
    expect(render('xml', '{{ a }}', { a: '\t\n😀' })).toBe('&#9;&#10;😀')
  })
})

describe('a form', () => {
  it.each([
    [
      '{"to": "{{ to }}", "text": "{{ text }}"}',
      { to: '+420 1', text: 'a&b=c\n"é"' },
      'to=%2B420+1&text=a%26b%3Dc%0A%22%C3%A9%22',
    ],
    ['{{ {"a": 1, "b": [true, none, 2.5], "c": text} }}', { text: 'x y' }, 'a=1&b=true&b=&b=2.5&c=x+y'],
    ['{}', {}, ''],
    ['{{ customer }}', { customer: { a: '&', b: 2 } }, 'a=%26&b=2'],
  ])('is made of a mapping: %s', (template, context, expected) => {
    expect(render('form', template, context)).toBe(expected)
  })

  it.each([
    ['[1]', 'expected a form to be a mapping'],
    ['"a"', 'expected a form to be a mapping'],
    ['{"a": {"b": 1}}', 'expected texts, numbers, true, false, none or lists of them in a form'],
    ['{"a": [[1]]}', 'expected texts, numbers, true, false, none or lists of them in a form'],
    ['{"a": {{ missing }} }', 'expected the rendered text to be JSON'],
  ])('is refused when it is none: %s', (template, message) => {
    expect(() => render('form', template)).toThrow(message)
  })
})

describe('a legacy loop scope', () => {
  const render28 = (template: string, context: Record<string, unknown> = {}): string =>
    compileTemplate(template, { payload: 'text', isLegacyLoopScope: true }).render(context)

  it.each([
    ['{% set n = 0 %}{% for x in [1, 2, 3] %}{% set n = n + x %}{{ n }}{% endfor %}={{ n }}', '136=6'],
    ['{% for x in [1, 2] %}{% set last = x %}{% endfor %}{{ last }}', '2'],
    [
      '{% set n = 0 %}{% for x in [1, 2] %}{% for y in [1, 2] %}{% if y == 2 %}{% set n = n + 1 %}{% endif %}{% endfor %}{% endfor %}{{ n }}',
      '2',
    ],
    ['{% set x = "o" %}{% for x in [1, 2] %}{% set x = 5 %}{% endfor %}{{ x }}', 'o'],
    ['{% for x in [1] %}{% set a, b = x, 2 %}{% set c %}{{ a }}{% endset %}{% endfor %}{{ a }}{{ b }}{{ c }}', '121'],
    ['{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}', '3'],
    ['{% set n = 0 %}{% for x in [] %}{% else %}{% set n = 1 %}{% endfor %}{{ n }}', '1'],
    [
      '{% set n = 0 %}{% macro m() %}{% for x in [1] %}{% set n = 5 %}{% endfor %}{{ n }}{% endmacro %}{{ m() }}{{ n }}',
      '50',
    ],
  ])('keeps what is set in a loop: %s', (template, expected) => {
    expect(render28(template)).toBe(expected)
  })

  it('is off without being asked for', () => {
    expect(render('text', '{% set n = 0 %}{% for x in [1, 2] %}{% set n = n + x %}{% endfor %}{{ n }}')).toBe('0')
  })
})
