import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { folderError, isSqliteBusy, isStorageFull } from './folder-error.ts'

/** What all runs under one name may do together; null without such a limit. */
export interface Ceiling {
  readonly name: string
  /** Requests in flight. */
  readonly concurrency: number | null
  /** Starts a second. */
  readonly perSecond: number | null
}

/** A run's part of the ceilings that it is under. */
export interface CeilingPart {
  readonly concurrency: number
  readonly perSecond: number | null
}

export interface SharedCeilingsOptions {
  readonly dataFolder: string
  readonly ceilings: readonly Ceiling[]
  readonly runId: string
  readonly now: () => number
}

/** A run that has not claimed for this long is gone, or its machine slept: its part goes to the others. */
const STALE_MS = 10_000
const BUSY_MS = 5000

/** How long somebody has a turn when there are more runs than calls. */
const TURN_MS = 5000

/** One run's claim under one ceiling. */
interface Lease {
  readonly run_id: string
  readonly wanted: number
  /** May be in flight: granted last, or not known to be given back yet. */
  readonly calls: number
  /** Starts a second that it was granted last or the time before, of which its senders may not know yet. */
  readonly rate: number
}

/**
 * One run's parts of the ceilings that it shares with every other run of the data folder, whichever process it is in:
 * its campaign's own, that of a throughput policy, that of an egress pool.
 *
 * Each run claims anew a few times a second: it says what it wants and what it may still have in flight, and is given
 * its part. A part grows only by what others have given back, so their sum is never above the ceiling. Nothing here is
 * worth keeping: a lost, damaged or older file is made anew from the next claims, and whoever holds the old one changes over.
 */
export class SharedCeilings implements Disposable {
  readonly #options: SharedCeilingsOptions
  readonly #path: string
  #database: DatabaseSync
  /** Number of the opened file: another may have taken its place. */
  #file: number
  #granted: CeilingPart = { concurrency: 0, perSecond: 0 }
  /** By ceiling, as granted last. */
  readonly #rates = new Map<string, number>()

