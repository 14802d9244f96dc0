import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { wire } from '../../src/hookcast.ts'
import { commandPage, indexPage } from '../../src/cli/command-page.ts'
import { Context } from '../../src/cli/context.ts'
import { readText } from '../support/page.ts'

const program = await createProgram(new Context({ isJson: false, wiring: wire() }))
const names = program.commands.map((command) => command.name())

describe('docs/commands', () => {
  it('has a page for every command, and no other', () => {
    const pages = readdirSync(new URL('../../docs/commands', import.meta.url))
    expect(pages.toSorted()).toEqual([...names.map((name) => `${name}.md`), 'README.md'].toSorted())
  })

  it.each(program.commands)('says of $_name what its --help says: `npm run docs` writes it anew', (command) => {
    expect(readText(`docs/commands/${command.name()}.md`)).toBe(commandPage(command))
  })

  it('keeps what is printed in one piece, empty lines and all', () => {
    const [, block = ''] = /```text\n([^]*?)```/.exec(readText('docs/commands/preview.md')) ?? []
    expect(block).toMatch(/\n\n\{\n {2}"customer_id": "c-17"\n\}\n$/)
  })

  it('leads to each of them', () => {
    expect(readText('docs/commands/README.md')).toBe(indexPage(program))
  })

  it('leads to pages that are there', () => {
    for (const name of names) {
      const links = readText(`docs/commands/${name}.md`).matchAll(/\]\((\w+)\.md\)/g)
      for (const [, link] of links) expect([...names, 'README']).toContain(link)
    }
  })
})
