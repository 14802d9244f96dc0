import { execFile } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import * as hookcast from '../../src/index.ts'
import { test } from '../cli/fixture.ts'
import { codesIn, readPage, readText } from '../support/page.ts'

const page = readPage('docs/programs.md')
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('docs/programs.md', () => {
  test('shows a program that runs', async ({ desk }) => {
    desk.writeCampaign({ audience: '"-"', webhook: 'concurrency: 5' })
    const [example] = page.blocks
    desk.write('program.ts', example!.text)
    // From source, where a package would have its build: see test/package for that.
    desk.write(
      'node_modules/hookcast/package.json',
      '{ "name": "hookcast", "type": "module", "exports": "./index.ts" }',
    )
    symlinkSync(join(ROOT, 'src/index.ts'), join(desk.folder, 'node_modules/hookcast/index.ts'))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['program.ts'], { cwd: desk.folder })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^(\d+ of \d+\n)+finished: 30 sent, 0 failed\n$/)
    expect(desk.receiver.count).toBe(30)
  })

  test('names every call that there is', () => {
    const [calls = []] = page.section('What to call').tables
    const named = calls.map(([call = '']) => /^`(\w+)\(/.exec(call)?.[1])
    const functions = Object.entries(hookcast).filter(
      ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name),
    )
    expect(new Set(named)).toEqual(new Set(functions.map(([name]) => name)))
  })

  test('names every option that there is', () => {
    const [options = []] = page.section('Options').tables
    const text = readText('src/library/options.ts')
    const interfaces = Array.from(text.matchAll(/export interface \w+ [^{]*\{\n([^]*?)\n\}/g), ([, body = '']) => body)
    const known = interfaces.flatMap((body) => Array.from(body.matchAll(/^ {2}readonly (\w+)\?/gm), ([, name]) => name))
    expect(new Set(options.flatMap(([name = '']) => codesIn(name)))).toEqual(new Set(known))
  })
})
