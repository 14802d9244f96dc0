import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { SpoolReader } from '../../src/audience/audience.ts'
import { runPaths } from '../../src/ledger/run-folder.ts'
import { eraseCustomers } from '../../src/privacy/privacy.ts'
import { readReport, readResults, type ResultRecord } from '../../src/report/report.ts'
import { MADE_AT, NAMED_BY_ROW, STARTED_AT, test, type Run } from '../report/fixture.ts'
import { filesHolding } from './fixture.ts'

const ROWS = 600
const CHUNK = 100

/** Every third row has a number only, some ids come again, and many begin like another. */
function rowAt(i: number): { readonly id?: string; readonly name: string; readonly group: string } {
  const name = `Customer ${'abcdefghij'[i % 10]}${i}x`
  if (i % 3 === 0) return { name, group: 'gold' }
  return { id: i % 7 === 0 ? `cu-${i % 50}` : `cu-${i}`, name, group: 'silver' }
}

/** What the receiver alone says of a customer: no column has it. */
function ticketAt(i: number): string {
  return `ticket T${i}q`
}

function idAt(i: number): string {
  return rowAt(i).id ?? String(i + 1)
}

/** Chunks 0 and 1 have results, 2 was stopped in its middle, 3 has retries and a slice in doubt, the others have not begun. */
function fill(run: Run): void {
  run.start(
    { chunk: 0, nextSeq: 100 },
    { chunk: 1, nextSeq: 200 },
    { chunk: 2, nextSeq: 250 },
    { chunk: 3, nextSeq: 350 },
  )
  // Retries that are over: their pages are free, and not overwritten.
  for (let seq = 0; seq < ROWS; seq++) run.wait(seq, { customerId: `${idAt(seq)} ${'.'.repeat(200)}` })
  run.ledger.commit(() => {
    for (let seq = 0; seq < ROWS; seq++) run.ledger.removeWaiting(seq)
  })
  for (let seq = 0; seq < 240; seq++) {
    const customerId = idAt(seq)
    const properties = JSON.stringify({ who: rowAt(seq).name })
    if (seq % 5 !== 0) run.result(seq, { customerId, properties, resultCode: ticketAt(seq) })
    else {
      const message = seq % 2 === 0 ? `${rowAt(seq).name} is unknown` : 'the same for all'
      run.result(seq, { customerId, status: 'failed', reason: 'refused', message, errorCode: 'no' })
    }
  }
  run.stop({ chunk: 2 })
  for (let seq = 300; seq < 330; seq++) run.wait(seq, { customerId: idAt(seq), message: `${idAt(seq)} has to wait` })
  run.lend(330, 20, 3)
  for (let seq = 0; seq < 60; seq += 5) {
    run.ledger.commit(() =>
      run.ledger.putSample({ seq, attempt: 1, httpStatus: 200, code: '200', body: `no ${rowAt(seq).name}` }),
    )
  }
  run.end('interrupted')
  writeFileSync(run.paths.snapshot, JSON.stringify({ campaign: { file: 'a.yaml', texts: { 'a.yaml': 'name: a' } } }))
}

interface Held {
  readonly results: readonly ResultRecord[]
  readonly lines: readonly string[]
  readonly report: unknown
}

function read(dataFolder: string, runId: string): Held {
  const paths = runPaths(dataFolder, runId)
  using spool = SpoolReader.open(paths.folder)
  return {
    results: [...readResults(paths, NAMED_BY_ROW)],
    lines: Array.from({ length: spool.rows }, (_, seq) => Buffer.from(spool.pick([seq]).lines).toString()),
    report: readReport(paths, { isLocked: false, clock: { ...STILL, now: () => STARTED_AT + 5000 } }),
  }
}

const STILL = { after: () => () => undefined, sleep: () => Promise.resolve() }

describe('erasing any set of customers', () => {
  test(
    'leaves no trace of them, and everything else byte for byte as it was',
    { timeout: 120_000 },
    async ({ data }) => {
      const run = await data.createRun({
        customers: Array.from({ length: ROWS }, (_, i) => rowAt(i)),
        chunkSize: CHUNK,
      })
      fill(run)
      const kept = { request_id: `${run.runId}-5`, run_id: run.runId, chunk: 0, time: STARTED_AT }
      const rows = Array.from({ length: 300 }, (_, i) => ({ seq: i * 2, kept: i % 4 === 0 ? kept : null }))
      const replay = await data.replay(run, rows)
      replay.start({ chunk: 0, nextSeq: 300 })
      for (let seq = 0; seq < 200; seq++) replay.result(seq, { customerId: idAt(seq * 2), message: 'welcome back' })
      replay.end('interrupted')
      cpSync(run.paths.snapshot, replay.paths.snapshot)
      const numbers = { [run.runId]: (seq: number) => seq, [replay.runId]: (seq: number) => seq * 2 }
      const before = new Map(Object.keys(numbers).map((runId) => [runId, read(data.folder, runId)]))

      const anybody = fc.uniqueArray(fc.integer({ min: 0, max: ROWS - 1 }), { minLength: 1, maxLength: 40 })
      await fc.assert(
        fc.asyncProperty(anybody, async (chosen) => {
          const ids = new Set(chosen.map(idAt))
          const folder = mkdtempSync(join(tmpdir(), 'hookcast-erase-'))
          try {
            cpSync(data.folder, folder, { recursive: true })
            const { left, found } = await eraseCustomers(folder, { customerIds: ids, now: MADE_AT, service: null })
            expect({ left, found }).toEqual({ left: [], found: ids.size })
            for (const [runId, old] of before) {
              const placeOf = numbers[runId]!
              const now = read(folder, runId)
              expect(now.report).toEqual(old.report)
              expect(now.lines.filter((_, seq) => !ids.has(idAt(placeOf(seq))))).toEqual(
                old.lines.filter((_, seq) => !ids.has(idAt(placeOf(seq)))),
              )
              expect(now.results).toHaveLength(old.results.length)
              for (const [at, result] of now.results.entries()) {
                const was = old.results[at]!
                if (!ids.has(was.customer_id)) expect(JSON.stringify(result)).toBe(JSON.stringify(was))
                else {
                  const gone = {
                    error_code: null,
                    message: null,
                    result_code: null,
                    result_status: null,
                    properties: {},
                  }
                  expect(result).toEqual({ ...was, ...gone, customer_id: result.customer_id })
                  expect(result.customer_id).toMatch(/^erased-/)
                }
              }
            }
            const traces = Array.from({ length: ROWS }, (_, i) => i).filter((i) => ids.has(idAt(i)))
            const files = filesHolding(
              join(folder, 'runs'),
              traces.flatMap((i) => [rowAt(i).name, ticketAt(i), rowAt(i).id ?? []].flat()),
            )
            expect(files.filter((file) => !file.startsWith('people.ndjson'))).toEqual([])
          } finally {
            rmSync(folder, { recursive: true })
          }
        }),
        { numRuns: 15 },
      )
    },
  )
})
