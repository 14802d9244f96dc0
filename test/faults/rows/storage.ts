import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MIGRATIONS } from '../../../src/ledger/schema.ts'
import { runPaths } from '../../../src/ledger/run-folder.ts'
import type { CampaignRun } from '../../support/campaign-run.ts'
import { runCommand, startCommand } from '../../support/command-line.ts'
import type { Fault, FaultContext } from '../fault.ts'

const SLOW = { reply: { delayMs: 5 } }
const WEBHOOK = 'concurrency: 20\nretry: { delays: [100ms] }'

/** Takes all room that is left on a disk. */
function fill(folder: string, leavingBytes = 0): string {
  const path = join(folder, 'fill')
  for (;;) {
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(path, '')
    if (bavail === 0) break
    try {
      // At once: what is given up for the full disk while it fills would be filled, too.
      execFileSync('fallocate', ['-l', String(bavail * bsize), path], { stdio: 'ignore' })
      break
    } catch {
      // Somebody was faster.
    }
  }
  truncateSync(path, Math.max(0, statSync(path).size - leavingBytes))
  return path
}

function mountSmallDisk(run: CampaignRun, { cleanUp }: FaultContext, size: string): void {
  mkdirSync(run.data)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', run.data])
  cleanUp.defer(() => void execFileSync('umount', ['-l', run.data]))
}

/** A run that is left in the middle, by Ctrl-C or by a crash; its ledger is `paths.ledger`. */
async function leftRun(context: FaultContext, { isKilled }: { isKilled: boolean }): Promise<CampaignRun> {
  const run = await context.run({ customers: 600, webhook: WEBHOOK, receiver: SLOW, senders: 1 })
  const command = run.start()
  assert.ok(await run.untilReceived(200, command))
  if (isKilled) run.kill(command.pid)
  else command.child.kill('SIGINT')
  await command.finished
  return run
}

async function refusal(run: CampaignRun): Promise<string> {
  const before = run.received
  const { code, stdout, stderr } = await run.start().finished
  assert.deepEqual([code, run.received - before], [2, 0], `${stdout}${stderr}`)
  return stderr
}

/** Everybody ends once, whatever was repeated: how much may be is told by `window`. */
async function finishWhole(
  run: CampaignRun,
  context: FaultContext,
  more: Parameters<CampaignRun['check']>[0] = {},
): Promise<void> {
  const { code, report, stderr } = await run.finish()
  assert.deepEqual(
    [code, report['state'], report['sent'], report['failed']],
    [0, 'finished', report['customers'], 0],
    stderr,
  )
  context.held(run.check(more))
}

async function killWhileImporting(context: FaultContext): Promise<void> {
  for (let round = 0; round < context.rounds; round++) {
    const customers = 400_000
    const run = await context.run({ customers, webhook: WEBHOOK, senders: 1 })
    const file = join(run.folder, 'campaign.yaml')
    const runs = join(run.data, 'runs')
    const spooled = (): number => {
      try {
        return statSync(join(runs, readdirSync(runs)[0]!, 'spool.ndjson')).size
      } catch {
        return -1
      }
    }
    const command = startCommand(['run', file, '--data', run.data, '--json', '--quiet', '--yes'])
    const wanted = Math.floor(context.random() * 5_000_000)
    await run.until(() => spooled() > wanted, command)
    run.kill(command.pid)
    await command.finished
    const bytes = spooled()
    const listed = await runCommand(['runs', '--json', '--data', run.data])
    const begun = (JSON.parse(listed.stdout) as { runs: unknown[] }).runs.length
    assert.ok(begun === 0 || run.received >= 0)
    if (begun > 0) continue
    assert.equal(run.received, 0, 'calls of a run that never began')
    const again = await runCommand(['run', file, '--data', run.data, '--json', '--quiet', '--yes', '--limit', '40'])
    const report = JSON.parse(again.stdout) as Record<string, number>
    assert.deepEqual([again.code, report['customers'], report['sent']], [130, customers, 40], again.stderr)
    context.say(`round ${round + 1}: killed over ${bytes} bytes, then whole`)
  }
}