  /** @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when the data folder cannot be written. */
  constructor(options: SharedCeilingsOptions) {
    this.#options = options
    this.#path = join(options.dataFolder, 'ceilings.db')
    try {
      this.#database = openOrMakeAnew(this.#path)
      this.#file = statSync(this.#path).ino
    } catch (cause) {
      throw folderError(this.#path, cause, 'the file of shared ceilings')
    }
  }

  /**
   * Gives what may be in flight and started until the next claim, of `wanted` calls; nothing while others hold all of it.
   *
   * `inUse` is what senders may still have in flight by what they were told before: it is not given away.
   */
  claim({ wanted, inUse }: { readonly wanted: number; readonly inUse: number }): CeilingPart {
    try {
      this.#changeOver()
      const database = this.#database
      database.exec('BEGIN IMMEDIATE')
      try {
        this.#granted = this.#claimAll(wanted, inUse)
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    } catch {
      // A full disk, a lock that is held too long: what was granted is still ours, and the run has its own word on the disk.
    }
    return this.#granted
  }

  #changeOver(): void {
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#file) return
    const database = openOrMakeAnew(this.#path)
    this.#database.close()
    this.#database = database
    this.#file = statSync(this.#path).ino
  }

  #claimAll(wanted: number, inUse: number): CeilingPart {
    const { ceilings, runId, now } = this.#options
    const at = now()
    const most = Math.min(wanted, ...ceilings.map(({ concurrency }) => concurrency ?? wanted))
    const parts = ceilings.map((ceiling) => this.#partOf(ceiling, { wanted: most, at }))
    // What one ceiling allows beyond another would only be kept from others.
    const concurrency = Math.min(most, ...parts.map((part) => part.concurrency))
    for (const [i, { name }] of ceilings.entries()) {
      const rate = parts[i]!.perSecond ?? 0
      // Its senders may still draw on what it was granted before.
      const heldRate = Math.max(rate, this.#rates.get(name) ?? 0)
      this.#rates.set(name, rate)
      this.#database
        .prepare(
          'INSERT OR REPLACE INTO lease (ceiling, run_id, wanted, calls, rate, seen_at) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(name, runId, most, Math.max(concurrency, inUse), heldRate, at)
    }
    const rates = parts.flatMap(({ perSecond }) => (perSecond === null ? [] : [perSecond]))
    return { concurrency, perSecond: rates.length === 0 ? null : Math.min(...rates) }
  }

  #partOf(ceiling: Ceiling, { wanted, at }: { wanted: number; at: number }): CeilingPart {
    const { runId } = this.#options
    const { name, concurrency } = ceiling
    this.#database.prepare('DELETE FROM lease WHERE ceiling = ? AND seen_at < ?').run(name, at - STALE_MS)
    const others = this.#database
      .prepare('SELECT run_id, wanted, calls, rate FROM lease WHERE ceiling = ? AND run_id <> ?')
      .all(name, runId) as unknown as Lease[]
    const mine: Lease = { run_id: runId, wanted, calls: 0, rate: 0 }
    const parts = partsOf([...others, mine], { concurrency, turn: Math.floor(at / TURN_MS) })
    return {
      concurrency: callsFor(parts.get(runId)!, { ceiling, others }),
      perSecond: rateFor(parts, { ceiling, others, runId }),
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#database.prepare('DELETE FROM lease WHERE run_id = ?').run(this.#options.runId)
    } catch {
      // It goes stale by itself.
    }
    this.#database.close()
  }
}

function openOrMakeAnew(path: string): DatabaseSync {
  try {
    return openLeases(path)
  } catch (error) {
    if (isSqliteBusy(error) || isStorageFull(error)) throw error
    for (const file of [path, `${path}-journal`]) rmSync(file, { force: true })
    return openLeases(path)
  }
}

function openLeases(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS })
  try {
    // Changes nothing, and fails where nothing could be claimed: such a run would wait for its part for ever.
    database.exec(`
      PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS lease (
        ceiling TEXT, run_id TEXT, wanted INTEGER, calls INTEGER, rate REAL, seen_at INTEGER,
        PRIMARY KEY (ceiling, run_id)
      ) STRICT, WITHOUT ROWID;
      UPDATE lease SET wanted = wanted, calls = calls, rate = rate, seen_at = seen_at WHERE ceiling IS NULL AND run_id IS NULL`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

interface Claimant {
  readonly ceiling: Ceiling
  readonly others: readonly Lease[]
}

/** A fair part, as far as it is free by now. */
function callsFor(part: number, { ceiling, others }: Claimant): number {
  if (ceiling.concurrency === null) return part
  return Math.max(0, Math.min(part, ceiling.concurrency - others.reduce((sum, { calls }) => sum + calls, 0)))
}

/** The rate goes with the calls: a run that only waits for its retries takes next to nothing of it. */
function rateFor(
  parts: ReadonlyMap<string, number>,
  { ceiling, others, runId }: Claimant & { readonly runId: string },
): number | null {
  if (ceiling.perSecond === null) return null
  const all = [...parts.values()].reduce((sum, part) => sum + part, 0)
  const part = all === 0 ? 0 : (ceiling.perSecond * parts.get(runId)!) / all
  return Math.max(0, Math.min(part, ceiling.perSecond - others.reduce((sum, { rate }) => sum + rate, 0)))
}

/**
 * Equal parts, where nobody gets more than they want and what they leave goes to the others (max-min fairness).
 *
 * With less than one for each, some have one and the others none, and everybody gets their turn.
 */
function partsOf(
  leases: readonly Lease[],
  { concurrency, turn }: { readonly concurrency: number | null; readonly turn: number },
): Map<string, number> {
  const parts = new Map(leases.map(({ run_id, wanted }) => [run_id, concurrency === null ? wanted : 0]))
  if (concurrency === null) return parts
  const wanting = leases.filter(({ wanted }) => wanted > 0).toSorted((a, b) => (a.run_id < b.run_id ? -1 : 1))
  if (wanting.length > concurrency) {
    for (let i = 0; i < concurrency; i++) parts.set(wanting[(turn + i) % wanting.length]!.run_id, 1)
    return parts
  }
  let left = concurrency
  for (const [at, lease] of wanting.toSorted((a, b) => a.wanted - b.wanted).entries()) {
    const part = Math.min(lease.wanted, Math.floor(left / (wanting.length - at)))
    parts.set(lease.run_id, part)
    left -= part
  }
  return parts
}
