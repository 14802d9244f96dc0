"""Makes random templates and records what Jinja2 3.1.6 renders from them: `python3 record_differential.py SEED COUNT`.

The tests read the recorded files only. Left out are the few things that differ on purpose (DIFFERENT, below).
"""
import json, random, re, sys, warnings
from jinja2 import Environment
warnings.simplefilter('ignore')
CONTEXT = {
    "name": "Zoë Quinn", "empty": "", "quote": "it's \"q\" \\ <b>&", "emoji": "a😀b", "words": "the quick brown fox jumps",
    "lines": "one\ntwo\n\nthree", "num": 7, "neg": -3, "zero": 0, "half": 2.5, "big": 1234567, "tiny": 0.000012,
    "yes": True, "no": False, "nil": None,
    "list": [3, 1, 2], "texts": ["b", "A", "c", "a"], "mixed": [1, "x", None, True, 2.5], "nested": [[1, 2], [3], []],
    "person": {"name": "Ann", "age": 31, "tags": ["x", "y"], "address": {"city": "Brno", "zip": None}},
    "people": [{"n": "Ann", "g": "b", "v": 3, "ok": True}, {"n": "bob", "g": "a", "v": 1.5, "ok": False}, {"n": "Cyd", "g": "b", "v": 2, "ok": True}],
    "date": "2026-11-22", "html": "<p>x &amp; y</p>",
}
R = random.Random()
DOTS, NONE, ARROW, WRAP = ', false, ".."', ', true, "", 0', '">"', ', wrapstring="|"'
def pick(*xs): return R.choice(xs)
def lit_str():
    return pick("'a'", "'B'", "'x y'", "''", "\"it's\"", "'č'", "'1'", "'4.5'", "'\\n'", "'a-b'", "','", "'ab'", "'0x1f'", "' pad '", "'Hello World'", "'%s!'", "'😀'")
def s(d):
    if d <= 0: return pick(lit_str(), lit_str(), 'name', 'empty', 'quote', 'emoji', 'words', 'lines', 'date', 'html', 'person.name', "person['name']", 'texts[0]')
    return pick(
        lambda: f"{s(d-1)}|{pick('upper','lower','capitalize','title','trim','string','reverse','e','striptags','urlencode','escape','forceescape','wordcount','length','list','first','last','safe')}",
        lambda: f"{s(d-1)} ~ {any_(d-1)}", lambda: f"({s(d-1)} + {s(d-1)})", lambda: f"{paren(s(d-1))} * {R.randint(0,3)}",
        lambda: f"{s(d-1)}|replace({lit_str()}, {lit_str()}{pick('',', 1')})",
        lambda: f"{s(d-1)}|truncate({R.randint(1,12)}{pick('',', true',DOTS,NONE,', leeway=0')})",
        lambda: f"{s(d-1)}|center({R.randint(0,12)})", lambda: f"{s(d-1)}|indent({pick('2','3, true','1, blank=true','width=2, first=true',ARROW)})",
        lambda: f"{s(d-1)}|wordwrap({R.randint(2,12)}{pick('',', false',WRAP,', break_on_hyphens=false')})",
        lambda: f"{s(d-1)}|trim({lit_str()})", lambda: f"{s(d-1)}|default({lit_str()}{pick('',', true')})",
        lambda: f"{paren(s(d-1))}[{sl()}]", lambda: f"{paren(s(d-1))}.{meth_s(d)}",
        lambda: f"{l(d-1)}|join({pick('',lit_str())})", lambda: f"{pick('people','people')}|join({lit_str()}, attribute={pick(chr(39)+'n'+chr(39), chr(39)+'v'+chr(39))})",
        lambda: f"({s(d-1)} if {b(d-1)} else {s(d-1)})", lambda: f"{fmt(d)}",
        lambda: f"{any_(d-1)}|tojson", lambda: f"{any_(d-1)}|string", lambda: f"{any_(d-1)}|pprint",
        lambda: f"{n(d-1)}|filesizeformat{pick('','(true)')}", lambda: f"{pick('person','{}')}|xmlattr", lambda: f"{s(d-1)}|urlize",
    )()
