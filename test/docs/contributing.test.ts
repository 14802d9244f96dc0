import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { codesIn, readPage, readText } from '../support/page.ts'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const page = readPage('CONTRIBUTING.md')
const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }

describe('CONTRIBUTING.md', () => {
  it('is one page', () => {
    expect(page.lines.length).toBeLessThanOrEqual(80)
  })

  it('names every step of `npm test`, and no script that is not there', () => {
    const named = Array.from(page.text.matchAll(/npm run ([\w:]+)/g), ([, name = '']) => name)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
    const steps = Array.from(scripts['test']?.matchAll(/npm run ([\w:]+)/g) ?? [], ([, name = '']) => name)
    expect(steps.filter((name) => !named.includes(name))).toEqual([])
  })

  it('breaks code that is there', () => {
    const [, from = '', file = ''] = /sed -i 's\/(.*?)\/.*?\/' (\S+)/.exec(page.text) ?? []
    expect(readText(file)).toContain(from)
  })
})

describe('the rooms in CONTRIBUTING.md', () => {
  const section = page.section('The rooms')
  const named = (section.tables[0] ?? []).map(([room = '']) => codesIn(room)[0] ?? '')
  const levels = (/^`campaign` ← .*$/m.exec(section.text)?.[0] ?? '').split(' ← ').map(codesIn)
  const levelOf = (room: string): number => levels.findIndex((rooms) => rooms.includes(room))

  it('are those that there are', () => {
    const rooms = globSync('*/', { cwd: SRC }).map((folder) => folder.replace(/\/$/, ''))
    expect(named.toSorted()).toEqual(rooms.toSorted())
    expect(levels.flat()).toEqual(named)
  })

  it('import one way only', () => {
    const wrong = globSync('*/**/*.ts', { cwd: SRC }).flatMap((file) => {
      const room = file.split('/')[0] ?? ''
      const imports = readText(`src/${file}`).matchAll(/^(?:import|export) .*? from '(?:\.\.\/)+(\w+)\//gms)
      const targets = new Set(Array.from(imports, ([, target = '']) => target))
      return [...targets]
        .filter((target) => named.includes(target) && target !== room && levelOf(target) >= levelOf(room))
        .map((target) => `${file} imports ${target}`)
    })
    expect(wrong).toEqual([])
  })
})
