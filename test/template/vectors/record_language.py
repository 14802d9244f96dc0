"""Records what Jinja2 3.1.6 renders from the templates below: `python3 record_language.py > language.jsonl`.

Written by hand, feature by feature; the tests read the recorded file only.
"""
import json, warnings
from jinja2 import Environment
warnings.simplefilter('ignore')
CONTEXT = {
    "a": "Zoë", "n": 7, "f": 2.5, "t": True, "none_": None, "list": [3, 1, 2], "words": "alpha beta-gamma delta",
    "d": {"k": "v", "items": "mine", "x": {"y": [10, 20]}}, "rows": [{"g": "B", "v": 2}, {"g": "a", "v": 1}, {"g": "b", "v": 3}],
    "tree": [{"n": "1", "c": [{"n": "1.1", "c": []}, {"n": "1.2", "c": [{"n": "1.2.1", "c": []}]}]}, {"n": "2", "c": []}],
    "html": "<b>\"x\" & 'y'</b>",
}
TEMPLATES = r'''
{{ 0b101 }} {{ 0o17 }} {{ 0xFf }} {{ 1_000 }} {{ 1_0.5_0 }} {{ 1e-7 }} {{ 1.5E3 }} {{ 12345678901234567890 }}
{{ 'a\tb\x41\u010d\U0001f600\101\q\'' }}|{{ "\"" }}|{{ 'line\
joined' }}
{{ "a" 'b' "c" }}
{{ true }}{{ True }}{{ none }}{{ None }}{{ false }}
{{ [1, 2,] }} {{ (1, 2,) }} {{ () }} {{ {'a': 1,} }} {{ 1, 2 }} {{ 1, }}
{{ {'a': {'b': [1, (2,)]}} }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }} {{ 2 ** 3 ** 2 }} {{ 10 ** 25 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 5 % 0 }}
{{ 0 ** -1 }}
{{ 9007199254740993 + 1 }} {{ 9007199254740991 * 3 }} {{ -9007199254740993 // 2 }} {{ 9007199254740993 % 1000 }} {{ 9007199254740993 - 9007199254740992 }}
{{ 1 + 1.0 }} {{ 1.5 + 1.5 }} {{ 3 * 1.0 }} {{ true + true }} {{ -true }} {{ +5 }} {{ +2.50 }} {{ - - 3 }}
{{ 'a' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 }} {{ (1,) * 2 }} {{ 'a' * -1 }}|{{ [1] + [2] }} {{ (1,) + (2,) }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + 'a' }}
{{ 'a' - 'b' }}
{{ [1] * 'a' }}
{{ 'a' ~ 1 ~ none ~ missing ~ 1.0 ~ [1] }}
{{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == 'a' }} {{ [1, 2] == [1, 2] }} {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }} {{ none == false }} {{ missing == missing }} {{ 'a' != 'b' }} {{ (1, 2) == (1, 2) }}
{{ {'a': 1} == {'a': 2} }} {{ {'a': 1} == {'b': 1} }} {{ {'a': 1} == {'a': 1, 'b': 2} }} {{ range(3) == range(0, 3) }} {{ range(0) == range(5, 5) }} {{ range(0, 1, 5) == range(0, 1) }} {{ range(4) == range(3) }}
{{ 1 < 2 <= 2 != 3 }} {{ 3 > 2 > 2 }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ [1, 2] < [1, 3] }} {{ (1,) < (1, 0) }} {{ 1 < 1.5 }} {{ '😀' > '￿' }}
{{ 1 < 'a' }}
{{ {} < {} }}
{{ missing < 1 }}
{{ 1 < missing }}
{{ 1 in [1, 2] }} {{ 'a' in 'cat' }} {{ 'k' in d }} {{ 5 not in [1] }} {{ 1 in missing }} {{ 2 in range(3) }} {{ 'x' in ('x', 'y') }}
{{ 1 in 'cat' }}
{{ 1 in 5 }}
{{ missing in 'cat' }}
{{ not true }} {{ not 0 }} {{ not missing }} {{ 0 or 'x' }} {{ 1 and 0 }} {{ '' or none or [] }} {{ not 1 == 2 }}
{{ 'yes' if n > 5 else 'no' }} {{ 'x' if false }}| {{ 1 if false else 2 if false else 3 }}
{{ a[0] }} {{ a[-1] }} {{ a[5] }}| {{ a.upper() }} {{ list.0 }} {{ list[-1] }} {{ list[9] }}| {{ d.k }} {{ d['k'] }} {{ d.x.y.1 }} {{ d['x']['y'][0] }} {{ (1, 2)[1] }} {{ range(5)[2] }} {{ range(5)[-1] }} {{ range(5)[9] }}|
{{ 'abcdef'[::2] }} {{ 'abcdef'[4:1:-1] }} {{ 'abcdef'[-3:] }} {{ list[1:] }} {{ (1, 2, 3)[:2] }} {{ range(10)[2:8:3] }} {{ range(10)[::-1]|list }} {{ 'aé😀z'[1:3] }} {{ 'abc'[10:] }}| {{ 'abc'[:-10] }}|
{{ 'abc'[::0] }}
{{ a['x':] }}
{{ 'abc'[missing:] }}
{{ n[0:1] }}
{{ d[0:1] }}
{{ none_[:1] }}
{{ d.missing }}| {{ missing.x }}
{{ d.missing.deeper }}
{{ missing[0] }}
{{ missing[0:1] }}
{{ missing() }}
{{ missing + 1 }}
{{ 1 + missing }}
{{ -missing }}
{{ +missing }}
{{ 'a' * missing }}
{{ -'a' }}
{{ +[] }}
{{ n() }}
{{ d.k() }}
{{ none_.x }}|{{ n.x }}|{{ none_[0] }}|
{{ missing|length }} {{ missing|list }} {{ missing|join(',') }}| {{ missing ~ '' }}| {{ missing is defined }} {{ missing|default('x') }} {{ missing|upper }}| {% for x in missing %}x{% endfor %} {{ missing|first }}| {{ missing|sum }}
{{ missing|int }}
{{ missing|float }}
{{ missing|abs }}
{{ missing|round }}
{{ missing|tojson }}
{{ missing|wordwrap }}
{{ missing|indent }}
{{ missing|truncate(3) }}|
{% if missing %}a{% else %}b{% endif %}{% if missing is undefined %}c{% endif %}
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}
{% if false %}{% set y = 1 %}{% endif %}[{{ y }}]
{% if false %}{% set a = 1 %}{% endif %}[{{ a }}]
{% for i in list %}{% set last = i %}{% endfor %}[{{ last }}]
{% for i in list %}{{ x }}{% set x = i %}{{ x }}{% endfor %}
{% set x = 0 %}{% for i in list %}{{ x }}{% set x = i %}{{ x }};{% endfor %}{{ x }}
{{ a }}{% set a = 'new' %}{{ a }}
{% for i in [1] %}{{ a }}{% endfor %}{% set a = 2 %}{{ a }}
{% set x, y = 1, 2 %}{% set (p, q) = (3, 4) %}{% set [z] = [1] %}
{% set x, y = 1, 2 %}{% set (p, q) = (3, 4) %}{{ x }}{{ y }}{{ p }}{{ q }}
{% set x, (y, z) = 1, (2, 3) %}{{ x + y + z }}
{% set x, y = [1] %}
{% set x, y = 5 %}
{% set ns = namespace(a=1, b='x') %}{% set ns.a = ns.a + 1 %}{% set ns.c, q = 1, 2 %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns.missing }}|{{ q }}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}
{% set d.k = 1 %}
{% set x %}a{{ n }}{% endset %}{{ x }}{{ x|length }}
{% set x | upper | replace('A', 'b') %}a{{ a }}{% endset %}{{ x }}
{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}
{% for x in list|map('string') %}{{ loop.length }}{{ loop.last }}{{ loop.revindex }} {% endfor %}
{% for x in list|map('string') %}{{ loop.nextitem }}{{ loop.length }} {% endfor %}
{% for x in list %}{{ loop.previtem|default('-') }}<{{ x }}>{{ loop.nextitem|default('-') }} {% endfor %}
{% for x in list %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for x in list %}{{ loop.cycle() }}{% endfor %}
{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }}{{ loop.changed(x, 1) }} {% endfor %}
{% for x in list %}{{ loop }}{% endfor %}
{% for x in list %}{{ loop.missing }}|{% endfor %}
{% for x in list if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}
{% for x in list if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for x in [] recursive %}{{ x }}{% else %}none{% endfor %}
{% for x in list if loop.index %}{{ x }}{% endfor %}
{% for k, v in d.x.items() %}{{ k }}{{ v }}{% endfor %}
{% for (k, v) in {'a': 1}|items %}{{ k }}{{ v }}{% endfor %}
{% for k, v in list %}{{ k }}{% endfor %}
{% for x in 'añ😀' %}{{ x }},{% endfor %}{% for k in d %}{{ k }},{% endfor %}{% for x in (1, 2) %}{{ x }},{% endfor %}{% for x in range(2, 8, 3) %}{{ x }},{% endfor %}
{% for x in 5 %}{{ x }}{% endfor %}
{% for x in none_ %}{{ x }}{% endfor %}
{% for n in tree recursive %}{{ n.n }}{{ loop.depth }}{{ loop.depth0 }}[{{ loop(n.c) }}]{% endfor %}
{% for n in tree recursive %}{{ n.n }}{% if not loop.last %},{% endif %}{% if n.c %}({{ loop(n.c) }}){% else %}.{% endif %}{% endfor %}
{% for n in tree %}{{ loop(n.c) }}{% endfor %}
{% for x in [1, 2] %}{% for y in [3, 4] %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}
{% for x in [1, 2] %}{% set outer = loop %}{% for y in [3, 4] %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
{% for x in 1, 2, 3 %}{{ x }}{% endfor %}{% for x in [1, 2] if x == 2 or x == 1 %}{{ x }}{% endfor %}
{% for loop in [1] %}{% endfor %}
{% macro m(a, b='x', c=none) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }} {{ m(1, c=3) }} {{ m(b=1, a=2) }} {{ m() }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}
{% macro m(a) %}{{ a }}{{ varargs|length }}{{ kwargs.z }}{% endmacro %}{{ m(1, 2, 3, z=4) }}
{% macro m(a, b=1) %}{% endmacro %}{{ m.name }} {{ m.arguments }} {{ m.catch_kwargs }} {{ m.catch_varargs }} {{ m.caller }} {{ m.missing }}| {{ m }}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{{ n }}{% endcall %}
{% macro m() %}{{ caller('x', 2) }}{% endmacro %}{% call(p, q=5, r=6) m() %}{{ p }}{{ q }}{{ r }}{% endcall %}
{% macro m() %}x{% endmacro %}{% call m() %}in{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m(caller=none) %}{{ caller() if caller else 'no' }}{% endmacro %}{{ m() }}{% call m() %}yes{% endcall %}
{% macro m(caller) %}{{ caller() }}{% endmacro %}
{% macro m(a, a) %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}
{% macro m() %}{{ x }}{% endmacro %}{% set x = 5 %}{{ m() }}
{% macro outer() %}{% macro inner(x) %}<{{ x }}>{% endmacro %}{{ inner(1) }}{{ inner(2) }}{% endmacro %}{{ outer() }}
{% macro m() %}{{ a }}{% set a = 2 %}{{ a }}{% endmacro %}{{ m() }}{{ a }}
{% set f = range %}{{ f(3)|list }}{% set up = a.upper %}{{ up() }}
{{ m(1) }}{% macro m(a) %}{% endmacro %}
{% if true %}{% macro m() %}x{% endmacro %}{% endif %}{{ m() }}
{% with %}{% set x = 1 %}{{ x }}{% endwith %}[{{ x }}]
{% with x = 1, y = 2 %}{{ x }}{{ y }}{% endwith %}[{{ x }}]
{% set x = 1 %}{% with x = 2, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}
{% with (p, q) = (1, 2) %}{{ p }}{{ q }}{% endwith %}
{% filter upper %}a{{ a }}{% endfilter %} {% filter replace('b', n|string)|upper %}abc{% endfilter %}
{% filter indent(width=2) %}a
b{% endfilter %}
{% autoescape true %}{{ html }}{{ html|safe }}{{ '<' }}{{ html|safe ~ '>' }}{{ ['<'] }}{{ html|e|e }}{% set x %}<{{ '<' }}{% endset %}{{ x }}{% endautoescape %}{{ html }}
{% autoescape t %}{% set x = '<' %}{{ x }}{{ html ~ a|safe }}{{ ['<', '>']|join('&') }}{{ ['<', '>'|safe]|join('&') }}{{ ['<']|join('&'|safe) }}{% endautoescape %}
{% autoescape false %}{{ '<' ~ '>'|safe }}{{ html|replace('b', '<') }}{% endautoescape %}
{% autoescape true %}{{ '%s'|safe|format('<') }}{{ '%s'|format('<') }}{{ '{}'|safe }}{{ ('{}'|safe).format('<') }}{{ ('<'|safe).join(['>', '&'|safe]) }}{{ html|replace('b', '<'|safe) }}{{ ('<b>'|safe)|replace('b', '<') }}{% endautoescape %}
{% autoescape true %}{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('<') }}{{ m('<')|upper }}{{ '<b>'|safe|striptags }}{{ '<b>'|forceescape }}{{ '<b>'|e|forceescape }}{{ {'a': '<'}|xmlattr }}{{ html|urlize }}{{ 'a'|safe|title }}{% endautoescape %}
{% autoescape true %}{% macro m() %}<i>{{ caller() }}</i>{% endmacro %}{% call m() %}<b>{{ '<' }}{% endcall %}{% filter upper %}<b>{{ '<' }}{% endfilter %}{% for x in ['<'] recursive %}<p>{{ x }}</p>{% endfor %}{% endautoescape %}
{% autoescape true %}{{ ('<'|safe)[0] }}{{ ('<b'|safe)[::-1] }}{{ ('<'|safe) * 2 }}{{ ('<'|safe) + '>' }}{{ '>' + ('<'|safe) }}{{ ('<'|safe).upper() }}{{ ('a<b'|safe).split('<') }}{{ '<'|tojson }}{{ '<'|safe|tojson }}{% endautoescape %}
{% autoescape true %}{% autoescape false %}{{ '<' }}{% endautoescape %}{{ '<' }}{% endautoescape %}{{ '<' }}
{% raw %}{{ x }}{% if %}{# c #}{% endraw %}|{%- raw -%}  {{ y }}  {%- endraw -%}|
a  {#- c -#}  b {# x #} c
a {%- if true -%} b {%- endif -%} c {{- 1 -}} d {{ 2 }} e {%+ if true %}f{% endif +%} g
  {% if true %}
  a
  {% endif %}

{{ 'a' }}{# {{ 'b' }} {% c %} #}
{{ '}}' }}{{ '%}' }}{{ {'a': {}} }}
{% print 'a', 1 %}{% print %}
{{ dict(a=1, **{'b': 2}) }} {{ dict([('a', 1)]) }} {{ dict({'x': 1}, y=2) }} {{ range(3) }} {{ range(0, 6, 2) }} {{ range(5, 0, -2)|list }}
{{ range(1, 2, 0) }}
{{ range('a') }}
{{ range(*[1, 3])|list }} {{ 'a-b'.replace(*['a', 'b']) }} {{ list|sort(*[true]) }} {{ list|sort(**{'reverse': true}) }}
{{ 'a'|replace('a', *['b']) }}
{{ dict(**5) }}
{{ dict(a=1, **{'a': 2}) }}
{% set c = cycler('a', 'b') %}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}
{% set j = joiner() %}{{ j() }}{{ j() }}{{ j() }}|{% set j = joiner('; ') %}{{ j() }}{{ j() }}
{{ lipsum(n=0) }}|{{ lipsum(2, false)|length > 50 }} {{ lipsum(1, true)|length > 50 }}
{{ cycler() }}
{{ -5|abs }} {{ 2.5|abs }} {{ -2.0|abs }} {{ true|abs }} {{ -12345678901234567890|abs }}
{{ 'a'|abs }}
{{ [1, 2, 3, 4, 5]|batch(2)|list }} {{ [1, 2, 3]|batch(2, 'x')|list }} {{ []|batch(2)|list }}
{{ [1, 2, 3, 4, 5]|slice(3)|list }} {{ [1, 2, 3, 4]|slice(3, 'x')|list }}
{{ 'ÉCOLE de ß'|capitalize }} {{ 'ß'|upper }} {{ 'İ'|lower|length }} {{ "they're bill's-friends (from) [the] {UK} <x>"|title }}
{{ 'ab'|center(7) }}| {{ 5|center(4) }}|{{ 'abc'|center(2) }}|
{{ missing|d }}|{{ missing|default }}|{{ false|default('x', true) }}{{ 0|d('x', boolean=true) }}{{ none|default(1) }}
{{ {'b': 1, 'A': 3, 'c': 2}|dictsort }} {{ {'b': 1, 'A': 3}|dictsort(true) }} {{ {'b': 1, 'A': 3}|dictsort(by='value', reverse=true) }}
{{ {'a': 1}|dictsort(by='x') }}
{{ [1]|dictsort }}
{{ html|e }} {{ html|escape }} {{ 1|e }} {{ none|e }} {{ html|forceescape }}
{{ 1|filesizeformat }} {{ 0|filesizeformat }} {{ 999|filesizeformat }} {{ 1000|filesizeformat }} {{ 1024|filesizeformat(true) }} {{ 1e12|filesizeformat }} {{ '1500'|filesizeformat }} {{ 10 ** 30|filesizeformat }} {{ (10 ** 30)|filesizeformat }}
{{ 'x'|filesizeformat }}
{{ [1, 2]|first }} {{ 'abc'|first }} {{ []|first }}| {{ [1, 2]|last }} {{ 'abc'|last }} {{ []|last }}| {{ d|first }} {{ range(3)|last }}
{{ []|first + 1 }}
{{ '3.7'|float }} {{ 'inf'|float }} {{ '-inf'|float }} {{ 'nan'|float }} {{ '1_0'|float }} {{ ' 2 '|float }} {{ 'x'|float(1.5) }} {{ none|float }} {{ true|float }} {{ '.5'|float }} {{ '5.'|float }} {{ '1e3'|float }}
{{ '42'|int }} {{ ' 42 '|int }} {{ '-0042'|int }} {{ '1_000'|int }} {{ '4.9'|int }} {{ 4.9|int }} {{ -4.9|int }} {{ 'x'|int(5) }} {{ none|int }} {{ true|int }} {{ '0b11'|int(0, 2) }} {{ '0o17'|int(base=8) }} {{ 'ff'|int(base=16) }} {{ '0xff'|int(base=0) }} {{ '12'|int(base=0) }} {{ 'zz'|int(base=36) }} {{ '0x1f'|int }} {{ '1e3'|int }} {{ 'inf'|int }} {{ '9'|int(base=8) }} {{ [1]|int(7) }}
{{ '%s %r %d %i %5.2f %-5d| %05d %+d %x %X %o %e %g %c %%'|format('a', 'b', 3, 4.7, 1.234, 5, 6, 7, 255, 255, 8, 12345.678, 0.00001, 'z') }}
{{ '%(x)s %(y)05.1f'|format(x=1, y=2.25) }} {{ '%s' % 'a' }} {{ '%s-%s' % ('a', 1) }} {{ '%*d' % (5, 3) }} {{ '%.*f' % (1, 2.26) }} {{ '%#x %#o' % (255, 8) }} {{ '%.3s' % 'abcdef' }} {{ '%5s|%-5s|' % ('a', 'b') }} {{ '% d' % 5 }} {{ '%c' % 65 }} {{ '%.0f' % 0.5 }} {{ '%.0f' % 1.5 }} {{ '%g' % 1e20 }} {{ '%G' % 1e-10 }} {{ '%F' % 1.5 }} {{ '%.f' % 2.5 }}
{{ '%s %s' % 'a' }}
{{ '%s' % ('a', 'b') }}
{{ '%d' % 'a' }}
{{ '%y' % 1 }}
{{ '%' % 1 }}
{{ '%(a)s' % 1 }}
{{ '%(a)s' % {'b': 1} }}
{{ '%c' % 'ab' }}
{{ '%x' % 1.5 }}
{{ '%s'|format('a', b=1) }}
{{ '{} {} {0}' ~ '' }}{{ '{0} {1} {0}'.format('a', 'b') }} {{ '{x}'.format(x=1) }} {{ '{0[k]} {1[0]} {2.start}'.format(d, list, range(4, 5)) }} {{ '{{}}'.format() }} {{ '{!r} {!s}'.format('a', 1) }} {{ '{:>{}}'.format('a', 5) }} {{ '{:*^9}'.format('mid') }} {{ '{:<4}|'.format(1) }} {{ '{:=+6}'.format(3) }} {{ '{:08.2f}'.format(-3.14159) }} {{ '{:b} {:o} {:x} {:X} {:#x} {:#b}'.format(5, 8, 255, 255, 255, 5) }} {{ '{:_} {:,.1f}'.format(1234567, 1234567.89) }} {{ '{:e} {:.2E} {:g} {:%} {:.1%}'.format(12345.678, 0.00012, 1e10, 0.25, 0.333) }} {{ '{:c}'.format(65) }} {{ '{:.3}'.format('abcdef') }} {{ '{:.3}'.format(3.14159) }} {{ '{: d}'.format(5) }} {{ '{:n}'.format(5.5) }} {{ '{:,}'.format(-1234) }} {{ '{:d}'.format(true) }} {{ '{}'.format(none) }}
{{ '{} {0}'.format(1) }}
{{ '{}'.format() }}
{{ '{x}'.format(y=1) }}
{{ '{'.format(1) }}
{{ '}'.format(1) }}
{{ '{0.k}'.format(d) }}
{{ '{:d}'.format(1.5) }}
{{ '{:d}'.format('a') }}
{{ '{:s}'.format(1) }}
{{ '{:=5}'.format('a') }}
{{ '{0.nope}'.format(d) }}
{{ '{a.b.c}'.format_map({'a': {'b': {'c': 1}}}) }} {{ '{a}'.format_map(d) }}
{{ rows|groupby('g')|list }} {{ rows|groupby('g', case_sensitive=true)|list }} {{ rows|groupby('z', default='-')|list }}
{% for g in rows|groupby('g') %}{{ g.grouper }}:{{ g.list|length }}:{{ g[0] }} {% endfor %}
{{ rows|groupby('z') }}
{{ 'a
b

c'|indent }}|{{ 'a
b'|indent(2, true) }}|{{ 'a

b'|indent(2, blank=true) }}|{{ 'a
b'|indent('> ') }}|{{ ''|indent }}|
{{ [1, 'a', none]|join('-') }} {{ rows|join(',', attribute='g') }} {{ rows|join(',', 'v') }} {{ 'abc'|join('.') }} {{ d|join(',') }} {{ []|join }}| {{ [1]|join(',') }} {{ list|join(0) }}
{{ 5|join(',') }}
{{ list|length }} {{ 'añ😀'|length }} {{ d|length }} {{ (1, 2)|count }} {{ range(9)|length }} {{ d.keys()|length }}
{{ 5|length }}
{{ list|map('string')|length }}
{{ list|map('string')|list }} {{ rows|map(attribute='v')|sum }} {{ rows|map(attribute='x.y', default=0)|list }} {{ [[1, 2], [3]]|map('first')|list }} {{ ['a']|map('replace', 'a', 'b')|list }} {{ [[3, 1]]|map('sort', reverse=true)|list }} {{ rows|map(attribute='g')|map('lower')|join }} {{ [['a', 1]]|map(attribute=0)|list }} {{ [['a', 1]]|map(attribute='1')|list }}
{{ list|map|list }}
{{ list|map(attribute='a', x=1)|list }}
{{ list|map('nope')|list }}
{{ list|map(5)|list }}
{{ [3, 1]|min }} {{ ['b', 'A']|max }} {{ ['b', 'A']|min(case_sensitive=true) }} {{ rows|max(attribute='v') }} {{ []|max }}| {{ 'hello'|max }}
{{ [1, 'a']|min }}
{{ 'x'|pprint }} {{ {'b': 1, 'a': [1, 2]}|pprint }} {{ [none, true]|pprint }}
{{ [[11111111, 22222222, 33333333], [44444444, 55555555, 66666666], [77777777, 88888888]]|pprint }}
{{ {'key_number_one': [1111111111, 2222222222, 3333333333], 'key_number_two': {'a': 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'}, 'c': ('x',)}|pprint }}
{{ [1, 2, 3, 4]|reject('odd')|list }} {{ [1, 0, none]|reject|list }} {{ rows|rejectattr('v', 'gt', 1)|map(attribute='g')|list }} {{ rows|selectattr('v', 'in', [1, 2])|list|length }} {{ rows|selectattr('zz')|list }} {{ rows|selectattr('zz', 'undefined')|list|length }} {{ [1, 2]|select('divisibleby', 2)|list }} {{ ['a', 1]|select('string')|list }}
{{ list|select('nope')|list }}
{{ rows|selectattr|list }}
{{ 'aaa'|replace('a', 'b', 2) }} {{ 'abc'|replace('', '-') }} {{ 5|replace('5', '6') }} {{ 'a'|replace('a', 1) }} {{ 'abc'|replace('b', '', count=1) }} {{ 'aa'|replace('a', 'b', 0) }}
{{ 'añ😀'|reverse }} {{ [1, 2]|reverse|list }} {{ (1, 2)|reverse|list }} {{ d|reverse|list }} {{ list|map('abs')|reverse|list }}
{{ 5|reverse }}
{{ 2.5|round }} {{ 3.5|round }} {{ -2.5|round }} {{ 2.675|round(2) }} {{ 1234|round(-2) }} {{ 1250|round(-2) }} {{ 1350|round(-2) }} {{ 5|round }} {{ 2.1|round(method='ceil') }} {{ 2.19|round(1, 'floor') }} {{ 1e300|round(2) }} {{ 0.5|round|int }} {{ 42|round(1, 'ceil') }} {{ 1.005|round(2) }} {{ -0.4|round }}
{{ 5|round(1, 'x') }}
{{ 'a'|round }}
{{ 5|safe }} {{ '<'|safe }} {{ '<'|safe is escaped }} {{ '<' is escaped }}
{{ list|sort }} {{ list|sort(true) }} {{ ['b', 'A', 'a', 'B']|sort }} {{ ['b', 'A']|sort(case_sensitive=true) }} {{ rows|sort(attribute='v')|map(attribute='v')|list }} {{ rows|sort(attribute='g,v', reverse=true)|map(attribute='v')|list }} {{ {'b': 1, 'a': 2}|sort }} {{ 'cab'|sort }} {{ [[2, 'a'], [1, 'b']]|sort(attribute=1) }} {{ [[1, 2], [1]]|sort }}
{{ [1, 'a']|sort }}
{{ rows|sort(attribute='zz') }}
{{ 5|string ~ 1 }} {{ none|string }} {{ [1]|string }} {{ '<'|string }}
{{ '<!-- c <b> --><p class="x">a  &amp; <b>b</b>
 c</p> 1 < 2' |striptags }} {{ 5|striptags }}
{{ list|sum }} {{ list|sum(start=10) }} {{ rows|sum('v') }} {{ [1.5, 1]|sum }} {{ []|sum }} {{ [[1], [2]]|sum(start=[]) }}
{{ ['a']|sum }}
{{ ['a']|sum(start='') }}
{{ d|tojson }} {{ [1, 1.5, true, none, "é<'&>\u2028", (1, 2), 1.0, 12345678901234567890]|tojson }} {{ {'b': 1, 'a': {2: 'x', 1: 'y'}}|tojson }} {{ {'a': [1, {'b': []}], 'c': {}}|tojson(2) }} {{ [1]|tojson(indent='\t') }} {{ 'a"\\\n'|tojson }} {{ {none: 1}|tojson }} {{ {1.5: 1}|tojson }}
{{ range|tojson }}
{{ {(1,): 2}|tojson }}
{{ '  a  '|trim }}|{{ 'xxaxx'|trim('x') }}|{{ 5|trim }}|{{ '\t\na\n'|trim }}|{{ 'abcba'|trim('ab') }}
{{ 'foo bar baz'|truncate(5) }} {{ 'foo bar baz'|truncate(5, leeway=0) }} {{ 'foobarbaz'|truncate(5, true, '') }} {{ 'foobarbaz qux'|truncate(8, leeway=0) }} {{ 'abc'|truncate }} {{ 'añ😀 bcd efg hij'|truncate(8, leeway=1) }}
{{ 'abcdef'|truncate(2) }}
{{ 5|truncate(3) }}
{{ ['a', 'A', 'b']|unique|list }} {{ ['a', 'A', 'b']|unique(true)|list }} {{ rows|unique(attribute='g')|map(attribute='v')|list }} {{ [1, 1.0, true, 2]|unique|list }} {{ [(1, 2), (1, 2)]|unique|list }} {{ [none, none]|unique|list }}
{{ [[1]]|unique|list }}
{{ 'ABC'|lower }} {{ 5|upper }} {{ none|lower }} {{ 'ŁÓDŹ'|lower }} {{ 'ΑΣ'|lower }}
{{ 'a b/c?d=é&f'|urlencode }} {{ {'a b': 1, 'c': 'x/y z'}|urlencode }} {{ [('a', 1), ('b', 'ü')]|urlencode }} {{ 5|urlencode }} {{ "~-._!*'()"|urlencode }}
{{ 5.5|urlencode }} {{ [1]|urlencode }}
{{ 'see http://example.com/x, (www.foo.org) a@b.cz <https://x.y/?a=1&b=2>. ftp://no mailto:c@d.eu @a@b x.com'|urlize }}
{{ 'http://example.com/long/path'|urlize(10) }} {{ 'http://a.cz'|urlize(nofollow=true, target='_blank', rel='x') }} {{ 'tel:123 tel:'|urlize(extra_schemes=['tel:']) }} {{ '(http://en.wikipedia.org/wiki/A_(b))'|urlize }} {{ 'http://127.0.0.1:80/x http://[::1]/ https://xn--abc.xn--p1ai'|urlize }}
{{ 'x'|urlize(extra_schemes=['no']) }}
{{ 'one two, three-four'|wordcount }} {{ ''|wordcount }} {{ 'č š_ž 1'|wordcount }} {{ 55|wordcount }}
{{ 'aaa bbb ccc'|wordwrap(7) }}|{{ 'aaaaaaa'|wordwrap(3) }}|{{ 'aaaaaaa b'|wordwrap(3, false) }}|{{ 'a-b-cc-dd'|wordwrap(4) }}|{{ 'well-known thing'|wordwrap(6) }}|{{ 'a b'|wordwrap(1, wrapstring='/') }}|{{ 'x -- yy---zz'|wordwrap(4) }}|{{ 'one
two three'|wordwrap(5) }}|{{ ''|wordwrap }}
{{ {'a': 1, 'b': none, 'c': missing, 'd': '<"'}|xmlattr }}|{{ {}|xmlattr }}|{{ {'a': 1}|xmlattr(false) }}
{{ {'a b': 1}|xmlattr }}
{{ [1]|xmlattr }}
{{ {'a': 1}|items|list }} {{ missing|items|list }}
{{ [1]|items|list }}
{{ d|attr('k') }}|{{ d|attr('keys') is callable }}{{ 'x'|attr('upper') is callable }}
{{ [1]|random }} {{ ''|random }}|
{{ 1 is number }}{{ 1.5 is number }}{{ true is number }}{{ 'a' is number }} {{ 1 is integer }}{{ true is integer }}{{ 1.0 is integer }} {{ 1.0 is float }}{{ 1 is float }} {{ true is boolean }}{{ 0 is boolean }} {{ true is true }}{{ 1 is true }}{{ false is false }} {{ none is none }}{{ missing is none }} {{ 'a' is string }}{{ '<'|safe is string }} {{ d is mapping }}{{ [] is mapping }} {{ [] is sequence }}{{ 'a' is sequence }}{{ d is sequence }}{{ 5 is sequence }}{{ range(2) is sequence }}{{ (1,) is sequence }}{{ missing is sequence }}{{ list|map('abs') is sequence }} {{ [] is iterable }}{{ 5 is iterable }}{{ list|map('abs') is iterable }}{{ missing is iterable }} {{ range is callable }}{{ 'a' is callable }}{{ missing is callable }}
{{ 3 is odd }}{{ 3 is even }}{{ 4 is divisibleby(2) }}{{ 4 is divisibleby 3 }} {{ 'ABC' is upper }}{{ 'aBC' is lower }}{{ 'abc1' is lower }}{{ '1' is upper }} {{ 1 is eq 1 }}{{ 1 is equalto(2) }}{{ 1 is ne 2 }}{{ 1 is lt 2 }}{{ 1 is lessthan 0 }}{{ 1 is le 1 }}{{ 1 is gt 0 }}{{ 1 is greaterthan 5 }}{{ 1 is ge 1 }} {{ 1 is in [1] }}{{ 'a' is in 'abc' }} {{ 1 is sameas 1 }}{{ true is sameas true }}{{ none is sameas none }}{{ 1 is sameas true }}{{ 'a' is sameas 'a' }} {{ 'upper' is filter }}{{ 'nope' is filter }}{{ 'odd' is test }}{{ 'nope' is test }} {{ 1 is not odd }}{{ missing is not defined }} {{ 'a' is not none and 1 }}
{{ 'a' is odd }}
{{ missing is odd }}
{{ 1 is lt 'a' }}
{{ 1 is in 5 }}
{{ 1 is odd is even }}
{{ 'a,b,c'.split(',') }} {{ 'a b  c'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c'.split(none, 1) }} {{ 'a b c'.rsplit(none, 1) }} {{ 'a,b,c'.rsplit(',', maxsplit=1) }} {{ 'a,b'.split(sep=',') }} {{ ''.split() }} {{ ''.split(',') }} {{ 'ab'.split('') }}
{{ ' a '.strip() }}|{{ 'xax'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xa'.lstrip('x') }} {{ 'aBc'.swapcase() }} {{ 'ab cd'.title() }} {{ "it's".title() }} {{ 'ABC'.lower() }} {{ 'straße'.casefold() }} {{ 'aBC d'.capitalize() }} {{ 'a'.zfill(3) }} {{ '-5'.zfill(4) }} {{ '+5'.zfill(4) }} {{ 'ab'.center(5, '*') }} {{ 'abc'.center(6) }}| {{ 'a'.ljust(3, '.') }} {{ 'a'.rjust(3, '.') }} {{ 'a\tb'.expandtabs(4) }} {{ 'a\tb'.expandtabs() }}|
{{ 'abc'.startswith('a') }}{{ 'abc'.startswith(('x', 'a')) }}{{ 'abc'.endswith('bc') }}{{ 'abc'.startswith('b', 1) }}{{ 'abc'.endswith('b', 0, 2) }} {{ 'abcabc'.find('c') }}{{ 'abcabc'.rfind('c') }}{{ 'abc'.find('x') }}{{ 'abcabc'.find('a', 1) }}{{ 'abcabc'.find('c', -3) }}{{ 'a😀b'.find('b') }} {{ 'abc'.index('b') }}{{ 'abcb'.rindex('b') }} {{ 'aaa'.count('a') }}{{ 'aaa'.count('a', 1) }}{{ 'abc'.count('') }} {{ 'a-b-c'.partition('-') }}{{ 'a-b-c'.rpartition('-') }}{{ 'abc'.partition('-') }}{{ 'abc'.rpartition('-') }} {{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ 'abc'.removesuffix('') }}{{ 'abc'.removeprefix('x') }}
{{ 'abc'.index('x') }}
{{ 'abc'.find(1) }}
{{ 'abc'.startswith(1) }}
{{ 'abc'.partition('') }}
{{ ','.join(['a', 'b']) }} {{ 'x'.join('abc') }} {{ 'a\nb\r\nc'.splitlines() }} {{ 'a\nb'.splitlines(true) }} {{ 'aXbX'.replace('X', '-') }} {{ 'aXbX'.replace('X', '-', 1) }}
{{ ','.join([1]) }}
{{ 'a'.upper(1) }}
{{ 'a'.replace('b') }}
{{ 'a'.nope() }}
{{ '12'.isdigit() }}{{ '1a'.isdigit() }}{{ ''.isdigit() }} {{ 'ab'.isalpha() }}{{ 'a1'.isalnum() }}{{ ' '.isspace() }}{{ ''.isspace() }}{{ 'AB'.isupper() }}{{ 'ab'.islower() }}{{ 'Ab Cd'.istitle() }}{{ 'ab'.istitle() }}{{ '½'.isnumeric() }}{{ '5'.isdecimal() }}{{ 'é'.isascii() }}{{ 'a_1'.isidentifier() }}{{ '1a'.isidentifier() }}
{% set l = [1, 2] %}{{ l.append(3) }}{{ l }}{{ l.extend([4]) }}{{ l.insert(0, 0) }}{{ l }}{{ l.pop() }}{{ l.pop(0) }}{{ l }}{{ l.remove(2) }}{{ l.index(3) }}{{ l.count(1) }}{{ l.reverse() }}{{ l }}{{ l.copy() }}{{ l.sort() }}{{ l }}{{ l.sort(reverse=true) }}{{ l }}{{ l.clear() }}{{ l }}
{{ [].pop() }}
{{ [1].index(2) }}
{{ [1].remove(2) }}
{{ [1, 'a'].sort() }}
{{ (1, 2, 1).count(1) }}{{ (1, 2).index(2) }}
{{ (1,).append(2) }}
{% set x = {'a': 1} %}{{ x.get('a') }}{{ x.get('b') }}{{ x.get('b', 2) }}{{ x.keys() }}{{ x.values() }}{{ x.items() }}{{ x.update({'b': 2}) }}{{ x.update(c=3) }}{{ x.update([('d', 4)]) }}{{ x }}{{ x.setdefault('e', 5) }}{{ x.setdefault('a') }}{{ x.pop('a') }}{{ x.pop('zz', 0) }}{{ x.popitem() }}{{ x.copy() }}{{ x.clear() }}{{ x }}
{{ {}.pop('a') }}
{{ {}.popitem() }}
{{ d.items() }} {{ d['items'] }}
{% set x = [] %}{{ x.append(x) }}{{ x }} {% set y = {} %}{{ y.update({'y': y}) }}{{ y }}
{{ {1: 'a', '1': 'b', 1.0: 'c', true: 'd'} }} {{ {(1, 2): 'x'}[(1, 2)] }} {{ {1: 'a'}[1] }} {{ {none: 1}[none] }} {{ {1: 'a'}['1'] }}|
{{ {[1]: 2} }}
{{ {{}: 2} }}
{{ [1, 'a', none, true, 1.5, [2], (3,), {'k': 'v'}, missing, range(2)] }}
{{ ["it's", 'say "x"', 'both \' and "', 'tab\t', 'nl\n', 'nul\x00', 'č', '😀', '\u200b', '\\'] }}
{{ 1e16 }} {{ 1e15 }} {{ 123456789012345.6 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e100 }} {{ 1.5e-10 }} {{ 0.1 + 0.2 }} {{ 100.0 }} {{ 1e22 }} {{ -0.0 }} {{ 1/3 }} {{ 1e400 }} {{ -1e400 }}
{{ 'a' is defined and 'b' or 'c' }} {{ (1 if true) if true else 2 }} {{ [1 if true else 2] }}
{{ {(1, 2): 'x'}[1, 2] }} {{ {(1, 2): 'x'}[1, 3] }}|
{{ a.center(1.5) }}
{{ a.center(missing) }}
{{ a.center('x') }}
{{ -9007199254740993 // 9007199254740999 }} {{ -9007199254740993 % 10 }} {{ 9007199254740993 // -2 }} {{ 9007199254740993 % -10 }} {{ -9007199254740994 % 2 }} {{ -9007199254740994 // 2 }}
{{ 6 % -3 }} {{ 6.0 % -3 }} {{ 0.0 // -3 }} {{ 0 // 5.0 }} {{ -1 // 5.5 }} {{ 1 // -5.5 }} {{ -6.0 % 3 }} {{ 5.5 // 1 }}
{{ (-1) ** 9007199254740993 }} {{ (-1) ** 2 }} {{ 1 ** 10 }} {{ 0 ** 5 }} {{ 0 ** 0 }} {{ 2.0 ** 3 }} {{ 10 ** 20 ** 1 }}
{{ range(3)[5:]|list }} {{ range(0)[:]|list }} {{ range(2).start }}{{ range(2).stop }}{{ range(1, 9, 2).step }}
{{ dict(**{1: 2}) }}
{{ '%.2s' % 'a😀b' }} {{ '%.1e %.0e %#.3g %g %#.0f' % (9.99, 12345.0, 1.5, 100000, 3) }} {{ '%.3d' % 5 }} {{ '%c' % 'a' }}
{{ ['\U000e0001', '\x80', '\u2028', '\ud800'] }}
{{ 9007199254740993 < 9007199254740994 }} {{ 9007199254740994 < 9007199254740993 }} {{ 9007199254740993 > 1 }} {{ 9007199254740993 == 9007199254740993 }} {{ 'nan'|float < 1 }} {{ 'nan'|float == 'nan'|float }}
{{ {'a': 1}.keys() == {'a': 1}.keys() }} {{ {'a': 1}.items() == 5 }} {{ range(3) == 5 }} {{ missing == 5 }} {{ [] == {} }}
{{ 'inf'|float|round }} {{ 1.5|round(400) }} {{ 1.5|round(-400) }} {{ -1250|round(-2) }} {{ -1350|round(-2) }}
{{ '&#65;&#x42;&nope;&amp;&#x1F600;'|striptags }}
{{ [1]|slice(0)|list }}
{{ 12345678901234567890|int }} {{ 12345678901234567890|abs }} {{ 12345678901234567890|float }} {{ 1e40|filesizeformat }} {{ 12345678901234567890|round }}
{{ []|select('odd')|list }} {{ []|map('upper')|list }} {{ ''|map('upper')|list }}
{% autoescape true %}{{ {'a': '<'|safe}|xmlattr }}{{ '<'|safe|safe }}{{ '%d %r'|safe|format(1, '<') }}{{ ('{:>3}{}'|safe).format('<', '<'|safe) }}{% endautoescape %}
{% autoescape t %}{{ html|replace(missing, 'a') }}{% endautoescape %}
{{ '{:>{:{}}}'.format(1, 2, 3) }}
{{ '{!x}'.format(1) }}
{{ '{:5}'.format(none) }}
{{ '{:5}'.format([]) }}
{{ '{:=5}'.format(none) }}
{{ '{a b}'.format(1) }}
{% set inf, nan = n * 1e308, n * 1e308 - n * 1e308 %}{{ '%f %F %+f %E' % (inf, nan, nan, -inf) }} {{ '{:.2f} {:G}'.format(-inf, nan) }}
{{ '{:.3}'.format(100.0) }} {{ '{:.3}'.format(10.0) }} {{ '{:.3}'.format(1000.0) }} {{ '{:#d} {:#x}'.format(5, 255) }} {{ '{:#.0f}'.format(3.0) }}
{{ '{:c}'.format(1.5) }}
{{ '{:c}'.format('a') }}
{{ '%d' % missing }}
{{ '%c' % 1114112 }}
{{ '%*d' % ('a', 1) }}
{{ "\x7f"|tojson }}
{{ [1, 2].index(2, -1) }}
{{ [1].sort(1) }}
{{ [1].sort(key=1) }}
{{ [1, 2].insert('x', 1) }}
{% macro m() %}{{ caller }}{{ caller.name }}{% endmacro %}{% call m() %}{% endcall %}
{{ '0b1'|int(base=12) }} {{ '0x1'|int(base=36) }} {{ 'a'|int(base=1) }} {{ 'a'|int(base=40) }} {{ '0b1'|int(base=16) }} {{ '0b2'|int(base=2) }}
{{ {} * 2 }}
{{ missing % 1 }}
{{ (1,)|pprint }} {{ (1, 2)|pprint }} {{ {1: 2, 'a': 3}|pprint }}
{{ 'ß'.capitalize() }} {{ 'ﬁx ﬁ'.title() }} {{ 'ß'.swapcase() }}
{{ 'a\tb\nc\td'.expandtabs(0) }}|{{ 'a\tb\nc\td'.expandtabs(3) }}
{{ 'x\ny'|indent(2, true, true) }}
{{ 'a b'|wordwrap(0) }}
{{ 'abc'.startswith('b', none) }} {{ 'abc'.find('c', -2) }} {{ 'abc'.find('c', 0, none) }} {{ 'a b '.split(none, 1) }} {{ ' a b '.rsplit(none, 1) }} {{ 'a b'.split(none, 5) }}
{{ '{a}'.format_map(5) }}
{% set q = 0 %}{% for i in [1] %}{% if true %}{% set q = 5 %}{% endif %}{{ q }}{% endfor %}{{ q }}
{% set q = 0 %}{% for i in [1] %}{% if false %}{% elif true %}{% set q = 5 %}{% else %}{% set q = 6 %}{% endif %}{{ q }}{% endfor %}{{ q }}
{% for i in [1, 2] %}{% if i == 2 %}{% set q = 5 %}{% endif %}[{{ q }}]{% endfor %}
{% with a, b = 1, 2 %}{{ a }}{{ b }}{% endwith %}
{% macro m(a) %}{% with b = a %}{% autoescape false %}{{ b }}{% endautoescape %}{% endwith %}{% endmacro %}{{ m(1) }}
{{ a['upper']() }} {{ list['count'](1) }} {{ d['keys']()|list }} {{ (1, 2)['count'](1) }}
{{ {'a': 1}.get([]) }}
{{ [] in {} }}
{{ none.x.y }}
{{ 'x'.join(5) }}
{{ [].extend(5) }}
{{ {}.update(5) }}
{{ {}.update([1]) }}
{{ dict([1]) }}
{{ range() }}
{{ range(1.5) }}
{{ 'a'|center('x') }}
{{ 'a'|replace('a', 'b', 'c') }}
{{ 'a'|indent([]) }}
{{ [1]|join(',', attribute='x') }}|
{{ 5|first }}
{{ 5|last }}
{{ 5|unique|list }}
{{ 5|batch(2)|list }}
{{ 5|map('upper')|list }}
{{ 5|min }}
{{ 5|sum }}
{{ 5|sort }}
{{ 5|list }}
{{ 5|random }}
{{ [1]|sum(attribute='x') }}
{{ rows|max(attribute='zz') }}
{{ rows|min(attribute='g') }} {{ rows|min(attribute='g', case_sensitive=true) }}
{{ [3, none]|max }}
{{ {'a': [1]}|urlencode }} {{ none|urlencode }}|{{ true|urlencode }}
{{ [1, 2]|urlencode }}
{{ 'a' is sameas('b') }}{{ 1.0 is sameas 1 }}{{ none is sameas false }}{{ [] is sameas [] }}
{{ 'ab' is upper }}{{ 5 is upper }}{{ 'Ab1' is lower }}{{ none is lower }}
{{ 5 is divisibleby(0) }}
{{ 'a' is divisibleby(2) }}
{% set x = namespace() %}{% set x.y %}a{{ n }}{% endset %}{{ x.y }}
{% set x.y = 1 %}
{% set ns = namespace(a=1) %}{% for i in range(3) %}{% set ns.a = ns.a * 2 %}{% endfor %}{{ ns.a }} {{ ns }}
{% for i in range(3) if i is even %}{{ loop.index }}{{ i }}{{ loop.revindex }}{{ loop.length }}{{ loop.changed(i > 0) }} {% endfor %}
{% for c in 'ab' %}{{ loop.cycle(*[1, 2]) }}{% endfor %}
{% for x in rows %}{% for y in x.items() %}{{ y[0] }}{% if loop.last %};{% endif %}{% endfor %}{% endfor %}
{% for i in [1] %}{{ a }}{% endfor %}{% for i in [1] %}{{ a }}{% endfor %}
{% set p, = [1] %}{{ p }}
{% set (q,) = [2] %}{{ q }}
{% for x, in [[1], [2]] %}{{ x }}{% endfor %}
{{ '😀' < '😀a' }} {{ '😀b' > '😀a' }} {{ '😀' == '😀' }}
{{ '{}'.format('<'|safe) }}{{ '%s' % ('<'|safe) }}
{% autoescape true %}{{ '%s'|safe|format('<'|safe) }}{{ '%s'|safe|format(1) }}{% endautoescape %}
{{ '{0[x]}'.format([1]) }}
{{ [1, 2][true] }} {{ [1][10 ** 20] }}|
{% set l = [] %}{% set t = (l,) %}{{ l.append(t) }}{{ t }}
{{ 'abc'.count('a', none, 2) }} {{ 'abc'.count('a', 1, none) }}
{% autoescape true %}{{ 'A'|safe is upper }}{{ 'a'|safe is lower }}{% endautoescape %}
{{ n|float is sameas n }} {{ n|float is sameas(n|float) }} {{ [1, 2][false] }} {{ namespace(a=1)|attr('a') }}
{{ foo bar }}
{{ 1 + }}
{{ (1 }}
{{ 'abc }}
{{ a.b. }}
{{ a[ }}
{{ a| }}
{{ a|upper( }}
{{ [1, 2 }}
{{ {'a' 1} }}
{{ 1 | 2 }}
{{ a is }}
{{ @ }}
{{ }}
{% %}
{% if %}x{% endif %}
{% if true %}x
{% if true %}x{% endfor %}
{% endif %}
{% else %}
{% for x %}{% endfor %}
{% for x in %}{% endfor %}
{% for 1 in [1] %}{% endfor %}
{% set = 1 %}
{% set x = %}
{% set true = 1 %}
{% set x.y.z = 1 %}
{% macro %}{% endmacro %}
{% macro m %}{% endmacro %}
{% call %}{% endcall %}
{% call a %}{% endcall %}
{% filter %}x{% endfilter %}
{% unknown %}
{% raw %}x
{# x
{{ f(a=1, 2) }}
{{ f(*a, 1) }}
{{ f(**a, b=1) }}
{{ f(a=1, a=2) }}
{{ a not b }}
{{ not }}
{{ a ? b }}
{{ (words * 5)|pprint }}
{{ [words * 5, {'k': words * 5}]|pprint }}
{{ {'text': html * 6, 'n': [1]}|pprint }}
{{ ('long-' * 20)|pprint }} {{ ('a\\n' * 30)|pprint|pprint|length }}
{{ missing is sameas missing }} {{ n is sameas n }}
{{ -1 / 10 ** 34 }} {{ 10 ** 40 / 3 }} {{ (10 ** 400) / (10 ** 399) }} {{ 1 / 10 ** 330 }} {{ 0 / -(10 ** 20) }}
{{ 10 ** 400 / 7 }}
{{ '{:,.1%}'.format(12345.678) }} {{ '{:08,}'.format(1234) }} {{ '{:012,.2f}'.format(-1234.5) }} {{ '{:#012_b}'.format(7) }} {{ '{:#.0e} {:#.3} {:#g}'.format(1.0, 1.0, 2.0) }}
{{ '%a' % 'é😀' }} {{ '{!a}'.format('č') }}
{{ '{:.2d}'.format(5) }}
{{ '{:.2}'.format(5) }}
{{ '{:+}'.format('a') }}
{{ '{:,}'.format('a') }}
{{ '{:,x}'.format(255) }}
{{ '%5%' % [] }}
{% raw +%}{% endraw %}
{% if missing %}{{ missing|nope }}{% endif %}{{ 1 if true else missing is nope }}
{% if missing %}{% for x in list %}{{ x|nope }}{% endfor %}{% endif %}
{{ [('a\\n' ~ words) * 8 ~ 'end', 10 ** 90, ('<b>'|safe) * 30, {'k': [words * 2, 'x' * 90, 'y']}]|pprint }}
{{ (('a\\n' ~ words) * 30)|pprint }} {{ [('word ' * 16), 1]|pprint }}
{{ '{:_x} {:#012_x} {:012_.5G}'.format(10 ** 20, 10 ** 20, 10 ** 20) }}
{% autoescape true %}{% set x | length %}<b>{% endset %}{{ [x] }}{% set y | upper %}<i>{{ '<' }}{% endset %}{{ y }}{% endautoescape %}{% set z | length %}<b>{% endset %}{{ [z] }}
{% autoescape n %}{% set x | length %}<b>{% endset %}{{ [x] }}{% endautoescape %}
'''
# Each template is one line; a line break inside of one is kept where quotes or tags are still open or a line is indented.
def split(text):
    import re
    lines, current = [], None
    for line in text.strip('\n').split('\n'):
        current = line if current is None else current + '\n' + line
        if current in JOINED or any(j.startswith(current + '\n') for j in JOINED): 
            if current not in JOINED: continue
        lines.append(current); current = None
    return lines
