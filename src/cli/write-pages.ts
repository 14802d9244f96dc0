import { mkdirSync, writeFileSync } from 'node:fs'
import { createProgram } from './program.ts'
import { commandPage, indexPage } from './command-page.ts'
import { wire } from '../hookcast.ts'
import { Context } from './context.ts'

// `npm run docs` writes the pages of the commands; a test holds them against the commands.
const folder = new URL('../../docs/commands/', import.meta.url)
mkdirSync(folder, { recursive: true })
const program = await createProgram(new Context({ isJson: false, wiring: wire() }))
writeFileSync(new URL('README.md', folder), indexPage(program))
for (const command of program.commands) writeFileSync(new URL(`${command.name()}.md`, folder), commandPage(command))