async function fillDisk(context: FaultContext): Promise<void> {
  for (let round = 0; round < context.rounds; round++) {
    const run = await context.run({ customers: 2000, webhook: WEBHOOK, receiver: SLOW, senders: 1 })
    mountSmallDisk(run, context, '16m')
    // At the import: there is no room for the customers beside the ballast.
    let filled = fill(run.data, context.random() < 0.5 ? 4096 : 8 * 1024 * 1024 + 24 * 1024)
    const refused = await run.start().finished
    assert.equal(refused.code, 2, refused.stderr)
    assert.match(refused.stderr, /[Tt]he disk is full: .*; the run had not begun, nothing was sent/s)
    assert.equal(run.received, 0)
    rmSync(filled)
    assert.deepEqual(readdirSync(join(run.data, 'runs')), [], 'a run that never began left something behind')
    // While customers are lent and their results come in.
    const fresh = await context.run({ customers: 2000, webhook: WEBHOOK, receiver: SLOW, senders: 1 })
    mountSmallDisk(fresh, context, '16m')
    const command = fresh.start()
    assert.ok(await fresh.untilReceived(100 + Math.floor(context.random() * 600), command))
    filled = fill(fresh.data)
    const atFull = fresh.received
    const { code, stderr } = await command.finished
    assert.equal(code, 130, stderr)
    assert.match(stderr, /The disk .*is full.*Free space; a run that had begun goes on with `hookcast resume <run>`/s)
    const after = fresh.received
    assert.ok(after < 2000, 'it went on as if nothing were')
    // With nothing freed it says so again, and sends nothing.
    const still = await fresh.start().finished
    assert.match(still.stderr, /disk .*is full/, still.stderr)
    rmSync(filled)
    await finishWhole(fresh, context)
    context.say(
      `round ${round + 1}: full at ${atFull} requests, stopped at ${after}, then everybody, ${fresh.received} in all`,
    )
  }
}

