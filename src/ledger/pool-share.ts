import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { folderError } from './run-folder.ts'

export interface PoolShareOptions {
  readonly dataFolder: string
  readonly pool: string
  /** Requests in flight over all runs that leave by the pool. */
  readonly ceiling: number
  readonly runId: string
  readonly now: () => number
}

/** A run that has not claimed for this long is gone, or its machine slept: its share goes to the others. */
const STALE_MS = 10_000
const BUSY_MS = 5000

interface Lease {
  readonly run_id: string
  readonly wanted: number
  readonly held: number
}

/**
 * One run's part of the calls that an egress pool may carry, shared with every other run of the data folder, whichever
 * process it is in.
 *
 * Each run claims anew a few times a second: it says what it wants and what it may still have in flight, and is given
 * its part. A part grows only by what others have given back, so their sum is never above the ceiling. Nothing here is
 * worth keeping: a lost file is made anew from the next claims.
 */
export class PoolShare implements Disposable {
  readonly #options: PoolShareOptions
  readonly #database: DatabaseSync
  #granted = 0

  /** @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when the data folder cannot be written. */
  constructor(options: PoolShareOptions) {
    this.#options = options
    const path = join(options.dataFolder, 'egress.db')
    try {
      this.#database = new DatabaseSync(path, { timeout: BUSY_MS })
      this.#database.exec(`
        PRAGMA synchronous = OFF;
        CREATE TABLE IF NOT EXISTS lease (
          pool TEXT, run_id TEXT, wanted INTEGER, held INTEGER, seen_at INTEGER, PRIMARY KEY (pool, run_id)
        ) STRICT, WITHOUT ROWID`)
    } catch (cause) {
      throw folderError(path, cause)
    }
  }

  /**
   * Gives what may be in flight until the next claim, of `wanted`; 0 while others hold all of it.
   *
   * `inUse` is what senders may still have in flight by what they were told before: it is not given away.
   */
  claim({ wanted, inUse }: { readonly wanted: number; readonly inUse: number }): number {
    try {
      this.#granted = this.#claim({ wanted, inUse })
    } catch {
      // A full disk, a lock that is held too long: what was granted is still ours, and the run has its own word on the disk.
    }
    return this.#granted
  }

  #claim({ wanted, inUse }: { readonly wanted: number; readonly inUse: number }): number {
    const { pool, ceiling, runId, now } = this.#options
    const database = this.#database
    database.exec('BEGIN IMMEDIATE')
    try {
      database.prepare('DELETE FROM lease WHERE pool = ? AND seen_at < ?').run(pool, now() - STALE_MS)
      const others = database
        .prepare('SELECT run_id, wanted, held FROM lease WHERE pool = ? AND run_id <> ?')
        .all(pool, runId) as unknown as Lease[]
      const free = ceiling - others.reduce((sum, { held }) => sum + held, 0)
      const part = partOf(runId, [...others, { run_id: runId, wanted, held: 0 }], ceiling)
      const granted = Math.max(0, Math.min(part, free))
      database
        .prepare('INSERT OR REPLACE INTO lease (pool, run_id, wanted, held, seen_at) VALUES (?, ?, ?, ?, ?)')
        .run(pool, runId, wanted, Math.max(granted, inUse), now())
      database.exec('COMMIT')
      return granted
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  [Symbol.dispose](): void {
    const { pool, runId } = this.#options
    try {
      this.#database.prepare('DELETE FROM lease WHERE pool = ? AND run_id = ?').run(pool, runId)
    } catch {
      // It goes stale by itself.
    }
    this.#database.close()
  }
}

/**
 * Equal parts, where nobody gets more than they want and what they leave goes to the others (max-min fairness).
 *
 * With less than one for each, whoever has one keeps it, and the others wait for what is given back.
 */
function partOf(runId: string, leases: readonly Lease[], ceiling: number): number {
  const byWanted = leases.toSorted((a, b) => a.wanted - b.wanted || (a.run_id < b.run_id ? -1 : 1))
  let left = ceiling
  for (const [at, lease] of byWanted.entries()) {
    const part = Math.min(lease.wanted, Math.floor(left / (byWanted.length - at)))
    if (lease.run_id === runId) return Math.max(part, Math.min(lease.wanted, 1))
    left -= part
  }
  return 0
}
