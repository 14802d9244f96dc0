import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test as base, describe, expect } from 'vitest'
import { createRunId } from '../../src/campaign/run-id.ts'
import { HookcastError } from '../../src/errors.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { emptyNumbers } from '../../src/ledger/numbers.ts'
import type { ResultRow, WaitingRow } from '../../src/ledger/rows.ts'
import { isStorageFull } from '../../src/ledger/folder-error.ts'
import { createRunFolder, findRun, listRunIds, lockRun, type RunPaths } from '../../src/ledger/run-folder.ts'
import { readStory } from '../../src/report/report.ts'

interface Room {
  readonly dataFolder: string
  readonly paths: RunPaths
  readonly ledger: Ledger
}

const test = base.extend<{ room: Room }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  room: async ({}, use) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'ledger-'))
    const runId = createRunId(1_700_000_000_000)
    const paths = createRunFolder(dataFolder, runId)
    const ledger = new Ledger(paths)
    ledger.commit(() =>
      ledger.createRun({
        runId,
        campaign: 'spring',
        createdAt: 1,
        replayOf: null,
        customers: 10,
        isAudienceComplete: true,
        chunkSize: null,
        batchSize: null,
        event: null,
        numbers: emptyNumbers(200),
      }),
    )
    await use({ dataFolder, paths, ledger })
    ledger[Symbol.dispose]()
    rmSync(dataFolder, { recursive: true })
  },
})

function resultRow(row: Partial<ResultRow> = {}): ResultRow {
  return {
    chunk: 0,
    seq: 0,
    customerId: 'c-0',
    status: 'sent',
    reason: null,
    attempts: 1,
    httpStatus: 200,
    errorCode: null,
    resultCode: '1',
    resultStatus: 'sent',
    message: null,
    isInDoubt: false,
    latencyMs: 4.4,
    occurredAt: 5,
    properties: null,
    ...row,
  }
}

function waitingRow(row: Partial<WaitingRow> = {}): WaitingRow {
  return {
    seq: 0,
    chunk: 0,
    attempt: 2,
    dueAt: 100,
    isLent: false,
    doubtAt: null,
    restarts: 0,
    digest: null,
    calls: 1,
    httpStatus: 503,
    code: '503',
    message: 'busy',
    customerId: 'c-0',
    batch: null,
    ...row,
  }
}

function errorOf(action: () => unknown): HookcastError {
  try {
    action()
  } catch (error) {
    if (error instanceof HookcastError) return error
    throw error
  }
  throw new Error('expected an error, got none')
}

describe('a ledger', () => {
  test('gives a customer one final row and no other', ({ room: { ledger } }) => {
    ledger.commit(() => ledger.putResult(resultRow()))
    expect(ledger.hasResult(0, 0)).toBe(true)
    expect(() => ledger.commit(() => ledger.putResult(resultRow({ status: 'failed', reason: 'timeout' })))).toThrow(
      /UNIQUE/,
    )
  })

  test('keeps all of a group or nothing of it', ({ room: { ledger } }) => {
    const bad = () => {
      ledger.putResult(resultRow({ seq: 1 }))
      ledger.putResult(resultRow({ seq: 1 }))
    }
    expect(() => ledger.commit(bad)).toThrow(HookcastError)
    expect(ledger.hasResult(0, 1)).toBe(false)
    ledger.commit(() => ledger.putResult(resultRow({ seq: 1, message: 'fine' })))
    expect(ledger.hasResult(0, 1)).toBe(true)
  })

  test('names the rows of a lent range that nobody accounts for', ({ room: { ledger } }) => {
    ledger.commit(() => {
      ledger.lend({ slice: 1, chunk: 0, firstSeq: 0, count: 6, lentAt: 1 })
      ledger.putResult(resultRow({ seq: 1 }))
      ledger.putWaiting(waitingRow({ seq: 4 }))
    })
    expect(ledger.unaccounted(0, 0, 6)).toEqual([0, 2, 3, 5])
  })

  test('gives what is due, the longest due first, and nothing that is lent or of a stopped chunk', ({
    room: { ledger },
  }) => {
    ledger.commit(() => {
      ledger.startChunk(0, 1, 0)
      ledger.startChunk(1, 1, 5)
      ledger.putWaiting(waitingRow({ seq: 0, dueAt: 300 }))
      ledger.putWaiting(waitingRow({ seq: 1, dueAt: 100 }))
      ledger.putWaiting(waitingRow({ seq: 2, dueAt: 200 }))
      ledger.putWaiting(waitingRow({ seq: 3, dueAt: 50, isLent: true }))
      ledger.putWaiting(waitingRow({ seq: 5, chunk: 1, dueAt: 10 }))
      ledger.recordStop({
        rule: 'client_error',
        scope: 'chunk',
        chunk: 1,
        httpStatus: 401,
        stoppedAt: 1,
        message: '',
        samples: [],
      })
    })
    expect(ledger.dueWaiting(250, { restarts: 3, limit: 10 }).map(({ seq }) => seq)).toEqual([1, 2])
    expect(ledger.nextDueAt(3)).toBe(100)
    ledger.commit(() => ledger.liftStops(2))
    expect(ledger.nextDueAt(3)).toBe(10)
  })

  test('gives a waiting row back as it was put', ({ room: { ledger } }) => {
    const row = waitingRow({ seq: 7, doubtAt: 5, restarts: 2, digest: 'abc', attempt: 3 })
    ledger.commit(() => ledger.putWaiting(row))
    expect(ledger.waitingRow(7)).toEqual(row)
    ledger.commit(() => ledger.markWaitingLent(7))
    expect(ledger.lentWaiting()).toEqual([{ ...row, isLent: true }])
  })

  test('keeps strings apart from rows, over a reopening too', ({ room: { ledger, paths } }) => {
    ledger.commit(() => ledger.putResult(resultRow({ seq: 1, message: 'one' })))
    ledger[Symbol.dispose]()
    using again = new Ledger(paths)
    again.commit(() => again.putResult(resultRow({ seq: 2, message: 'two' })))
    using database = new DatabaseSync(paths.ledger, { readOnly: true })
    const rows = database
      .prepare('SELECT (SELECT value FROM text WHERE id = result.message) AS message FROM result ORDER BY seq')
      .all()
    expect(rows.map(({ message }) => message)).toEqual(['one', 'two'])
  })
})

