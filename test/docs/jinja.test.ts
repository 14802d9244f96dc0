import { describe, expect, it } from 'vitest'
import { SuppressedByTemplate, TemplateError, compileTemplate } from '../../src/index.ts'
import { TAGS } from '../../src/template/parse-statement.ts'
import type { Methods } from '../../src/template/runtime/define-method.ts'
import { DICT_METHODS } from '../../src/template/runtime/dict-method.ts'
import { GLOBALS } from '../../src/template/runtime/global.ts'
import { LIST_METHODS, TUPLE_METHODS } from '../../src/template/runtime/list-method.ts'
import { parseSignature } from '../../src/template/runtime/signature.ts'
import { FILTERS, TESTS } from '../../src/template/runtime/table.ts'
import { TEXT_METHODS } from '../../src/template/runtime/text-method.ts'
import { codesIn, readPage } from '../support/page.ts'

const page = readPage('docs/jinja.md')

function rows(heading: string): readonly (readonly string[])[] {
  return page.section(heading).tables[0]!
}

interface Documented {
  readonly name: string
  readonly parameters: string
}

/** `truncate(length=255)` taken apart. */
function taken(code: string): Documented {
  const [, name, parameters = ''] = /^([^(]+)(?:\((.*)\))?$/.exec(code)!
  return { name: name!, parameters }
}

/** Without the defaults that the page shows. */
function signatureOf({ parameters }: Documented): unknown {
  return parseSignature(parameters.replace(/=(?:"[^"]*"|[^,]*)/g, '='))
}

function signatures(methods: Methods): [string, unknown][] {
  return Object.entries(methods)
    .map(([name, { signature }]): [string, unknown] => [name, signature])
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
}

describe('docs/jinja.md', () => {
  it.each([
    ['Filters', FILTERS],
    ['Tests', TESTS],
  ])('lists all %s with their arguments, and no others', (title, table) => {
    const documented = rows(title).flatMap(([cell]) => codesIn(cell!).map(taken))
    const listed = documented.map((one): [string, unknown] => [one.name, signatureOf(one)])
    expect(listed.toSorted(([left], [right]) => (left < right ? -1 : 1))).toEqual(signatures(table))
  })

  it('gives the default that a filter takes', () => {
    const samples = ['"a b<c>"', '"4.7"', '5.5', '[3, 1, 2]', '{"a": 1, "B": 2}', '"2026-11-22 10:00:00"', 'nothing']
    const defaults = rows('Filters')
      .flatMap(([cell]) => codesIn(cell!).map(taken))
      .filter(({ parameters }) => parameters.includes('='))
    const different: string[] = []
    let compared = 0
    for (const { name, parameters } of defaults) {
      const given = Array.from(parameters.matchAll(/(\w+)=("[^"]*"|[^,]*)/g), ([, key, value]) => `${key!}=${value!}`)
      const required = { batch: '2', groupby: '0', regex_replace: '"a"', replace: '"a", "b"', slice: '2' }[name]
      for (const sample of samples) {
        const [plain, full] = [required ?? '', [required, ...given].filter((one) => one !== undefined).join(', ')].map(
          (args) => attempt(`{{ ${sample} | ${name}(${args}) | string }}`),
        )
        if (plain !== null) compared += 1
        if (plain !== full) different.push(`${name}(${sample}): ${plain} and ${full}`)
      }
    }
    expect(different).toEqual([])
    expect(compared).toBeGreaterThan(60)
  })

  it('lists all functions', () => {
    const listed = rows('Functions').map(([cell]) => taken(codesIn(cell!)[0]!).name)
    expect(listed.toSorted()).toEqual([...GLOBALS.keys()].toSorted())
  })

  it('lists all tags', () => {
    const listed = rows('Tags')
      .flatMap(([cell]) => codesIn(cell!))
      .flatMap((code) => /^\{% (\w+)/.exec(code)![1]!)
    const opening = listed.filter((name) => !/^(?:end|else$|elif$|raw$)/.test(name))
    expect([...new Set(opening)].toSorted()).toEqual(Object.keys(TAGS).toSorted())
  })

  it.each([
    ['texts', TEXT_METHODS],
    ['lists', LIST_METHODS],
    ['tuples', TUPLE_METHODS],
    ['mappings', DICT_METHODS],
  ])('lists all methods of %s', (kind, methods) => {
    const [, cell] = rows('Methods').find(([of]) => of === kind)!
    expect(codesIn(cell!)).toEqual(Object.keys(methods).toSorted())
  })

  it('names what `loop` has', () => {
    const [, list] = /`loop` has (.*)\./.exec(page.section('Functions').text)!
    for (const code of codesIn(list!)) {
      const shown = compileTemplate(
        `{% for x in [1, 2, 3] %}{{ (loop.${code} is defined) if loop.index == 2 }}{% endfor %}`,
        { payload: 'text' },
      )
      expect([code, shown.render({ value: 1 })]).toEqual([code, 'True'])
    }
  })

  it('names the filters that Jinja2 does not have', () => {
    const jinja2 =
      'abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format groupby indent int items join last length list lower map max min pprint random reject rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique upper urlencode urlize wordcount wordwrap xmlattr'.split(
        ' ',
      )
    const added = Object.keys(FILTERS).filter((name) => !jinja2.includes(name))
    expect(page.section('What differs from Jinja2').text).toContain(`the filters \`${added.toSorted().join(' ')}\``)
    expect(jinja2.filter((name) => !(name in FILTERS))).toEqual([])
  })

  it('shows an error as it is, and what programs get', () => {
    const shown = page.section('Errors').blocks[0]!.text
    const line = shown.split('\n')[1]!.trim()
    const error = failure(`{\n\n  ${line}\n}`, 'sms.json.j2')
    expect(`${error.file}:${error.line}:${error.column} ${error.message}\n`.replaceAll(/^ {4}/gm, '  ')).toBe(shown)
    expect(
      compileTemplate('{"name": "{{ customer.name }}"}', { payload: 'json', name: 'greeting' }).render({
        customer: { name: 'Zoë "Z"' },
      }),
    ).toBe('{"name": "Zoë \\"Z\\""}')
    expect(() => compileTemplate('{% abort: "why" %}', { payload: 'text' }).render({})).toThrow(SuppressedByTemplate)
  })
})

function attempt(template: string): string | null {
  try {
    return compileTemplate(template, { payload: 'text' }).render({})
  } catch (error) {
    if (error instanceof TemplateError) return null
    throw error
  }
}

function failure(template: string, name: string): TemplateError {
  try {
    compileTemplate(template, { payload: 'json', name })
  } catch (error) {
    return error as TemplateError
  }
  throw new Error('compiles')
}
