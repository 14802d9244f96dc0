#!/usr/bin/env node
// Runs the built program where there is one (the npm package), else the source (a clone): Node strips the types.
import { existsSync } from 'node:fs'
// Whole: an old Node does not know every name in it, and is to be told so in words.
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`hookcast needs Node 24.15 or newer, got ${process.versions.node}: install a newer Node\n`)
  process.exit(2)
}
const built = new URL('../dist/cli/cli.js', import.meta.url)
const source = new URL('../src/cli/cli.ts', import.meta.url)
const isClone = existsSync(source)
// Stripping types takes half a second and 26 MB at each start, compiling an eighth of it: what comes of them is kept beside
// the code itself, where nobody can put any who could not change that. Where it cannot be written nothing is kept.
const cache = new URL(isClone ? '../node_modules/.cache/hookcast' : '../dist/.cache', import.meta.url)
nodeModule.enableCompileCache(fileURLToPath(cache))
const { main } = await import(isClone ? source.href : built.href)
await main(process.argv.slice(2))
