import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseCsv } from 'csv-parse/sync'
import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { SuppressedByTemplate, TemplateError } from '../../src/index.ts'
import { compileTemplate, safeText, type TemplatePayload } from '../../src/template/template.ts'

type Data = Record<string, unknown>
type Render = (row: Data) => string

/** What a body is made of, by its path: keys, list places, elements and attributes. */
type Leaves = readonly (readonly [path: string, value: unknown])[]

interface Ready {
  readonly name: string
  readonly payload: TemplatePayload
  readonly rows: readonly Data[]
  readonly render: Render
}

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url))
const ROWS = 10_000
/** Of each of these rows the texts are replaced. */
const SAMPLE = 20

type Written = string | { readonly file: string }

interface CampaignFile {
  readonly name: string
  readonly audience: string | { readonly file: string }
  readonly columns?: Readonly<Record<string, string>>
  readonly params?: Data
  readonly webhook: {
    readonly payload?: TemplatePayload
    readonly body?: Written
    readonly batch?: { readonly root: Written; readonly customer: Written }
  }
}

function readCampaign(file: string): Ready {
  const folder = dirname(file)
  const campaign = parseYaml(readFileSync(file, 'utf8')) as CampaignFile
  const { payload = 'json', body, batch } = campaign.webhook
  const text = (written: Written): string =>
    typeof written === 'string' ? written : readFileSync(join(folder, written.file), 'utf8')
  const { audience } = campaign
  const rows = readRows(join(folder, typeof audience === 'string' ? audience : audience.file), campaign.columns ?? {})
  const context = (row: Data): Data => ({
    customer: row,
    customer_ids: { registered: Object.values(row)[0] },
    event: row,
    ...Object.fromEntries(
      ['campaign', 'scenario', 'action', 'project'].map((name) => [name, { id: 'c-1', name: 'Spring' }]),
    ),
    run: { id: 'r-1', chunk: 0 },
    request: { id: 'r-1-0', test: false },
    params: campaign.params ?? {},
    time: 1_764_000_000,
  })
  const render =
    batch === undefined ? wholeBody(text(body!), payload) : batchBody(text(batch.root), text(batch.customer), payload)
  return { name: campaign.name, payload, rows, render: (row) => render(context(row)) }
}

function wholeBody(template: string, payload: TemplatePayload): Render {
  const compiled = compileTemplate(template, { payload })
  return (context) => compiled.render(context)
}

function batchBody(root: string, customer: string, payload: TemplatePayload): Render {
  const [whole, one] = [compileTemplate(root, { payload }), compileTemplate(customer, { payload, isFragment: true })]
  return (context) => {
    const text = safeText(one.render(context), payload)
    return whole.render({ ...context, customers: [text, text] })
  }
}

function readRows(file: string, columns: Readonly<Record<string, string>>): readonly Data[] {
  const text = readFileSync(file, 'utf8')
  if (!/\.[ct]sv$/.test(file))
    return text
      .trim()
      .split('\n')
      .slice(0, SAMPLE)
      .map((line) => JSON.parse(line) as Data)
  const records = parseCsv<Record<string, string>>(text, {
    columns: true,
    to: SAMPLE,
    delimiter: file.endsWith('.tsv') ? '\t' : ',',
  })
  return records.map((record) => {
    const cells = Object.entries(record).filter(([, cell]) => cell !== '')
    return Object.fromEntries(cells.map(([name, cell]) => [name, typed(cell, columns[name] ?? 'string')]))
  })
}

function typed(cell: string, type: string): unknown {
  return type === 'string' ? cell : (JSON.parse(cell) as unknown)
}

/** A copy with another text in place of each, told by its path. */
function mapTexts(value: unknown, change: (path: string, text: string) => string, path = ''): unknown {
  if (typeof value === 'string') return change(path, value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, mapTexts(item, change, `${path}/${key}`)] as const)
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries)
}

function leavesOf(payload: TemplatePayload, body: string): Leaves {
  if (payload === 'json') return jsonLeaves(JSON.parse(body))
  if (payload === 'form') return [...new URLSearchParams(body)]
  return payload === 'xml' ? xmlLeaves(body) : [['', body]]
}

function jsonLeaves(value: unknown, path = ''): Leaves {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  const inner = Object.entries(value).flatMap(([key, item]) => jsonLeaves(item, `${path}/${key}`))
  return [[path, Array.isArray(value) ? '[]' : '{}'], ...inner]
}

/** By a parser that refuses what is not well-formed. */
function xmlLeaves(body: string): Leaves {
  const leaves: [string, string][] = []
  const path: string[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name)
    for (const [key, value] of Object.entries(attributes)) leaves.push([`${path.join('/')}@${key}`, value])
    leaves.push([path.join('/'), ''])
  })
  const take = (text: string): void => {
    if (leaves.length > 0) leaves.at(-1)![1] += text
  }
  parser.on('text', take)
  parser.on('cdata', take)
  parser.on('closetag', () => {
    path.pop()
    leaves.push([path.join('/'), ''])
  })
  parser.write(body).close()
  return leaves
}

/** Would be changed by any filter: trimmed, cut, put in another case, encoded. */
const PROBE = `  Qz/ö ${'aB'.repeat(200)}'q" `