describe('a run folder', () => {
  test('is of one process at a time', ({ room: { paths } }) => {
    const lock = lockRun(paths)
    const error = errorOf(() => lockRun(paths))
    expect(error.code).toBe('HOOKCAST_RUN_IN_USE')
    expect(error.message).toContain(`(pid ${process.pid})`)
    lock.release()
    lockRun(paths).release()
  })

  test('is found by the beginning of its id', ({ room: { dataFolder } }) => {
    const [runId = ''] = listRunIds(dataFolder)
    expect(findRun(dataFolder, runId.slice(0, 8)).runId).toBe(runId)
    expect(errorOf(() => findRun(dataFolder, 'ffff')).code).toBe('HOOKCAST_RUN_UNKNOWN')
    expect(errorOf(() => findRun(dataFolder, '')).code).toBe('HOOKCAST_RUN_UNKNOWN')
  })

  test('whose ledger is of a newer schema is refused in words', ({ room: { ledger, paths } }) => {
    ledger[Symbol.dispose]()
    using database = new DatabaseSync(paths.ledger)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const error = errorOf(() => new Ledger(paths))
    expect(error.code).toBe('HOOKCAST_LEDGER_UNUSABLE')
    expect(error.message).toContain('schema 99')
  })

  test('whose ledger was made before calls over time and batches were kept gets a place for them', ({
    room: { ledger, paths },
  }) => {
    ledger[Symbol.dispose]()
    using database = new DatabaseSync(paths.ledger)
    const added = ['count', 'customers', 'root', 'path', 'is_held', 'error_code'].map((name) => ['waiting', name])
    const ofRun = ['batch_size', 'event_version', 'event_day', 'event_position'].map((name) => ['run', name])
    for (const [table, column] of [...added, ...ofRun, ['result', 'delivery']]) {
      database.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
    }
    database.exec('DROP TABLE interval; DROP TABLE delivery; PRAGMA user_version = 1')
    expect(readStory(paths, { isLocked: false })).toMatchObject({ intervals: [], report: { customers: 10 } })
    using migrated = new Ledger(paths)
    const interval = {
      startedAt: 250,
      widthMs: 250,
      calls: [1, 0, 0, 0, 2],
      latency: [0, 1],
      inFlight: 3,
      concurrency: 4,
    }
    migrated.commit(() => migrated.saveTimeline({ isRewritten: true, intervals: [interval] }))
    expect(migrated.intervals()).toEqual([interval])
    expect(migrated.run().customers).toBe(10)
  })

  test('whose ledger is damaged is refused in words', ({ room: { ledger, paths } }) => {
    ledger[Symbol.dispose]()
    writeFileSync(paths.ledger, Buffer.alloc(8192, 'x'))
    rmSync(`${paths.ledger}-wal`, { force: true })
    const error = errorOf(() => new Ledger(paths))
    expect(error.code).toBe('HOOKCAST_LEDGER_UNUSABLE')
    expect(error.message).toMatch(/damaged/)
  })

  test('cannot be made where a file lies', ({ room: { dataFolder } }) => {
    const file = join(dataFolder, 'file')
    writeFileSync(file, '')
    expect(errorOf(() => createRunFolder(file, createRunId(1))).code).toBe('HOOKCAST_LEDGER_UNUSABLE')
  })

  test('keeps a ballast to give up when the disk is full', ({ room: { paths } }) => {
    expect(existsSync(paths.ballast)).toBe(true)
    expect(isStorageFull(Object.assign(new Error('full'), { code: 'ENOSPC' }))).toBe(true)
    expect(isStorageFull(new Error('other'))).toBe(false)
  })

  test('without a ledger never began, and is not listed', ({ room: { dataFolder } }) => {
    mkdirSync(join(dataFolder, 'runs', createRunId(2)))
    expect(listRunIds(dataFolder)).toHaveLength(1)
  })
})