JOINED = [
    "{{ 'a\\tb\\x41\\u010d\\U0001f600\\101\\q\\'' }}|{{ \"\\\"\" }}|{{ 'line\\\njoined' }}",
    "{% filter indent(width=2) %}a\nb{% endfilter %}",
    "  {% if true %}\n  a\n  {% endif %}\n",
    "{{ 'a\nb\n\nc'|indent }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(2, blank=true) }}|{{ 'a\nb'|indent('> ') }}|{{ ''|indent }}|",
    "{{ '<!-- c <b> --><p class=\"x\">a  &amp; <b>b</b>\n c</p> 1 < 2' |striptags }} {{ 5|striptags }}",
]
JOINED.append([t for t in ["{{ 'aaa bbb ccc'|wordwrap(7) }}|{{ 'aaaaaaa'|wordwrap(3) }}|{{ 'aaaaaaa b'|wordwrap(3, false) }}|{{ 'a-b-cc-dd'|wordwrap(4) }}|{{ 'well-known thing'|wordwrap(6) }}|{{ 'a b'|wordwrap(1, wrapstring='/') }}|{{ 'x -- yy---zz'|wordwrap(4) }}|{{ 'one\ntwo three'|wordwrap(5) }}|{{ ''|wordwrap }}"]][0])
env = Environment()
print(json.dumps({"context": CONTEXT}, ensure_ascii=False))
for template in split(TEMPLATES):
    try:
        row = {"template": template, "output": env.from_string(template).render(json.loads(json.dumps(CONTEXT)))}
    except Exception as error:
        row = {"template": template, "error": type(error).__name__, "message": str(error)}
    print(json.dumps(row, ensure_ascii=False))
