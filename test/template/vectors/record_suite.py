"""Records every template that Jinja2's own tests render, with what came out of it.

In a checkout of Jinja 3.1.6, with Jinja2 3.1.6 and pytest installed:

    SUITE_OUT=suite.jsonl PYTHONPATH=<this folder> python3 -m pytest -p record_suite tests

Recorded is what a plain Environment renders. A case is kept when that is what the test's environment rendered, or would be
but for trim_blocks and lstrip_blocks, from a context that JSON can write. Values that it cannot (a tuple where it shows,
Markup, 1.0, numbers as keys) are set at the start of the template; what a test rendered with autoescape stands in
{% autoescape true %}. Left out: loaders, inheritance, extensions, other delimiters, Python's functions and objects in the
context, the test's own filters, random numbers, addresses in the output.
"""
import copy, json, os, re
import markupsafe, pytest
from jinja2 import Environment, Template, meta

ABSENT = re.compile(r'\{%[-+]?\s*(include|import|from|extends|block)\b|\bself\.|random|lipsum')
DELIMITERS = [f'{what}_{side}_string' for what in ('block', 'variable', 'comment') for side in ('start', 'end')] + ['line_statement_prefix', 'line_comment_prefix']
PLAIN = Environment()
HEAD = {"context": {}, "project": "Jinja 3.1.6, its own test suite", "url": "https://github.com/pallets/jinja", "licence": "BSD-3-Clause, see NOTICE"}
cases, current, running, sources = {}, [''], [0], {}

def data(value):
    """What JSON can write, by structure; raises for anything with behaviour of its own."""
    if value is None or isinstance(value, (bool, int, float)): return value
    if isinstance(value, str): return str(value)
    if hasattr(value, '_asdict'): return data(value._asdict())
    if type(value).__name__ in ('list_iterator', 'list_reverseiterator'): return data(list(copy.copy(value)))
    if isinstance(value, (list, tuple, range)): return [data(item) for item in value]
    if isinstance(value, dict): return {key if isinstance(key, str) else repr(key): data(item) for key, item in value.items()}
    if hasattr(value, '__dict__') and not callable(value) and not hasattr(value, '__next__') and type(value).__module__.startswith('test'): return data(vars(value))
    raise TypeError(type(value).__name__)

def literal(value):
    if value is None or isinstance(value, bool): return str(value).lower()
    if isinstance(value, markupsafe.Markup): return f'({literal(str(value))}|safe)'
    if type(value) in (int, float): return repr(value)
    if type(value) is str: return json.dumps(value)
    if type(value) is list: return '[' + ', '.join(map(literal, value)) + ']'
    if type(value) is tuple: return '(' + ', '.join(map(literal, value)) + (',' if len(value) == 1 else '') + ')'
    if type(value) is range: return f'range({value.start}, {value.stop}, {value.step})'
    if type(value) is dict: return '{' + ', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items()) + '}'
    raise TypeError(type(value).__name__)

def outcome(template, context):
    try: return {'output': PLAIN.from_string(template).render(json.loads(json.dumps(context)))}
    except Exception as error: return {'error': type(error).__name__}

def tellable(make, value):
    try: make(value)
    except TypeError: return False
    return True

def forms(source, context):
    """The case as a plain environment can take it: first all as JSON, then with what JSON loses set in the template."""
    if all(tellable(data, value) for value in context.values()): yield source, data(context)
    if all(tellable(literal, value) or tellable(data, value) for value in context.values()):
        lost = {k: v for k, v in context.items() if tellable(literal, v) and json.loads(json.dumps(data(v))) is not v}
        kept = {k: data(v) for k, v in context.items() if k not in lost}
        yield ''.join(f'{{% set {k} = {literal(v)} %}}' for k, v in lost.items()) + source, kept

def named(source, context):
    """The part of a context that a template asks for."""
    try: names = meta.find_undeclared_variables(PLAIN.parse(source))
    except Exception: return {}
    return {name: value for name, value in context.items() if name in names}

def keep(environment, source, context, seen):
    if running[0] or not isinstance(source, str) or context is None or ABSENT.search(source): return
    running[0] += 1
    is_escaping = environment.autoescape is True
    trims = environment.trim_blocks or environment.lstrip_blocks or environment.keep_trailing_newline
    is_own = any(getattr(environment, name) != getattr(PLAIN, name) for name in DELIMITERS)
    for template, given in forms(source, named(source, context)):
        if is_escaping: template = '{% autoescape true %}' + template + '{% endautoescape %}'
        now = outcome(template, given)
        as_seen = now == seen or (is_escaping and 'output' in now and now['output'] in (seen.get('output'), str(seen.get('output')) + '\n'))
        if not as_seen and (is_own or not trims or 'output' not in seen or 'error' in now): continue
        if ' at 0x' in now.get('output', ''): continue
        cases.setdefault(template + json.dumps(given), {'source': current[0], 'template': template, **({'context': given} if given else {}), **now})
        break
    running[0] -= 1

def watch(owner, name):
    original = getattr(owner, name)
    def watched(self, source, *rest, **names):
        try: template = original(self, source, *rest, **names)
        except Exception as error:
            keep(self if isinstance(self, Environment) else PLAIN, source, {}, {'error': type(error).__name__})
            raise
        if isinstance(source, str): sources[id(template)] = (template, source)
        return template
    setattr(owner, name, watched)
watch(Environment, 'from_string')
watch(Template, '__new__')

original_render = Template.render
def render(self, *rest, **names):
    known = sources.get(id(self))
    if running[0] or known is None: return original_render(self, *rest, **names)
    context = dict(*rest, **names)
    running[0] += 1
    try: seen = {'output': original_render(self, *rest, **names)}
    except Exception as error: seen = {'error': type(error).__name__}; raise
    finally:
        running[0] -= 1
        if isinstance(seen.get('output', ''), str): keep(self.environment, known[1], context, seen)
    return seen['output']
Template.render = render

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item): current[0] = item.nodeid.removeprefix('tests/')

def pytest_sessionfinish():
    with open(os.environ['SUITE_OUT'], 'w') as out:
        out.write(json.dumps(HEAD) + '\n')
        for case in cases.values(): out.write(json.dumps(case, ensure_ascii=False) + '\n')
