import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import { folderError } from '../ledger/folder-error.ts'
import { listRunIds, runPaths, syncFolder } from '../ledger/run-folder.ts'
import { RESTORED, RESTORING } from '../ledger/service-schema.ts'
import { describeFile, readManifest } from './manifest.ts'

/** A run that had not come to its end in the backup. */
export interface RestoredRun {
  readonly run_id: string
  readonly campaign: string
  /** In the restored folder: what was going on is paused. */
  readonly state: string
  /** Without a result in the backup: whoever of them was called after it is called again, with the same key. */
  readonly open: number
}

export interface Restored {
  readonly schema: 1
  readonly made_at: string
  readonly files: number
  readonly bytes: number
  readonly runs: readonly RestoredRun[]
  /** Campaigns of events: on hold until they are released. */
  readonly held: readonly string[]
  /** Triggers that are in no run yet. */
  readonly triggers: number
  /** Deliveries of event webhooks that go on with the next start, under the ids that they had. */
  readonly deliveries: number
}

/** The data folder may be a disk of its own. */
const LOST_AND_FOUND = 'lost+found'

/**
 * Makes a data folder out of a backup, in which nothing begins by itself that may have been done since: runs are paused,
 * campaigns of events on hold, instants of schedules that have passed are not made up for.
 *
 * One that is broken off leaves `restoring` in the folder, with which no service starts, and is done anew.
 * @throws {HookcastError} HOOKCAST_BACKUP_UNUSABLE, when the backup is incomplete or altered, or the folder is not empty;
 *   HOOKCAST_STORAGE_FULL, HOOKCAST_LEDGER_UNUSABLE.
 */