def paren(x): return f"({x})"
def fmt(d): return pick(
    lambda: f"'%s-%s'|format({any_(d-1)}, {any_(d-1)})", lambda: f"'%d'|format({n(d-1)})", lambda: f"'{pick('%.2f','%5.1f','%e','%g','%+d','%05d','%x','%08.3f','%-6d|','% d')}'|format({n(d-1)})",
    lambda: f"'{pick('{}','{:>8}','{:<6}|','{:^7}','{!r}')}'.format({pick(s,n)(d-1)})", lambda: f"'{pick('{:.2f}','{:,}','{:05}','{:+}','{:e}','{:.3g}','{:,.2f}','{:%}')}'.format({n(d-1)})",
    lambda: f"'{{a}}-{{0}}'.format({any_(d-1)}, a={any_(d-1)})", lambda: f"'%(a)s'|format(a={any_(d-1)})", lambda: f"{s(d-1)} % {any_(d-1)}")()
def sl(): return pick('0','-1','1','1:','[:2]'[1:-1],'1:3','::-1','-2:',':-1','::2','5','-3:-1','5:1:-1')
def meth_s(d): return pick(
    lambda: pick('upper()','lower()','strip()','title()','capitalize()','swapcase()','split()','splitlines()','isdigit()','isalpha()','isupper()','islower()','isspace()','casefold()','lstrip()','rstrip()','istitle()','isalnum()'),
    lambda: f"{pick('startswith','endswith','find','count','split','strip','rfind','partition','rpartition','rsplit','lstrip','rstrip')}({lit_str()})", lambda: f"replace({lit_str()}, {lit_str()})",
    lambda: f"{pick('ljust','rjust','center','zfill')}({R.randint(0,12)})", lambda: f"join({l(d-1)})", lambda: f"split({pick(chr(39)+' '+chr(39),'none')}, {R.randint(0,2)})")()
def n(d):
    if d <= 0: return pick(str(R.randint(-2,12)), str(R.randint(0,5)), 'num','neg','zero','half','big','tiny','1.0','2.50','1e3','0.1','person.age','list[1]', '10**17', '3.7')
    return pick(
        lambda: f"({n(d-1)} {pick('+','-','*','/','//','%')} {n(d-1)})", lambda: f"({n(d-1)} {pick('+','-','*')} {n(d-1)})", lambda: f"{pick('-','+')}{n(d-1)}", lambda: f"{R.randint(0,6)} ** {R.randint(0,5)}",
        lambda: f"{paren(n(d-1))}|{pick('abs','int','float','round','round(1)','round(2, chr)'.replace('chr', chr(39)+'floor'+chr(39)),'round(0,'+chr(39)+'ceil'+chr(39)+')','round(-1)')}", lambda: f"{any_(d-1)}|{pick('int','float','int(7)','int(base=16)','float(1.5)')}",
        lambda: f"{l(d-1)}|{pick('length','sum','max','min','first','last','count')}", lambda: f"{s(d-1)}|length", lambda: f"people|sum(attribute='v')",
        lambda: f"({n(d-1)} if {b(d-1)} else {n(d-1)})", lambda: f"({l(d-1)}).count({any_(d-1)})")()
