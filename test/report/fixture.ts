import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import { copySpool, spoolAudience, type CopiedRow } from '../../src/audience/audience.ts'
import { createRunId } from '../../src/campaign/run-id.ts'
import type { RunState } from '../../src/campaign/result.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { emptyNumbers, type RunNumbers } from '../../src/ledger/numbers.ts'
import { runPaths, type RunPaths } from '../../src/ledger/run-folder.ts'
import type { ResultRow, WaitingRow } from '../../src/ledger/rows.ts'
import type { ResultFilter, ResultRecord } from '../../src/report/report.ts'
import { readReport, readResults, type RunReport } from '../../src/report/report.ts'

/** When every run of these tests was made: 2026-11-22T10:00:00Z. */
export const MADE_AT = Date.UTC(2026, 10, 22, 10)
export const STARTED_AT = MADE_AT + 1000

export interface RunSetup {
  /** How many customers (`c-0`, `c-1`, …), or their rows. */
  readonly customers: number | readonly object[]
  readonly chunkSize?: number | null
  readonly numbers?: Partial<RunNumbers>
  readonly madeAt?: number
}

/** The run of one test: a real spool and a real ledger, written as a coordinator would. */
export interface Run {
  readonly runId: string
  readonly paths: RunPaths
  readonly ledger: Ledger
  /** Chunks that have begun, each with the rows that were lent. */
  start(...chunks: readonly { readonly chunk: number; readonly firstSeq?: number; readonly nextSeq?: number }[]): void
  lend(firstSeq: number, count: number, chunk?: number): void
  result(seq: number, row?: Partial<ResultRow>): void
  wait(seq: number, row?: Partial<WaitingRow>): void
  stop(stop?: Partial<Parameters<Ledger['recordStop']>[0]>): void
  count(numbers: Partial<RunNumbers>): void
  end(state: RunState, finishedAt?: number | null): void
  report(options?: { readonly isLocked?: boolean; readonly now?: number }): RunReport
  results(filter?: ResultFilter): readonly ResultRecord[]
}

export interface Data {
  readonly folder: string
  createRun(setup: RunSetup): Promise<Run>
  /** A run of some rows of another, with its own spool. */
  replay(of: Run, rows: Iterable<CopiedRow>): Promise<Run>
}

export const test = base.extend<{ data: Data }>({
  // oxlint-disable-next-line no-empty-pattern
  data: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'hookcast-report-'))
    const ledgers = new DisposableStack()
    const open = (setup: RunSetup, rows: number, replayOf: string | null): Run => {
      const madeAt = setup.madeAt ?? MADE_AT
      const runId = createRunId(madeAt)
      const paths = runPaths(folder, runId)
      mkdirSync(paths.folder, { recursive: true })
      const ledger = ledgers.use(new Ledger(paths))
      const chunkSize = setup.chunkSize ?? null
      const numbers = { ...emptyNumbers(200), ...setup.numbers }
      ledger.commit(() =>
        ledger.createRun({
          runId,
          campaign: 'welcome-sms',
          createdAt: madeAt,
          replayOf,
          customers: rows,
          isAudienceComplete: true,
          chunkSize,
          batchSize: null,
          event: null,
          numbers,
        }),
      )
      return runOver(ledger, { runId, paths, chunkSize, numbers })
    }
    await use({
      folder,
      async createRun(setup) {
        const rows =
          typeof setup.customers === 'number'
            ? Array.from({ length: setup.customers }, (_, seq) => ({ customer_id: `c-${seq}` }))
            : setup.customers
        const run = open(setup, rows.length, null)
        const path = join(run.paths.folder, 'people.ndjson')
        writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
        await spoolAudience({
          source: { path, format: 'ndjson', isGzip: false, delimiter: 'auto', encoding: 'utf-8' },
          rules: RULES,
          skipBadRows: false,
          folder: run.paths.folder,
        })
        return run
      },
      async replay(of, rows) {
        const copied = [...rows]
        const run = open({ customers: copied.length }, copied.length, of.runId)
        await copySpool({ from: of.paths.folder, to: run.paths.folder, rows: copied })
        return run
      },
    })
    ledgers.dispose()
    rmSync(folder, { recursive: true })
  },
})

