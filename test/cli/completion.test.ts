import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { test, type Desk } from './fixture.ts'

const RUN = '019a3c00-0000-7000-8000-000000000000'
const SHELLS = ['bash', 'zsh', 'fish'] as const

function isThere(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Asks a real shell what Tab offers at the end of a line. */
async function offered(shell: (typeof SHELLS)[number], line: string, desk: Desk): Promise<string[]> {
  const { stdout: script } = await desk.hookcast(['completion', shell])
  const file = desk.write(`completion.${shell}`, script)
  const words = line.split(' ')
  const ask =
    shell === 'fish'
      ? `source ${file}; complete -C '${line}'`
      : [
          // What `bashcompinit` does around a function that it calls.
          shell === 'zsh' ? `autoload -U compinit; compinit -u -D; source ${file}; emulate ksh` : `source ${file}`,
          `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
          `COMP_CWORD=${words.length - 1}`,
          '_hookcast',
          String.raw`printf '%s\n' "${'$'}{COMPREPLY[@]}"`,
        ].join('\n')
  const flags = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell]
  const env = { PATH: process.env['PATH'] ?? '', HOME: desk.folder }
  const { stdout, stderr } = await promisify(execFile)(shell, [...flags, '-c', ask], { cwd: desk.folder, env })
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .map((offer) => offer.split('\t')[0]!)
    .filter(Boolean)
    .toSorted()
}

describe.each(SHELLS)('completion in %s', (shell) => {
  test('offers commands, flags, values, campaign files and runs', async ({ desk, skip }) => {
    skip(!isThere(shell), `${shell} is not installed`)
    desk.writeCampaign()
    mkdirSync(join(desk.folder, '.hookcast/runs', RUN), { recursive: true })
    mkdirSync(join(desk.folder, 'elsewhere/runs/01bb'), { recursive: true })
    expect(await offered(shell, 'hookcast rep', desk)).toEqual(['replay', 'report'])
    expect(await offered(shell, 'hookcast run --f', desk)).toEqual(['--format'])
    expect(await offered(shell, 'hookcast run --format ', desk)).toEqual(['csv', 'ndjson', 'tsv'])
    expect(await offered(shell, 'hookcast report x --status ', desk)).toEqual([
      'aborted',
      'failed',
      'sent',
      'suppressed',
    ])
    expect(await offered(shell, 'hookcast run camp', desk)).toEqual(['campaign.yaml'])
    expect(await offered(shell, 'hookcast resume 01', desk)).toEqual([RUN])
    expect(await offered(shell, 'hookcast --data elsewhere resume 01', desk)).toEqual(['01bb'])
    expect(await offered(shell, 'hookcast events pu', desk)).toEqual(['publish'])
    expect(await offered(shell, 'hookcast events list a', desk)).toEqual(['apps', 'attempts'])
    expect(await offered(shell, 'hookcast events list attempts x --sta', desk)).toEqual(['--status'])
    expect(await offered(shell, 'hookcast events list attempts x --status ', desk)).toEqual(['failed', 'sent'])
    expect(await offered(shell, 'hookcast events replay x --s', desk)).toEqual(expect.arrayContaining(['--since']))
    expect(await offered(shell, 'hookcast events replay x --new', desk)).toEqual([])
    expect(await offered(shell, 'hookcast completion ', desk)).toEqual(['bash', 'fish', 'zsh'])
  })
})

test('of a shell that nobody knows is refused', async ({ desk }) => {
  const { code, stderr } = await desk.hookcast(['completion', 'tcsh'])
  expect(code).toBe(2)
  expect(stderr).toContain('bash, zsh, fish')
})
