import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Builds the program as the npm package carries it: from source each start would strip types first. Gives its command. */
export function buildProgram(folder: string): string {
  const program = join(folder, 'program')
  mkdirSync(program)
  execFileSync(process.execPath, [join(ROOT, 'build.ts'), join(program, 'dist')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  for (const part of ['bin', 'package.json', 'schemas']) {
    cpSync(join(ROOT, part), join(program, part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'))
  return join(program, 'bin/hookcast.js')
}
