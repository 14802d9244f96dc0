import { isDeepStrictEqual } from 'node:util'
import { array, constantFrom, integer, letrec, oneof, tuple, type Arbitrary } from 'fast-check'
import { SuppressedByTemplate, TemplateError, compileTemplate } from '../../src/index.ts'
import type { Methods } from '../../src/template/runtime/define-method.ts'
import { DICT_METHODS } from '../../src/template/runtime/dict-method.ts'
import { GLOBALS } from '../../src/template/runtime/global.ts'
import { LIST_METHODS } from '../../src/template/runtime/list-method.ts'
import { FILTERS, TESTS } from '../../src/template/runtime/table.ts'
import { TEXT_METHODS } from '../../src/template/runtime/text-method.ts'
import type { CompiledTemplate, TemplatePayload } from '../../src/template/template.ts'

const HOST_NAMES =
  `constructor __proto__ prototype toString valueOf toJSON hasOwnProperty isPrototypeOf __defineGetter__
  __lookupGetter__ __class__ __globals__ call apply bind arguments caller name length next return then cause stack message
  run text items size attribute describe dialect rendering signature beforeChange x fn secret 0 -1`.split(/\s+/)
const ATOMS =
  `x fn obj point list text symbol m loop caller kwargs varargs c ns j missing [] {} "" "a" 1 2.5 -1 none true
  (1,"a") [1,2] {"a":1} this self globalThis process require constructor toString __proto__ rt r o k1`
    .split(/\s+/)
    .concat(...GLOBALS.keys())
const METHODS = [...Object.keys(TEXT_METHODS), ...Object.keys(LIST_METHODS), ...Object.keys(DICT_METHODS)]

const hostName = constantFrom(...HOST_NAMES)
const anyName = oneof(hostName, constantFrom(...METHODS))

function quoted(name: string): string {
  return `("${name.slice(0, 3)}" ~ "${name.slice(3)}")`
}

/** A call with as many arguments as the filter, test or method takes. */
function fitting(methods: Methods, value: Arbitrary<string>): Arbitrary<string> {
  return constantFrom(...Object.entries(methods).filter(([name]) => /^\w+$/.test(name))).chain(
    ([name, { signature }]) => {
      const { required, names, rest } = signature
      return array(value, { minLength: required, maxLength: names.length + (rest === null ? 0 : 2) }).map(
        (list) => `${name}(${list.join(', ')})`,
      )
    },
  )
}