const RULES = {
  columns: {},
  customerId: null,
  isUnique: false,
  consentColumn: null,
  excludeFiles: [],
  maxCustomers: null,
}

export const NAMED_BY_ROW = { customerId: null }

interface Opened {
  readonly runId: string
  readonly paths: RunPaths
  readonly chunkSize: number | null
  readonly numbers: RunNumbers
}

function runOver(ledger: Ledger, { runId, paths, chunkSize, numbers }: Opened): Run {
  const chunkOf = (seq: number): number => (chunkSize === null ? 0 : Math.floor(seq / chunkSize))
  let slices = 0
  return {
    runId,
    paths,
    ledger,
    start(...chunks) {
      ledger.commit(() => {
        ledger.markStarted(STARTED_AT)
        for (const { chunk, firstSeq, nextSeq } of chunks) {
          const first = firstSeq ?? chunk * (chunkSize ?? 0)
          ledger.startChunk(chunk, STARTED_AT + chunk, first)
          ledger.advanceChunk(chunk, nextSeq ?? first + (chunkSize ?? 1))
        }
      })
    },
    lend(firstSeq, count, chunk = chunkOf(firstSeq)) {
      ledger.commit(() => ledger.lend({ slice: ++slices, chunk, firstSeq, count, lentAt: STARTED_AT }))
    },
    result(seq, row = {}) {
      const status = row.status ?? 'sent'
      numbers[status]++
      if (status === 'failed') {
        const reason = row.reason ?? 'refused'
        numbers.failures[reason] = (numbers.failures[reason] ?? 0) + 1
      }
      if (row.isInDoubt === true) numbers.inDoubt++
      ledger.commit(() => {
        ledger.putResult({ ...RESULT, seq, chunk: chunkOf(seq), customerId: `c-${seq}`, ...row, status })
        ledger.countEnded(chunkOf(seq), 1)
        ledger.saveNumbers(numbers)
      })
    },
    wait: (seq, row = {}) =>
      void ledger.commit(() => ledger.putWaiting({ ...WAITING, seq, chunk: chunkOf(seq), ...row })),
    stop: (stop = {}) => void ledger.commit(() => ledger.recordStop({ ...STOP, ...stop })),
    count(changed) {
      Object.assign(numbers, changed)
      ledger.commit(() => ledger.saveNumbers(numbers))
    },
    end: (state, finishedAt = STARTED_AT + 60_000) => void ledger.commit(() => ledger.saveState(state, finishedAt)),
    report: ({ isLocked = false, now = STARTED_AT + 5000 } = {}) =>
      readReport(paths, { isLocked, clock: { ...STILL, now: () => now } }),
    results: (filter) => [...readResults(paths, NAMED_BY_ROW, filter)],
  }
}

const STILL = { after: () => () => undefined, sleep: () => Promise.resolve() }

const RESULT: Omit<ResultRow, 'seq' | 'chunk' | 'customerId'> = {
  status: 'sent',
  reason: null,
  attempts: 1,
  httpStatus: 200,
  errorCode: null,
  resultCode: null,
  resultStatus: null,
  message: null,
  isInDoubt: false,
  latencyMs: 8,
  occurredAt: STARTED_AT + 100,
  properties: null,
}

const WAITING: Omit<WaitingRow, 'seq' | 'chunk'> = {
  attempt: 2,
  dueAt: STARTED_AT + 7000,
  isLent: false,
  doubtAt: null,
  restarts: 0,
  digest: 'digest',
  calls: 1,
  httpStatus: 503,
  code: '503',
  message: 'down for a moment',
  customerId: null,
  batch: null,
}

const STOP: Parameters<Ledger['recordStop']>[0] = {
  rule: 'client_error',
  scope: 'chunk',
  chunk: 0,
  httpStatus: 401,
  stoppedAt: STARTED_AT + 200,
  message: 'Stopped chunk 0 after the first 401 from https://sms.example.com/v1',
  samples: ['401: {"errors":[{"code":"who","description":"who are you"}]}'],
}
