import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { codesIn, readPage } from '../support/page.ts'

const [commands = []] = readPage('README.md').section('Command line').tables
const GLOBAL = 'every command'

/** A flag with its value, as commander prints it. */
function flagsIn(help: string, heading: string): string[] {
  const part = new RegExp(`^${heading}:\\n((?:  .*\\n?)+)`, 'm').exec(help)?.[1] ?? ''
  const flags = Array.from(part.matchAll(/^ {2}(?:-\w, )?(--[\w-]+(?: <[^>]+>)?)/gm), ([, flag = '']) => flag)
  return flags.filter((flag) => flag !== '--help' && flag !== '--version')
}

async function helpOf(...args: string[]): Promise<string> {
  const { code, stdout } = await runCommand([...args, '--help'])
  expect(code).toBe(0)
  return stdout
}

describe('the table of commands in README.md', () => {
  it('has every command with what it takes, and no other', async () => {
    const help = await helpOf()
    const part = /^Commands:\n((?:  .*\n?)+)/m.exec(help)?.[1] ?? ''
    const known = Array.from(
      part.matchAll(/^ {2}(\w+)(?: \[options\])?( <[^>]+>)?/gm),
      ([, name = '', argument = '']) => name + argument,
    )
    const named = commands.flatMap(([command = '']) => codesIn(command))
    expect(named.toSorted()).toEqual(known.filter((name) => name !== 'help').toSorted())
  })

  it.each(commands)('has the flags of %s', async (command = '', _does = '', flags = '') => {
    const shown = codesIn(flags).filter((code) => code.startsWith('--'))
    if (command === GLOBAL) return expect(shown).toEqual(flagsIn(await helpOf(), 'Options'))
    const name = codesIn(command)[0]?.split(' ')[0] ?? ''
    expect(shown).toEqual(flagsIn(await helpOf(name), 'Options'))
  })
})
