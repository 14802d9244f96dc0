import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FaultResult } from './make-fault.ts'

const PAGE = fileURLToPath(new URL('../../docs/faults.md', import.meta.url))

/** Writes what was found between the page's marks, with the conditions under which it was. */
export function writeTable(results: readonly FaultResult[], { seed }: { readonly seed: number }): void {
  const rows = results.map(({ fault, rounds, held, seconds, error, obstacle }) => {
    const result = obstacle === null ? (error === null ? 'held' : '**broken**') : `not run: ${obstacle}`
    return `| ${[fault.id, fault.name, fault.holds, rounds, held.join(' '), `${seconds.toFixed(0)} s`, result].join(' | ')} |`
  })
  const table = [
    conditions(`seed ${seed}`),
    '',
    '| | What is done to it | What must hold besides the invariants | Rounds | Invariants held | Took | Result |',
    '|---|---|---|---|---|---|---|',
    ...rows,
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
