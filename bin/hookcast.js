#!/usr/bin/env node
// Runs the built program where there is one (the npm package), else the source (a clone): Node strips the types.
import { existsSync } from 'node:fs'
// Whole: an old Node does not know every name in it, and is to be told so in words.
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`hookcast needs Node 24.15 or newer, got ${process.versions.node}: install a newer Node\n`)
  process.exit(2)
}
// V8's nursery stays as small as it begins: grown to 16 MB, a run of a million customers peaked over 200 MB (measured).
// Set here and not in the first line, since `env -S` is not everywhere (BusyBox, so Alpine).
setFlagsFromString('--semi-space-growth-factor=1')
const built = new URL('../dist/cli/cli.js', import.meta.url)
const source = new URL('../src/cli/cli.ts', import.meta.url)
const isClone = existsSync(source)
// Stripping types takes half a second and 26 MB at each start; kept in the clone itself, where nobody else can put code.
if (isClone) {
  nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/hookcast', import.meta.url)))
}
const { main } = await import(isClone ? source.href : built.href)
await main(process.argv.slice(2))
