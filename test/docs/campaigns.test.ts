import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codesIn, readPage } from '../support/page.ts'

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  readonly items?: SchemaNode
  readonly description?: string
  readonly default?: unknown
}

interface Key {
  readonly path: string
  readonly node: SchemaNode
}

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/campaign.schema.json', import.meta.url), 'utf8'),
) as SchemaNode

/** Templates may be files everywhere; that has a sentence of its own. */
function keysBelow(node: SchemaNode, path = ''): Key[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items === undefined ? [] : [node.items])]
  const names = Object.keys(node.properties ?? {})
  const own = names.join() === 'file' ? [] : Object.entries(node.properties ?? {})
  return [
    ...inner.flatMap((part) => keysBelow(part, path)),
    ...own.flatMap(([name, child]) => {
      const key = path === '' ? name : `${path}.${name}`
      return [{ path: key, node: child }, ...keysBelow(child, key)]
    }),
  ]
}

const page = readPage('docs/campaigns.md')
const rows = page.section('Key by key').tables.flat()
const keys = keysBelow(schema)

describe('docs/campaigns.md', () => {
  test('explains every key of the schema, and no other', () => {
    expect(keys.length).toBeGreaterThan(70)
    const written = new Set(rows.map(([key = '']) => codesIn(key)[0]))
    expect(written).toEqual(new Set(keys.map(({ path }) => path)))
  })

  test.each(rows)('says of %s what it takes, what it is when left out, and what it does', (...cells) => {
    const [key, value, left, does] = cells
    expect(key).toMatch(/^`[a-z_.]+`$/)
    expect(value).not.toBe('')
    expect(left).toMatch(/^(required(, unless `.*`)?|–|`.*`)$/)
    expect(does).toMatch(/[.)]$/)
  })

  test('tells of each key what the schema tells editors', () => {
    for (const [key = '', , left, does = ''] of rows) {
      const same = keys.filter(({ path }) => path === codesIn(key)[0])
      expect(same.map(({ node }) => node.description)).toContain(does.replace('**Trap:**', 'Trap:'))
      if (left?.startsWith('required') === true || left === '–')
        expect(same.some(({ node }) => node.default === undefined)).toBe(true)
    }
  })
})