/** The texts of a row that the body holds as they are; others are looked up, computed with or cut. */
function plainPaths({ payload, render }: Ready, row: Data): ReadonlySet<string> {
  const paths: string[] = []
  mapTexts(row, (path, text) => (paths.push(path), text))
  const plain = paths.filter((wanted) => {
    const probed = mapTexts(row, (path, text) => (path === wanted ? PROBE : text)) as Data
    const body = bodyOrNull(render, probed)
    return body !== null && leavesOf(payload, body).some(([, value]) => String(value).includes(PROBE))
  })
  return new Set(plain)
}

function bodyOrNull(render: Render, row: Data): string | null {
  try {
    return render(row)
  } catch (error) {
    if (error instanceof SuppressedByTemplate || error instanceof TemplateError) return null
    throw error
  }
}

const naughty = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('big-list-of-naughty-strings/blns.json'), 'utf8'),
) as string[]
const ATTACKS = [
  '","admin":true,"x":"',
  '\\',
  '\\"',
  '"}\n{"',
  '{{ 7 * 7 }}{% abort %}',
  '</name><admin>true</admin>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '&amp;&#0;&lol;',
  '&admin=true#',
  '%00%26a=b',
  '\r\n\t\u2028',
  '__proto__',
  '\u0000',
  '\ud800',
]
const hostile = oneof(
  constantFrom(...ATTACKS, ...naughty.filter((text) => text !== '')),
  string({ unit: 'binary', minLength: 1 }),
  string({ unit: 'grapheme', minLength: 1 }),
)

/** XML 1.0 has no spelling for these (§2.2), whatever the template does. */
const XML_FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** Renders a row with hostile texts beside the same row with marks in their places, and compares what the bodies hold. */
function compare(ready: Ready, base: { row: Data; plain: ReadonlySet<string> }, texts: readonly string[]): void {
  const { payload, render } = ready
  const holds = new Map<string, string>()
  let next = 0
  const row = mapTexts(base.row, (path, text) => {
    if (!base.plain.has(path)) return text
    holds.set(path, texts[next++ % texts.length]!)
    return holds.get(path)!
  }) as Data
  const marks = [...holds.keys()]
  const marked = mapTexts(base.row, (path, text) => (holds.has(path) ? `«${marks.indexOf(path)}»` : text)) as Data
  const body = bodyOrNull(render, row)
  if (body === null) {
    expect(payload === 'xml' && [...holds.values()].some((text) => XML_FORBIDDEN.test(text))).toBe(true)
    return
  }
  const expected = leavesOf(payload, render(marked)).map(([path, value]) => [
    path,
    typeof value === 'string'
      ? value.replaceAll(/«(\d+)»/g, (_, index: string) => asSent(payload, holds.get(marks[Number(index)]!)!))
      : value,
  ])
  expect(leavesOf(payload, body)).toEqual(expected)
}

/** A form is UTF-8, which has no half of a surrogate pair. */
function asSent(payload: TemplatePayload, text: string): string {
  return payload === 'form' ? text.toWellFormed() : text
}

const OWN: readonly Ready[] = (
  [
    [
      'xml',
      '<c id="{{ customer.id }}"><n>{{ customer.n }}</n>{% for t in customer.tags %}<t>{{ t }}</t>{% endfor %}</c>',
    ],
    [
      'form',
      '{"id": "{{ customer.id }}", "n": {{ customer.n }}, "t": {{ customer.tags }}, "to": "+{{ customer.n }}!"}',
    ],
    [
      'json',
      '{"id": {{ customer.id }}, "n": "<{{ customer.n }}>", "t": [{% for t in customer.tags %}"{{ t }}",{% endfor %}{{ customer }}]}',
    ],
  ] as const
).map(([payload, template]) => {
  const render = wholeBody(template, payload)
  const rows = [{ id: 'c-1', n: 'Ann', tags: ['a', 'b'] }]
  return { name: `a small ${payload} one`, payload, rows, render: (row) => render({ customer: row }) }
})

const READY = [
  ...globSync('*/campaign.yaml', { cwd: TEMPLATES }).map((file) => readCampaign(join(TEMPLATES, file))),
  ...OWN,
]

describe.each(READY)('the campaign $name', (ready) => {
  const bases = ready.rows.flatMap((row) => {
    return bodyOrNull(ready.render, row) === null ? [] : [{ row, plain: plainPaths(ready, row) }]
  })

  it(`keeps its body's keys, and each value as it was, for ${ROWS} hostile rows`, () => {
    expect(Math.max(...bases.map(({ plain }) => plain.size))).toBeGreaterThan(0)
    const texts = array(hostile, { minLength: 3, maxLength: 6 })
    let seen = 0
    assert(
      property(texts, (list) => {
        compare(ready, bases[seen++ % bases.length]!, list)
      }),
      { numRuns: ROWS, endOnFailure: true },
    )
  })

  it('renders a body that parses, with the keys it has, or fails, whatever stands in every column', () => {
    const texts = array(oneof(hostile, constantFrom('')), { minLength: 3, maxLength: 6 })
    const keys = new Set(
      bases.flatMap(({ row }) => leavesOf(ready.payload, ready.render(row))).map(([path]) => shape(path)),
    )
    assert(
      property(texts, constantFrom(...bases), (list, { row }) => {
        let next = 0
        const body = bodyOrNull(ready.render, mapTexts(row, () => list[next++ % list.length]!) as Data)
        if (body === null) return
        for (const [path] of leavesOf(ready.payload, body)) expect(keys).toContain(shape(path))
      }),
      { numRuns: 1000 },
    )
  })
})

/** Without the places in lists. */
function shape(path: string): string {
  return path.replaceAll(/\/\d+(?=\/|$)/g, '/0')
}
