#!/usr/bin/env -S node --max-semi-space-size=4
// The nursery of V8 is kept at 4 MB: with 16 a run of a million customers peaked over 200 MB, with 4 at 178 (measured).
// Runs the built program where there is one (the npm package), else the source (a clone): Node strips the types.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `hookcast needs Node 24.15 or newer, got ${process.versions.node}: run it with npx, or install a newer Node\n`,
  )
  process.exit(2)
}
const built = new URL('../dist/cli/cli.js', import.meta.url)
const source = new URL('../src/cli/cli.ts', import.meta.url)
const isClone = existsSync(source)
// Stripping types takes half a second and 26 MB at each start; kept in the clone itself, where nobody else can put code.
if (isClone) enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/hookcast', import.meta.url)))
const { main } = await import(isClone ? source.href : built.href)
await main(process.argv.slice(2))
