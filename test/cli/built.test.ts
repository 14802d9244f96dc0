import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { test } from './fixture.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the program into a project's node_modules, as npm would install it; its packages lie beside it. */
function install(project: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }
  const own = join(project, 'node_modules/hookcast')
  mkdirSync(own, { recursive: true })
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(own, 'dist'), '--declaration', 'false']
  execFileSync(process.execPath, [tsc, ...options], { stdio: 'pipe' })
  for (const name of ['bin', 'package.json']) cpSync(join(ROOT, name), join(own, name), { recursive: true })
  for (const name of Object.keys(dependencies)) {
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
  }
  return join(own, 'bin/hookcast.js')
}

test('the built program runs as its source does, its senders locked in', { timeout: 120_000 }, async ({ desk }) => {
  desk.writeCampaign()
  const bin = install(join(desk.folder, 'project'))
  const { code, stdout, stderr } = await desk.hookcast(['run', 'campaign.yaml', '--json'], { bin })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ state: 'finished', sent: 3 })
  expect(desk.receiver.requests[0]?.headers['user-agent']).toMatch(/^hookcast\/\d+\.\d+\.\d+/)
})