const { statement } = letrec<{ expression: string; statement: string }>((tie) => {
  const value = tie('expression')
  const body = array(tie('statement'), { maxLength: 2 }).map((list) => list.join(''))
  const args = array(value, { maxLength: 2 })
  const atom = constantFrom(...ATOMS)
  const often = <T>(arbitrary: Arbitrary<T>): { arbitrary: Arbitrary<T>; weight: number } => ({ arbitrary, weight: 4 })
  const once = <T>(arbitrary: Arbitrary<T>): { arbitrary: Arbitrary<T>; weight: number } => ({ arbitrary, weight: 1 })
  return {
    expression: oneof(
      { depthSize: 'small', withCrossShrink: true },
      often(atom),
      often(tuple(value, hostName).map(([of, name]) => `(${of} or obj)[${quoted(name)}]`)),
      often(tuple(value, anyName).map(([of, name]) => `(${of} or obj).${/^[a-z_]/i.test(name) ? name : 'x'}`)),
      often(tuple(value, value).map(([of, key]) => `(${of} or list)[${key}]`)),
      often(tuple(value, fitting(FILTERS, value)).map(([of, call]) => `(${of})|${call}`)),
      often(tuple(value, fitting(TESTS, value)).map(([of, call]) => `((${of}) is ${call})`)),
      often(fitting(TEXT_METHODS, value).map((call) => `text.${call}`)),
      often(fitting(LIST_METHODS, value).map((call) => `list.${call}`)),
      often(fitting(DICT_METHODS, value).map((call) => `obj.${call}`)),
      often(
        tuple(constantFrom('~', '==', 'in', 'and', 'or'), value, value).map(
          ([sign, left, right]) => `((${left}) ${sign} (${right}))`,
        ),
      ),
      often(tuple(value, value, value).map(([test, yes, no]) => `(${yes} if ${test} else ${no})`)),
      often(
        tuple(value, constantFrom('map', 'sort', 'groupby', 'unique', 'min', 'max', 'join'), hostName).map(
          ([of, filter, name]) => `[${of}]|${filter}(attribute=${quoted(name)})|list`,
        ),
      ),
      often(tuple(value, hostName).map(([of, name]) => `(${of})|attr(${quoted(name)})`)),
      often(tuple(atom, args).map(([of, list]) => `(${of})(${list.join(', ')})`)),
      once(
        tuple(value, args, hostName, value).map(
          ([of, list, name, one]) => `(${of})(${[...list, `${/^[a-z_]/i.test(name) ? name : 'a'}=${one}`].join(', ')})`,
        ),
      ),
      once(tuple(value, value).map(([of, rest]) => `(${of})(*${rest})`)),
      once(tuple(value, value).map(([of, rest]) => `(${of})(**${rest})`)),
      once(tuple(value, hostName).map(([of, name]) => `[${of}]|map(${quoted(name)})|list`)),
      once(tuple(value, hostName).map(([of, name]) => `[${of}]|selectattr(${quoted(name)})|list`)),
      once(tuple(value, hostName).map(([of, name]) => `"{0.${name}!r}".format(${of})`)),
      once(tuple(value, hostName).map(([of, name]) => `"{0[${name}]}".format(${of})`)),
      once(tuple(value, hostName).map(([of, name]) => `"%(${name})s" % (${of})`)),
      once(
        tuple(constantFrom('+', '*', '%', '<', '//', '**'), value, value).map(
          ([sign, left, right]) => `((${left}) ${sign} (${right}))`,
        ),
      ),
    ),
    statement: oneof(
      { depthSize: 'small', withCrossShrink: true },
      often(value.map((one) => `{{ ${one} }}`)),
      once(tuple(value, body).map(([one, inner]) => `{% for q in [${one}] %}{{ loop.index }}${inner}{% endfor %}`)),
      once(tuple(value, body).map(([one, inner]) => `{% for q in ${one} %}${inner}{% else %}-{% endfor %}`)),
      once(
        tuple(value, body).map(([one, inner]) => `{% for q in [${one}] recursive %}${inner}{{ loop([]) }}{% endfor %}`),
      ),
      once(tuple(value, body).map(([one, inner]) => `{% if ${one} %}${inner}{% endif %}`)),
      once(value.map((one) => `{% set x = ${one} %}{{ x }}`)),
      once(
        tuple(value, hostName).map(
          ([one, name]) => `{% set ns.${/^[a-z_]/i.test(name) ? name : 'y'} = ${one} %}{{ ns }}`,
        ),
      ),
      once(
        tuple(body, fitting(FILTERS, atom)).map(([inner, call]) => `{% set x | ${call} %}${inner}{% endset %}{{ x }}`),
      ),
      once(tuple(body, fitting(FILTERS, atom)).map(([inner, call]) => `{% filter ${call} %}${inner}{% endfilter %}`)),
      once(
        tuple(value, body).map(
          ([one, inner]) =>
            `{% macro w(a, b=${one}) %}{{ caller(a) }}${inner}{% endmacro %}{% call(z) w(1) %}{{ z }}${inner}{% endcall %}`,
        ),
      ),
      once(tuple(value, body).map(([one, inner]) => `{% with x = ${one} %}${inner}{% endwith %}`)),
      once(tuple(value, body).map(([one, inner]) => `{% autoescape ${one} %}${inner}{% endautoescape %}`)),
      once(tuple(value, value).map(([one, other]) => `{% output [${one}] separated by ${other} %}`)),
      once(value.map((one) => `{% if false %}{% abort: ${one} %}{% endif %}`)),
    ),
  }
})

const SETUP =
  '{% set c = cycler(1) %}{% set j = joiner() %}{% set ns = namespace(a=1) %}{% macro m(a) %}{{ kwargs }}{{ varargs }}{{ a }}{{ caller }}{% endmacro %}'