def l(d):
    if d <= 0: return pick('list','texts','mixed','nested','people','[]','[1, 2, 3]',"['b', 'a']",'range(4)|list','(1, 2)','person.tags','[none, true]')
    return pick(
        lambda: f"{l(d-1)}|{pick('list','sort','unique|list','reverse|list','sort(reverse=true)','sort(case_sensitive=true)','batch(2)|list','slice(2)|list','batch(2, 0)|list','slice(3, '+chr(39)+'-'+chr(39)+')|list','select|list','reject|list','map('+chr(39)+'string'+chr(39)+')|list','map('+chr(39)+'upper'+chr(39)+')|list')}",
        lambda: f"{l(d-1)}|{pick('select','reject')}('{pick('string','number','none','odd','even','defined','mapping','iterable')}')|list", lambda: f"{l(d-1)}|select('{pick('gt','lt','eq','ne','ge')}', {n(0)})|list",
        lambda: f"people|{pick('selectattr','rejectattr')}('{pick('ok','v','n')}')|map(attribute='n')|list", lambda: f"people|selectattr('v', '{pick('gt','lt','==','>=')}', {n(0)})|map(attribute='{pick('n','g')}')|list",
        lambda: f"people|sort(attribute='{pick('n','v','g','g,v','g,n')}'{pick('',', reverse=true')})|map(attribute='n')|list", lambda: f"people|groupby('{pick('g','ok')}')|list", lambda: f"people|map(attribute='{pick('n','zz')}'{pick('',', default=0')})|list",
        lambda: f"({l(d-1)} + {l(d-1)})", lambda: f"{paren(l(d-1))}[{pick('1:','::-1',':2','-2:','::2')}]", lambda: f"[{any_(d-1)}, {any_(d-1)}]", lambda: f"({any_(d-1)}, {any_(d-1)})", lambda: f"{s(d-1)}|list", lambda: f"{s(d-1)}.split({lit_str()})",
        lambda: f"{dct(d-1)}|{pick('list','dictsort','items|list','dictsort(by='+chr(39)+'value'+chr(39)+')','dictsort(reverse=true)')}", lambda: f"{dct(d-1)}.{pick('keys()|list','values()|list','items()|list')}", lambda: f"people|unique(attribute='{pick('g','n')}')|map(attribute='n')|list")()
def dct(d):
    if d <= 0: return pick('person','{}',"{'a': 1, 'b': 2}","{'x': 'y'}",'people[0]','person.address','{1: 2}')
    return pick(lambda: "{%s: %s, %s: %s}" % (lit_str(), any_(d-1), lit_str(), any_(d-1)), lambda: f"dict(a={any_(d-1)}, b=2)", lambda: dct(0))()
def b(d):
    if d <= 0: return pick('true','false','yes','no','1','0','missing','name')
    return pick(
        lambda: f"{any_(d-1)} {pick('==','!=')} {any_(d-1)}", lambda: f"{n(d-1)} {pick('<','<=','>','>=')} {n(d-1)}", lambda: f"{s(d-1)} {pick('<','<=','>','>=')} {s(d-1)}", lambda: f"{n(0)} < {n(0)} < {n(0)}",
        lambda: f"{any_(d-1)} is {pick('','not ')}{pick('defined','undefined','none','string','number','mapping','iterable','sequence','boolean','integer','float','true','false','callable','escaped','upper','lower')}",
        lambda: f"{n(d-1)} is {pick('odd','even','divisibleby 3','gt 2','lessthan 3','eq 7')}", lambda: f"{any_(d-1)} {pick('in','not in')} {pick(l,s,dct)(d-1)}", lambda: f"not {b(d-1)}", lambda: f"({b(d-1)} {pick('and','or')} {b(d-1)})", lambda: f"{any_(d-1)} is {pick('eq','ne','sameas','in')}({pick(any_,l)(d-1)})")()
def any_(d): return pick(s,s,n,n,l,b,dct,lambda d: pick('none','missing','nil','person.missing','missing.x' if R.random()<.1 else 'missing','person.address.zip','people[5]'))(d)
def expr(): 
    return R.choice([s,s,n,l,b,any_])(R.choice([1,1,2,2,3]))
