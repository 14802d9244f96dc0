import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FaultResult } from './make-fault.ts'

const PAGE = fileURLToPath(new URL('../../docs/faults.md', import.meta.url))

/** Writes what was found between the page's marks; rows that were not made this time stay as they are. */
export function writeTable(results: readonly FaultResult[]): void {
  const found = results.map(({ fault, rounds, seed, held, seconds, error, obstacle }): [string, string] => {
    const result = obstacle === null ? (error === null ? 'held' : '**broken**') : `not run: ${obstacle}`
    const cells = [fault.id, fault.name, fault.holds, rounds, seed, held.join(' '), `${seconds.toFixed(0)} s`, result]
    return [fault.id, `| ${cells.join(' | ')} |`]
  })
  const known = readFileSync(PAGE, 'utf8')
    .split('\n')
    .flatMap((line): [string, string][] => {
      const id = /^\| (F\d+) /.exec(line)?.[1]
      return id === undefined ? [] : [[id, line]]
    })
  const rows = [...new Map([...known, ...found])].toSorted(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
  const table = [
    `Last made: ${conditions(found.map(([id]) => id).join(', '))}`,
    '',
    '| | What is done to it | What must hold besides the invariants | Rounds | Seed | Invariants held | Took | Result |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(([, row]) => row),
  ]
  writeBetween('matrix', table.join('\n'))
}

/** The machine and the day. */
export function conditions(more: string): string {
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, Node ${process.versions.node}, Linux ${release()}, ${availableParallelism()} cores, ${more}.`
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
export function writeBetween(name: string, text: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to === -1) throw new Error(`expected ${PAGE} to hold ${begin} and ${end}, got neither or one`)
  writeFileSync(PAGE, `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`)
}
