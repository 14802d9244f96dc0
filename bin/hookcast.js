#!/usr/bin/env node
// Runs the built program where there is one (the npm package), else the source (a clone): Node strips the types.
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `hookcast needs Node 24.15 or newer, got ${process.versions.node}: run it with npx, or install a newer Node\n`,
  )
  process.exit(2)
}
const built = new URL('../dist/cli/cli.js', import.meta.url)
const source = new URL('../src/cli/cli.ts', import.meta.url)
const { main } = await import(existsSync(source) ? source.href : built.href)
await main(process.argv.slice(2))