def text(): return pick('a','b\n',' ','; ','[',']','x y',',','\n','  ','<','-')
def ws(): return pick('','','','-')
def var(): return pick('x','y','name','num')
def block(d):
    if d <= 0: return pick(lambda: text(), lambda: '{{%s %s %s}}' % (ws() if R.random()<.1 else '', expr(), ''), lambda: '{{ %s }}' % pick('x','y','name','num','loop.index' if R.random()<.2 else 'x'))()
    body = lambda: ''.join(block(d-1) for _ in range(R.randint(1,3)))
    w = ws
    return pick(
        lambda: block(0), lambda: block(0),
        lambda: '{%%%s if %s %s%%}%s{%% endif %s%%}' % (w(), b(1), w(), body(), w()),
        lambda: '{%% if %s %%}%s{%% elif %s %%}%s{%% else %%}%s{%% endif %%}' % (b(1), body(), b(0), body(), body()),
        lambda: '{%%%s for x in %s %s%%}%s{%% endfor %%}' % (w(), l(1), w(), body()),
        lambda: '{%% for x in %s %%}%s%s{%% else %%}%s{%% endfor %%}' % (l(1), body(), loopbit(), body()),
        lambda: '{%% for x in %s if %s %%}%s%s{%% endfor %%}' % (l(1), pick('x','x is number','x is string','x != 1','x is odd' if R.random()<.3 else 'x'), body(), loopbit()),
        lambda: '{%% for k, v in %s.items() %%}{{ k }}={{ v }};{%% endfor %%}' % dct(1), lambda: '{% for g, items in people|groupby("g") %}{{ g }}:{{ items|map(attribute="n")|join(",") }} {% endfor %}',
        lambda: '{%% set %s = %s %%}' % (var(), expr()), lambda: '{%% set %s %%}%s{%% endset %%}' % (var(), body()), lambda: '{%% set x, y = %s %%}' % pick('1, 2','[1, 2]',"'ab'",'(name, num)'),
        lambda: '{%% set %s | upper %%}%s{%% endset %%}' % (var(), body()),
        lambda: '{%% with x = %s, y = x %%}%s{%% endwith %%}' % (expr(), body()), lambda: '{%% filter %s %%}%s{%% endfilter %%}' % (pick('upper','trim','replace("a","b")','title','indent(2)',"e"), body()),
        lambda: '{%% macro m(a, b=%s) %%}%s{{ a }}{{ b }}{%% endmacro %%}{{ m(%s) }}{{ m(%s, b=%s) }}' % (expr(), body(), expr(), pick('1',"'q'"), expr()),
        lambda: '{%% macro w(a) %%}[{{ caller(a) }}]{%% endmacro %%}{%% call(z) w(%s) %%}{{ z }}%s{%% endcall %%}' % (expr(), body()),
        lambda: '{%% set ns = namespace(c=0) %%}{%% for x in %s %%}{%% set ns.c = ns.c + 1 %%}%s{%% endfor %%}{{ ns.c }}' % (l(1), body()),
        lambda: '{%% autoescape %s %%}%s{%% endautoescape %%}' % (pick('true','false'), body()), lambda: '{# %s #}' % text(), lambda: '{% raw %}{{ x }}{% endraw %}',
        lambda: '{%% set c = cycler("a", "b") %%}{%% for x in %s %%}{{ c.next() }}{%% endfor %%}' % l(0), lambda: '{%% macro v() %%}{{ varargs }}{{ kwargs }}{%% endmacro %%}{{ v(%s, k=%s) }}' % (expr(), expr()),
        lambda: '{%- for x in nested recursive -%}{{ loop(x) if x is iterable else x }}{%- endfor -%}')()
def loopbit(): return pick('','{{ loop.index }}','{{ loop.revindex0 }}/{{ loop.length }}','{{ "," if not loop.last }}','{{ loop.cycle("o", "e") }}','{{ loop.previtem }}','{{ loop.nextitem|default("end") }}','{{ loop.changed(x) }}','{{ loop.first }}{{ loop.depth }}')
def template():
    if R.random() < .55: return '{{ %s }}' % expr()
    return ''.join(block(R.choice([1,1,2])) for _ in range(R.randint(1,3)))
env = Environment()
# A negative literal before ** whose power is not constant, a filter with a dotted name.
DIFFERENT = re.compile(r"-\d+ ?\*\*|\|\w+\.")
def record(t):
    try:
        out = env.from_string(t).render(json.loads(json.dumps(CONTEXT)))
    except RecursionError: return None
    except Exception as e: return {"template": t, "error": type(e).__name__}
    if DIFFERENT.search(t): return None
    if 'object at 0x' in out or ' at 0x' in out or len(out) > 400: return None
    return {"template": t, "output": out}
if __name__ == '__main__':
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    R.seed(seed); seen = set(); made = 0
    print(json.dumps({"context": CONTEXT}, ensure_ascii=False))
    while made < count:
        t = template()
        if t in seen or len(t) > int(sys.argv[3]): continue
        seen.add(t)
        row = record(t)
        if row is None: continue
        made += 1
        print(json.dumps(row, ensure_ascii=False))