export async function restoreData(
  backup: string,
  { dataFolder, clock }: { readonly dataFolder: string; readonly clock: Clock },
): Promise<Restored> {
  const manifest = readManifest(backup)
  const folder = join(dataFolder, RESTORING)
  const names = existsSync(dataFolder) ? readdirSync(dataFolder).filter((name) => name !== LOST_AND_FOUND) : []
  if (names.length > 0 && !names.includes(RESTORING)) {
    throw unusable(
      `expected the data folder to be new or empty, got one with data, which stays as it is: ${dataFolder}`,
    )
  }
  try {
    // Of a restore that was broken off.
    for (const name of names) rmSync(join(dataFolder, name), { recursive: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const file of manifest.files) await copyChecked({ backup, folder, file })
    const settled = settle(folder, { madeAt: manifest.made_at, now: clock.now() })
    for (const name of readdirSync(folder)) renameSync(join(folder, name), join(dataFolder, name))
    syncFolder(dataFolder)
    rmSync(folder, { recursive: true })
    syncFolder(dataFolder)
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
    return { schema: 1, made_at: manifest.made_at, files: manifest.files.length, bytes, ...settled }
  } catch (cause) {
    throw folderError(dataFolder, cause)
  }
}

async function copyChecked({
  backup,
  folder,
  file,
}: {
  readonly backup: string
  readonly folder: string
  readonly file: { readonly path: string; readonly bytes: number; readonly sha256: string }
}): Promise<void> {
  const to = join(folder, file.path)
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  try {
    await copyFile(join(backup, file.path), to)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw unusable(`A file of the backup is missing: ${join(backup, file.path)}`)
  }
  const { bytes, sha256 } = await describeFile(folder, file.path)
  if (bytes !== file.bytes || sha256 !== file.sha256) {
    throw unusable(`A file of the backup is not what it was when it was made: ${join(backup, file.path)}`)
  }
  const handle = await open(to, 'r+')
  await handle.sync()
  await handle.close()
}

interface Moment {
  readonly madeAt: string
  readonly now: number
}

function settle(folder: string, moment: Moment): Pick<Restored, 'runs' | 'held' | 'triggers' | 'deliveries'> {
  const ids = listRunIds(folder)
  const runs = ids.flatMap((runId) => settleRun(runPaths(folder, runId).ledger, moment) ?? [])
  const position = Math.max(0, ...runs.map(({ position }) => position))
  const service = join(folder, 'service.db')
  const { held, triggers } = existsSync(service)
    ? settleService(service, { ...moment, position, runIds: new Set(ids) })
    : { held: [], triggers: 0 }
  const open = runs.filter(({ run }) => run.state !== 'finished' && run.state !== 'cancelled').map(({ run }) => run)
  return { runs: open, held, triggers, deliveries: countDeliveries(join(folder, 'events/days')) }
}

function settleRun(path: string, { now }: Moment): { readonly run: RestoredRun; readonly position: number } {
  using database = new DatabaseSync(path)
  database
    .prepare(`UPDATE run SET state = 'paused', finished_at = ? WHERE state IN ('running', 'interrupted')`)
    .run(now)
  const row = database
    .prepare(`SELECT run_id, campaign, state, customers - (SELECT count(*) FROM result) AS open FROM run`)
    .get()!
  const isOfEvents = database.prepare(`SELECT 1 FROM pragma_table_info('run') WHERE name = 'event_position'`).get()
  const event = isOfEvents && database.prepare('SELECT event_position AS position FROM run').get()
  return {
    run: {
      run_id: String(row['run_id']),
      campaign: String(row['campaign']),
      state: String(row['state']),
      open: Number(row['open']),
    },
    position: Number(event?.['position'] ?? 0),
  }
}

function settleService(
  path: string,
  { madeAt, now, position, runIds }: Moment & { readonly position: number; readonly runIds: ReadonlySet<string> },
): { readonly held: readonly string[]; readonly triggers: number } {
  using database = new DatabaseSync(path)
  const message = `Restored from the backup of ${madeAt}`
  database.exec('BEGIN IMMEDIATE')
  // Runs took triggers that came after the inbox was copied; the next ones stand behind them.
  const moved = database.prepare(`UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'inbox'`).run(position)
  if (moved.changes === 0) database.prepare(`INSERT INTO sqlite_sequence VALUES ('inbox', ?)`).run(position)
  database.exec('DELETE FROM active_run')
  const held = database
    .prepare('SELECT DISTINCT campaign FROM listener ORDER BY campaign')
    .all()
    .map((row) => String(row['campaign']))
  const hold = database.prepare(
    `INSERT INTO hold (campaign, rule, message, held_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (campaign) WHERE released_at IS NULL DO NOTHING`,
  )
  for (const campaign of held) {
    hold.run(
      campaign,
      RESTORED,
      `${message}: what it did afterwards is not known here, so triggers wait for a release`,
      now,
    )
  }
  const begun = database
    .prepare(`SELECT campaign, due_at, run_id FROM firing WHERE state IN ('queued', 'starting')`)
    .all()
  const miss = database.prepare(
    `UPDATE firing SET state = 'missed', run_id = NULL, message = ? WHERE campaign = ? AND due_at = ?`,
  )
  for (const firing of begun) {
    if (!runIds.has(String(firing['run_id']))) miss.run(message, firing['campaign']!, firing['due_at']!)
  }
  // The last instant that was dealt with is now: what the campaign's `on_missed` says would begin runs of before once more.
  database
    .prepare(
      `INSERT INTO firing (campaign, due_at, version, state, message, recorded_at)
       SELECT campaign, ?1, version, 'missed', ?2, ?1 FROM campaign_version
       WHERE is_active = 1 AND campaign NOT IN (SELECT campaign FROM listener WHERE to_seq IS NULL)
       ON CONFLICT (campaign, due_at) DO NOTHING`,
    )
    .run(now, `${message}: instants that have passed since are not made up for`)
  const triggers = Number(database.prepare('SELECT count(*) AS count FROM inbox').get()?.['count'])
  database.exec('COMMIT')
  return { held, triggers }
}

function countDeliveries(folder: string): number {
  if (!existsSync(folder)) return 0
  return readdirSync(folder)
    .filter((name) => name.endsWith('.db'))
    .reduce((sum, name) => {
      using database = new DatabaseSync(join(folder, name), { readOnly: true })
      return (
        sum +
        Number(database.prepare(`SELECT count(*) AS count FROM delivery WHERE state = 0 AND lane < 2`).get()?.['count'])
      )
    }, 0)
}

function unusable(message: string): HookcastError {
  return new HookcastError('HOOKCAST_BACKUP_UNUSABLE', message)
}
