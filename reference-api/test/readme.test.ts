import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { CODES } from '../src/answer.ts'

// Compiled tests lie in dist/test; what they read lies in the folder above.
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')

describe('README.md', () => {
  it('lists every code that an answer can carry, and no other', () => {
    const sources = readdirSync(new URL('../../src/routes', import.meta.url)).map((file) => read(`src/routes/${file}`))
    const inRoutes = Array.from(sources.join().matchAll(/['`](\d{4}) |code: (\d{4}),/g), ([, a, b]) => Number(a ?? b))
    const listed = Array.from(readme.matchAll(/^\| (\d{4}) \|/gm), ([, code]) => Number(code))
    const known = new Set([...Object.values<number>(CODES), ...inRoutes])
    assert.deepEqual(
      listed,
      Array.from(known).toSorted((a, b) => a - b),
    )
  })

  it('lists every setting, and .env.example shows it', () => {
    const settings = read('src/settings.ts')
    const used = new Set(
      Array.from(settings.matchAll(/'([A-Z]+(?:_[A-Z]+)+|HOST|PORT|FAULTS|IDEMPOTENCY)'/g), ([, name]) => name),
    )
    for (const source of ['SVIX', 'STANDARD', 'BRIDGE', 'CROSSRIVER', 'RECEEVE']) used.add(`WEBHOOK_SECRET_${source}`)
    const table = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## What stands in front'))
    const listed = new Set(
      Array.from(table.matchAll(/^\| (.+?) \|/gm), ([, cell]) =>
        Array.from((cell ?? '').matchAll(/`([A-Z_]+)`/g), ([, name]) => name),
      ).flat(),
    )
    assert.deepEqual(listed, used)
    const example = new Set(Array.from(read('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm), ([, name]) => name))
    assert.deepEqual(example, used)
  })

  it('says what FAULTS=demo stands for', () => {
    const demo = /demo: '(.+)'/.exec(read('src/faults.ts'))?.[1]
    assert.ok(demo && readme.includes(`stands for \`${demo}\``))
  })
})