/** \`strace\` does to the program's fsyncs what the disk would. */
function inject(what: string): readonly string[] {
  const calls = 'fsync,fdatasync'
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}`]
}

async function slowDisk(context: FaultContext): Promise<void> {
  const run = await context.run({ customers: 300, webhook: `${WEBHOOK}\ntimeout: 5s`, senders: 1 })
  const { code, report, stderr } = await run.finish([], { within: inject('delay_enter=100000') })
  assert.deepEqual([code, report['sent'], report['attempts']], [0, 300, 300], stderr)
  context.held(run.check())
}

async function brokenSync(context: FaultContext): Promise<void> {
  for (let round = 0; round < context.rounds; round++) {
    const run = await context.run({ customers: 800, webhook: WEBHOOK, receiver: SLOW, senders: 1 })
    const when = 12 + Math.floor(context.random() * 20)
    const { code, stderr } = await run.start([], { within: inject(`error=EIO:when=${when}`) }).finished
    // Before the run has begun nobody was called.
    assert.ok(code === 130 || (code === 2 && run.received === 0), stderr)
    assert.match(stderr, /The disk did not take what was written \(disk I\/O error\).*: \/.*ledger\.db/)
    if (code === 2) rmSync(run.data, { recursive: true })
    // What was in flight when nothing could be written any more is in doubt.
    run.crashes++
    await finishWhole(run, context)
    context.say(`round ${round + 1}: the ${when}th sync failed; ${run.received} requests for 800 customers`)
  }
}

async function lockedLedger(context: FaultContext): Promise<void> {
  const hold = async (ms: number): Promise<{ run: CampaignRun; code: number | null; stderr: string }> => {
    const run = await context.run({ customers: 800, webhook: WEBHOOK, receiver: SLOW, senders: 1 })
    const command = run.start()
    assert.ok(await run.untilReceived(100, command))
    const { ledger } = runPaths(run.data, run.runId!)
    const database = new DatabaseSync(ledger, { timeout: 2000 })
    database.exec('BEGIN IMMEDIATE')
    await Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), command.finished])
    database.exec('ROLLBACK')
    database.close()
    const { code, stderr } = await command.finished
    return { run, code, stderr }
  }
  const short = await hold(2000)
  assert.equal(short.code, 0, short.stderr)
  context.held(short.run.check())
  const long = await hold(20_000)
  assert.equal(long.code, 130, long.stderr)
  assert.match(long.stderr, /Another program has locked the ledger.*: \/.*ledger\.db/)
  long.run.crashes++
  await finishWhole(long.run, context)
}

async function damagedLedger(context: FaultContext): Promise<void> {
  const whole = /The ledger is damaged: restore it from a backup.*: \/.*ledger\.db/
  const header = await leftRun(context, { isKilled: false })
  const first = runPaths(header.data, header.runId!).ledger
  const file = openSync(first, 'r+')
  writeSync(file, Buffer.alloc(4096, 'x'), 0, 4096, 0)
  closeSync(file)
  assert.match(await refusal(header), whole)
  const cut = await leftRun(context, { isKilled: false })
  const second = runPaths(cut.data, cut.runId!).ledger
  truncateSync(second, Math.floor(statSync(second).size / 8192) * 4096)
  assert.match(await refusal(cut), whole)
  const page = await leftRun(context, { isKilled: false })
  const third = runPaths(page.data, page.runId!).ledger
  const pages = Math.floor(statSync(third).size / 4096)
  const broken = openSync(third, 'r+')
  for (let at = 1; at < pages; at++) writeSync(broken, Buffer.alloc(4096, 'x'), 0, 4096, at * 4096)
  closeSync(broken)
  assert.match(await refusal(page), whole)
  // What a power cut leaves of the log: SQLite goes back to the last commit that is whole.
  const log = await leftRun(context, { isKilled: true })
  const wal = `${runPaths(log.data, log.runId!).ledger}-wal`
  assert.ok(existsSync(wal))
  truncateSync(wal, Math.floor(statSync(wal).size * 0.7))
  await finishWhole(log, context, { window: 600 })
}

async function otherSchemas(context: FaultContext): Promise<void> {
  for (let version = 1; version <= MIGRATIONS.length; version++) {
    const run = await leftRun(context, { isKilled: false })
    const { ledger } = runPaths(run.data, run.runId!)
    writeAs(ledger, version)
    await finishWhole(run, context)
    using database = new DatabaseSync(ledger, { readOnly: true })
    assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], MIGRATIONS.length)
  }
  const run = await leftRun(context, { isKilled: false })
  const { ledger } = runPaths(run.data, run.runId!)
  // Somebody's own table is in the way: nothing of the change is kept.
  writeAs(ledger, 1, 'CREATE TABLE delivery (mine TEXT)')
  await refusal(run)
  using database = new DatabaseSync(ledger)
  assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 1)
  assert.equal(database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'interval'").get(), undefined)
  database.exec('DROP TABLE delivery; PRAGMA user_version = 99')
  database.close()
  assert.match(
    await refusal(run),
    /The ledger has schema 99, this version of hookcast knows up to \d+: use the newer hookcast/,
  )
  using again = new DatabaseSync(ledger)
  again.exec('PRAGMA user_version = 1')
  again.close()
  await finishWhole(run, context)
}

/** Writes a ledger as an earlier version would have: what it had no place for is lost. */
function writeAs(ledger: string, version: number, more = ''): void {
  const old = `${ledger}.old`
  using database = new DatabaseSync(old)
  for (const migration of MIGRATIONS.slice(0, version)) database.exec(migration)
  database.exec(`ATTACH '${ledger}' AS now`)
  const names = (schema: string, table: string): string[] =>
    database
      .prepare(`SELECT name FROM pragma_table_info(?, ?)`)
      .all(table, schema)
      .map(({ name }) => String(name))
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  for (const { name } of tables) {
    const now = new Set(names('now', String(name)))
    const columns = names('main', String(name))
      .filter((column) => now.has(column))
      .join(', ')
    database.exec(`INSERT INTO main.${String(name)} (${columns}) SELECT ${columns} FROM now.${String(name)}`)
  }
  database.exec(`DETACH now; PRAGMA user_version = ${version}; ${more}`)
  database.close()
  for (const end of ['', '-wal', '-shm']) rmSync(ledger + end, { force: true })
  execFileSync('mv', [old, ledger])
}

export const STORAGE: readonly Fault[] = [
  {
    id: 'F3',
    name: 'kill -9 while the audience is read',
    holds: 'no run has begun, nobody was called; the next start reads it whole',
    rounds: 3,
    shortRounds: 0,
    run: killWhileImporting,
  },
  {
    id: 'F22',
    name: 'disk full while the audience is read, while customers are lent, while results come in',
    holds: 'a sentence; nothing more is sent; with room again everybody, and nobody twice',
    rounds: 5,
    shortRounds: 1,
    needs: ['tmpfs'],
    run: fillDisk,
  },
  {
    id: 'F23',
    name: 'a disk that takes 100 ms for each sync',
    holds: 'it is slower, and no call times out for it',
    rounds: 1,
    shortRounds: 0,
    needs: ['strace'],
    run: slowDisk,
  },
  {
    id: 'F24',
    name: 'a sync that fails (EIO)',
    holds: 'what was not written is not taken for written; the run pauses with a sentence, and goes on',
    rounds: 3,
    shortRounds: 0,
    needs: ['strace'],
    run: brokenSync,
  },
  {
    id: 'F25',
    name: 'the ledger locked by another program for 2 s, and for longer than 5 s',
    holds: 'it waits; then it pauses with a sentence, and goes on',
    rounds: 1,
    shortRounds: 0,
    run: lockedLedger,
  },
  {
    id: 'F26',
    name: 'a ledger with a broken header, broken pages, cut short; a log that is cut short',
    holds: 'refused with its path and what to do; a cut log goes back to what is whole',
    rounds: 1,
    shortRounds: 0,
    run: damagedLedger,
  },
  {
    id: 'F38',
    name: 'ledgers of every earlier schema, one that cannot be changed over, one of a newer version',
    holds: 'changed over in one transaction, or not at all; a newer one is refused in words',
    rounds: 1,
    shortRounds: 0,
    run: otherSchemas,
  },
]