/** Templates out of all that the language has, aimed at the host: names of functions, prototypes and globals in every place. */
export const hostileTemplate: Arbitrary<string> = tuple(
  array(statement, { minLength: 1, maxLength: 2 }),
  integer({ min: 0, max: 3 }),
).map(([list, kind]) => (kind === 0 ? list.join('') : SETUP + list.join('')))

export const payload = constantFrom<TemplatePayload>('text', 'text', 'json', 'xml', 'form', 'url', 'header')

/** So that what is printed stands in a place that its payload has. */
const AROUND: Readonly<Partial<Record<TemplatePayload, readonly [string, string]>>> = {
  json: ['{"a": "', '"}'],
  form: ['{"a": "', '"}'],
  url: ['/', '/'],
}

/** What came of a template, of which anything but `output`, `suppressed` and our own errors is a finding. */
export type Ending = 'renders' | 'suppressed' | 'HOOKCAST_TEMPLATE_INVALID' | 'HOOKCAST_TEMPLATE_RENDER'

const LEAKED = /function|native code|\[object|=>|\bclass\b|secret-of|\[\[Prototype/
const HOST = [globalThis, Object, Array, Function, String, Number, Map, Set, Promise, Symbol, Error, RegExp].flatMap(
  (one): object[] => ('prototype' in one ? [one, one.prototype as object] : [one]),
)

function hostKeys(): number {
  return HOST.reduce((sum, one) => sum + Reflect.ownKeys(one).length, 0)
}

const KEYS_BEFORE = hostKeys()

class Point {
  x = 1
  readonly #touch: (what: string) => string

  constructor(touch: (what: string) => string) {
    this.#touch = touch
  }

  get secret(): string {
    return this.#touch('a getter ran')
  }

  toString(): string {
    return this.#touch('toString ran')
  }
}

/**
 * Renders a template over data with functions, getters and symbols in it.
 *
 * @throws when it reaches, changes or tells anything of the host, changes its data, or renders otherwise the second time.
 */
export function tryHostile(template: string, kind: TemplatePayload): Ending {
  const findings: string[] = []
  const touch = (what: string): string => {
    findings.push(what)
    return what
  }
  const fn = (): string => touch('a function of the host was called')
  const host = { fn, point: new Point(touch), symbol: Symbol('secret-of') }
  const data = (): Record<string, unknown> => ({
    x: 1,
    ...host,
    obj: { fn, x: 'ok', list: [fn] },
    list: [3, 1, 2],
    text: 'a b',
  })
  const context = data()
  const [start, end] = AROUND[kind] ?? ['', '']
  const compiled = compileOrEnd(`${start}${template}${end}`, kind)
  if (typeof compiled === 'string') return compiled
  const render = (): string => compiled.render(context, { seed: 's' })
  const [first, second] = [endingOf(render), endingOf(render)]
  if (hostKeys() !== KEYS_BEFORE) findings.push('a global or prototype changed')
  if (!isDeepStrictEqual(context, data())) findings.push('the data stayed changed')
  if (LEAKED.test(first.output ?? '')) findings.push(`leaked ${first.output!}`)
  if (first.output !== second.output) findings.push('the second render differs')
  if (findings.length > 0) throw new Error(`${findings.join(', ')}: ${template}`)
  return first.kind
}

function compileOrEnd(template: string, kind: TemplatePayload): CompiledTemplate | Ending {
  let compiled: CompiledTemplate | null = null
  const ending = endingOf(() => {
    compiled = compileTemplate(template, { payload: kind })
    return ''
  })
  return compiled ?? ending.kind
}

function endingOf(render: () => string): { kind: Ending; output: string | null } {
  try {
    return { kind: 'renders', output: render() }
  } catch (error) {
    if (error instanceof SuppressedByTemplate) return { kind: 'suppressed', output: null }
    if (!(error instanceof TemplateError) || error.message.includes('defect')) throw error
    return { kind: error.code as Ending, output: null }
  }
}
