import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { wire } from '../../src/hookcast.ts'
import { allCommands, pathOf } from '../../src/cli/command-path.ts'
import { commandPage } from '../../src/cli/command-page.ts'
import { Context } from '../../src/cli/context.ts'
import { test } from './fixture.ts'

/** The command line is a promise: every command with exactly these flags. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  validate: [],
  run: [
    'audience',
    'format',
    'limit',
    'pause-after',
    'param',
    'stream',
    'skip-bad-rows',
    'dry-run',
    'json',
    'quiet',
    'yes',
  ],
  resume: ['resend-unknown', 'json', 'quiet'],
  pause: [],
  cancel: [],
  replay: ['status', 'reason', 'http-status', 'new-keys', 'json', 'quiet', 'yes'],
  runs: ['prune', 'json'],
  report: ['format', 'status', 'follow', 'out'],
  export: ['customer', 'out'],
  erase: ['customer', 'file', 'json', 'yes'],
  preview: ['row', 'customer', 'lint'],
  test: ['row', 'customer', 'json'],
  check: 'user password-env bearer-env header payload batch ca only skip max-requests json yes'.split(' '),
  egress: ['json'],
  backup: ['json'],
  restore: ['json'],
  serve: ['port', 'campaigns'],
  worker: [],
  activate: ['campaigns', 'off'],
  holds: ['json'],
  release: ['discard'],
  events: [],
  completion: [],
}
const EVENT_COMMANDS: Readonly<Record<string, string>> = {
  'events list apps': 'limit json',
  'events list types': 'limit json',
  'events list endpoints': 'limit json',
  'events list messages': 'limit json',
  'events list attempts': 'limit json message endpoint status',
  'events create app': 'uid profile json',
  'events create type': 'description schema json',
  'events create endpoint': 'uid types channels description profile retry secret-env json',
  'events publish': 'payload event-id channel deliver-at ndjson json',
  'events resend': 'endpoint json',
  'events recover': 'since until wait json',
  'events replay': 'since until wait json',
  'events restart': 'json',
  'events secret': 'json',
  'events rotate': 'grace secret-env json',
  'events portal': 'expiry read-only json',
  'events verify': 'secret-env header payload profile type at json',
  'events listen': 'app types port status secret-env profile json',
}
const PACKAGE = new URL('../../package.json', import.meta.url)
const GLOBAL = ['version', 'data', 'config', 'senders', 'redis']

const flagsIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm), (match) => match[1]!).filter((name) => name !== 'help')

describe('--help', () => {
  test('tells every command in a line', async ({ desk }) => {
    const { code, stdout, stderr } = await desk.hookcast(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const commands = Array.from(
      stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}(\w+) /gm),
      (match) => match[1],
    )
    expect(commands).toEqual([...Object.keys(COMMANDS), 'help'])
  })

  test.for(Object.entries(COMMANDS))(
    'of %s tells exactly its flags, an example with what it prints, its exit codes, and where to read on',
    async ([command, flags], { desk }) => {
      const { code, stdout } = await desk.hookcast([command, '--help'])
      expect({ code, flags: flagsIn(stdout) }).toEqual({ code: 0, flags: [...flags, ...GLOBAL] })
      expect(stdout).toMatch(new RegExp(`^ {2}(\\S.*)?hookcast ${command} `, 'm'))
      for (const part of ['Example', 'Prints:', 'Exit codes:', 'See also:']) expect(stdout).toContain(`\n${part}`)
    },
  )

  test('of the commands below events tells as much', async () => {
    const program = await createProgram(new Context({ isJson: false, wiring: wire() }))
    const events = program.commands.find((command) => command.name() === 'events')!
    const leaves = allCommands(events).filter(({ commands }) => commands.length === 0)
    const flags = leaves.map(({ options }) => options.map(({ long }) => long?.slice(2)).join(' '))
    expect(Object.fromEntries(leaves.map((leaf, i) => [pathOf(leaf), flags[i]]))).toEqual(EVENT_COMMANDS)
    for (const leaf of leaves) {
      for (const part of ['What it prints', 'Exit codes', 'See also']) {
        expect(commandPage(leaf)).toContain(`\n## ${part}`)
      }
    }
  })

  test('ends quietly when nobody reads it', async ({ desk }) => {
    const help = desk.start(['--help'])
    help.closeStdout()
    const { code, stderr } = await help.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('is told on stderr when no command is given, and that is a mistake', async ({ desk }) => {
    const { code, stdout, stderr } = await desk.hookcast([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: hookcast [options] [command]')
    expect(stderr).toContain('First steps:\n  1. hookcast check')
  })
})

test('--version tells the version of the package', async ({ desk }) => {
  const { code, stdout } = await desk.hookcast(['--version'])
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` })
})
