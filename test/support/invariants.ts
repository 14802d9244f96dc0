import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SpoolReader } from '../../src/audience/audience.ts'
import type { Webhook } from '../../src/campaign/campaign.ts'
import { findRun } from '../../src/ledger/run-folder.ts'
import {
  runRowFrom,
  stopRowFrom,
  waitingRowFrom,
  type RunRow,
  type StopRow,
  type WaitingRow,
} from '../../src/ledger/rows.ts'

import { campaignOf, readSnapshot } from '../../src/runner/run-snapshot.ts'
import { plainSettings } from './campaign-folder.ts'
import { canariesOf, searchFor } from './canary.ts'
import type { Received } from './receiver.ts'

/** The promises of a run that its ledger and its receiver's journal can prove broken. */
export const INVARIANTS = {
  I1: 'every customer has at most one final result, and exactly one when the run has finished',
  I2: 'rows in are results out: nobody is lost, nobody is invented',
  I3: 'all requests of a delivery carry the same key and the same bytes; a key is one delivery',
  I4: 'nothing is sent again but what is retried, or was in flight when a process died',
  I5: 'a retry waits as long as its schedule says',
  I6: 'no delivery gets more attempts than its schedule has; what a crash repeats is counted apart',
  I7: 'after a stop nothing is started: only what was in flight arrives',
  I8: 'no attempt lasts longer than its timeout',
  I9: 'memory stays under its limit, however many customers there are',
  I10: 'the ledger is whole, and agrees with itself',
  I11: 'no secret is said or stored; each kind of trouble is told once, in words, and counted',
  I12: 'a healthy campaign beside keeps at least 80 % of its pace',
} as const
export type Invariant = keyof typeof INVARIANTS

/** A request as a receiver's journal has it. */
export interface JournalEntry {
  /** Epoch ms of the run's clock, or close to it. */
  readonly at: number
  readonly key: string | null
  readonly attempt: number | null
  /** Null when the request does not say, or is for several. */
  readonly customer: string | null
  /** The same for the same bytes. */
  readonly digest: string
}

/** What a receiver of this process got, as the checker reads it. */
export function journalFrom(requests: readonly Received[]): JournalEntry[] {
  return requests.map(({ at, key, attempt, customer, method, path, body }) => {
    const digest = createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64url')
    return { at, key, attempt, customer, digest }
  })
}

/** The webhook as a run has it, its secrets read from `env`. */
export function webhookOf(dataFolder: string, runId: string, env: Readonly<Record<string, string>> = {}): Webhook {
  const { campaign } = readSnapshot(findRun(dataFolder, runId))
  return campaignOf(campaign, { env, settings: plainSettings }).webhook
}

export interface RunUnderCheck {
  readonly dataFolder: string
  readonly runId: string
  /** What the receiver got of this run; null where nobody kept it. */
  readonly journal: readonly JournalEntry[] | null
  readonly webhook: Pick<Webhook, 'concurrency' | 'retry' | 'timeoutMs' | 'batch'>
  readonly seed?: number
  /** How many processes died over it, coordinators and senders. Default: as many as the run itself may have lost. */
  readonly crashes?: number
  /** Requests that each of them may have had in flight. Default: two shares of the ceiling, and 40 ms of what the receiver got. */
  readonly window?: number
  /** Most that a process of the run has held, in MB; left out where nobody looked. */
  readonly peakMb?: number
  /** What each of its processes has said; left out where nobody listened. */
  readonly said?: readonly string[]
  /** What must be in no file of the run, and in nothing that is said. */
  readonly secrets?: Readonly<Record<string, string>>
  /** How long it took beside the trouble of another, and one like it without. */
  readonly pace?: { readonly besideMs: number; readonly aloneMs: number }
  /** Requests may have been held up on their way: when they came says nothing about how long was waited. */
  readonly isHeldUp?: boolean
  /** How late an attempt's end may be seen on a busy machine. Default: 5 s. */
  readonly slackMs?: number
}

const MEMORY_LIMIT_MB = 300
const SLACK_MS = 5000
const LEAST_PACE = 0.8
/** What the id of a customer begins with that nobody shall know any more. */
const ERASED = 'erased-'
/** Times are whole milliseconds of two processes. */
const CLOCK_MS = 2
/** Sends that may die with their process, besides the first, and the one instant second try. */
const MOST_SENDS = 1 + 3 + 1

/** What broke, for whom, and all that is known of them: enough to understand it without running it again. */
class InvariantViolation extends Error {
  readonly invariant: Invariant

  constructor(
    { run, invariant, seq }: { readonly run: CheckedRun; readonly invariant: Invariant; readonly seq: number | null },
    what: string,
  ) {
    super(
      [
        `${invariant} does not hold: ${INVARIANTS[invariant]}`,
        `  ${what}`,
        `  seed ${run.seed ?? 'none'}, run ${run.runId}, ${run.row.state}, ${run.row.customers} customers`,
        ...(seq === null ? [] : run.historyOf(seq).map((line) => `  ${line}`)),
      ].join('\n'),
    )
    this.invariant = invariant
  }
}

interface Result {
  readonly chunk: number
  readonly seq: number
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
  readonly latency_ms: number | null
}

/** A run's ledger, and what its receiver says, side by side. */
class CheckedRun {
  readonly runId: string
  readonly seed: number | undefined
  readonly row: RunRow
  readonly results: readonly Result[]
  readonly waiting: readonly WaitingRow[]
  readonly stops: readonly StopRow[]
  readonly ended: ReadonlyMap<number, number>
  readonly integrity: string
  readonly spooled: number | null
  readonly folder: string
  readonly byKey: ReadonlyMap<string, readonly JournalEntry[]>
  readonly #bySeq: ReadonlyMap<number, Result>

  constructor({ dataFolder, runId, journal, seed }: RunUnderCheck) {
    this.runId = runId
    this.seed = seed
    const paths = findRun(dataFolder, runId)
    using database = new DatabaseSync(paths.ledger, { readOnly: true })
    const all = (sql: string): Record<string, unknown>[] => database.prepare(sql).all()
    this.row = runRowFrom(all('SELECT * FROM run')[0])
    this.results = all(
      'SELECT chunk, seq, customer_id, status, reason, attempts, latency_ms FROM result ORDER BY seq',
    ) as unknown as Result[]
    this.waiting = all('SELECT * FROM waiting ORDER BY seq').map(waitingRowFrom)
    this.stops = all('SELECT * FROM stop ORDER BY id').map(stopRowFrom)
    this.ended = new Map(
      all('SELECT chunk, ended FROM chunk').map((row) => [Number(row['chunk']), Number(row['ended'])]),
    )
    this.integrity = String(all('PRAGMA integrity_check')[0]?.['integrity_check'])
    this.folder = paths.folder
    this.spooled = existsSync(join(paths.folder, 'spool.ndjson')) ? rowsOf(paths.folder) : null
    const ours = (journal ?? []).filter(({ key }) => key?.startsWith(runId) === true)
    this.byKey = Map.groupBy(ours, ({ key }) => key!)
    this.#bySeq = new Map(this.results.map((result) => [result.seq, result]))
  }

  broken(invariant: Invariant, what: string, seq: number | null = null): InvariantViolation {
    return new InvariantViolation({ run: this, invariant, seq }, what)
  }

  resultOf(seq: number): Result | null {
    return this.#bySeq.get(seq) ?? null
  }

  get hasErased(): boolean {
    return this.results.some(({ customer_id: id, reason }) => id.startsWith(ERASED) || reason === 'erased')
  }

  get firstUnended(): number {
    let seq = 0
    while (this.#bySeq.has(seq)) seq++
    return seq
  }

  seqOf(key: string): number {
    return Number(key.slice(this.runId.length + 1).split('_')[0])
  }

  historyOf(seq: number): string[] {
    const lines = [...this.byKey]
      .filter(([key]) => this.seqOf(key) === seq)
      .flatMap(([key, entries]) =>
        entries.map(({ at, attempt, customer, digest }) => {
          const when = new Date(at).toISOString()
          return `${when} received attempt ${attempt} of ${key} for ${customer} (bytes ${digest.slice(0, 12)})`
        }),
      )
    const waiting = this.waiting.find((row) => row.seq === seq)
    if (waiting !== undefined) lines.push(`ledger: waiting ${JSON.stringify(waiting)}`)
    lines.push(`ledger: result ${JSON.stringify(this.resultOf(seq))}`)
    return lines
  }
}

function rowsOf(folder: string): number {
  using spool = SpoolReader.open(folder)
  return spool.rows
}

/**
 * Holds a run against what hookcast promises; tells which of the invariants could be looked at.
 *
 * @throws {InvariantViolation} for the first that is broken.
 */
export function checkRun(told: RunUnderCheck): readonly Invariant[] {
  const run = new CheckedRun(told)
  const held: Invariant[] = ['I10', 'I1', 'I2', 'I6', 'I8', 'I11']
  checkWhole(run)
  checkResults(run)
  checkCounts(run)
  checkAttempts(run, told)
  checkLatency(run, told)
  checkWords(run, told)
  if (told.journal !== null) {
    held.push('I3', 'I4', 'I7')
    checkKeys(run, told)
    checkRepeats(run, told)
    if (told.isHeldUp !== true) {
      held.push('I5')
      checkWaits(run, told)
    }
    checkStops(run, told)
  }
  if (told.peakMb !== undefined) {
    held.push('I9')
    const { peakMb } = told
    if (peakMb > MEMORY_LIMIT_MB)
      throw run.broken('I9', `a process has held ${peakMb} MB, the limit is ${MEMORY_LIMIT_MB}`)
  }
  if (told.pace !== undefined) {
    held.push('I12')
    const { besideMs, aloneMs } = told.pace
    if (besideMs > aloneMs / LEAST_PACE) throw run.broken('I12', `it took ${besideMs} ms, and ${aloneMs} ms alone`)
  }
  return held.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
}

function checkWhole(run: CheckedRun): void {
  if (run.integrity !== 'ok') throw run.broken('I10', `integrity_check says ${run.integrity}`)
  const { numbers } = run.row
  const codes = Object.values(numbers.codes).reduce((sum, count) => sum + count, 0)
  if (codes !== numbers.attempts) throw run.broken('I10', `${numbers.attempts} attempts, but ${codes} by code`)
  const byChunk = Map.groupBy(run.results, ({ chunk }) => chunk)
  if (run.row.event !== null) return
  for (const [chunk, ended] of run.ended) {
    const found = byChunk.get(chunk)?.length ?? 0
    if (found !== ended) throw run.broken('I10', `chunk ${chunk} counts ${ended} ends, but holds ${found} results`)
  }
}

/** The primary key is chunk and seq: nothing but this tells when one seq stands in two chunks. */
function checkResults(run: CheckedRun): void {
  let previous = -1
  for (const { seq, chunk } of run.results) {
    if (seq === previous) throw run.broken('I1', `row ${seq} has two results`, seq)
    previous = seq
    if (seq >= run.row.customers) throw run.broken('I2', `row ${seq} has a result, and there is no such row`, seq)
    const { chunkSize } = run.row
    const own = chunkSize === null ? 0 : Math.floor(seq / chunkSize)
    if (run.row.event === null && chunk !== own) throw run.broken('I1', `row ${seq} ended in chunk ${chunk}`, seq)
  }
  for (const { seq, batch } of run.waiting) {
    if (batch === null && run.resultOf(seq) !== null) throw run.broken('I1', `row ${seq} has ended, and waits`, seq)
  }
  const isStopped = run.stops.some(({ liftedAt }) => liftedAt === null)
  if (run.row.state === 'aborted' && !isStopped) {
    const lost = run.firstUnended
    throw run.broken('I1', `the run has ended with row ${lost} neither ended nor stopped by a rule`, lost)
  }
  if (run.row.state !== 'finished') return
  const [left] = run.waiting
  if (left !== undefined) throw run.broken('I1', `the run has finished, and row ${left.seq} waits`, left.seq)
  for (let seq = 0; seq < run.row.customers; seq++) {
    if (run.resultOf(seq) === null) throw run.broken('I1', `the run has finished, and row ${seq} has no result`, seq)
  }
}

function checkCounts(run: CheckedRun): void {
  const { row, spooled } = run
  if (row.isAudienceComplete && spooled !== null && spooled !== row.customers) {
    throw run.broken('I2', `${row.customers} customers, but the spool has ${spooled} rows`)
  }
  for (const status of ['sent', 'failed', 'suppressed'] as const) {
    const found = run.results.filter((result) => result.status === status).length
    const counted = row.numbers[status]
    if (found !== counted) throw run.broken('I2', `the run counts ${counted} ${status}, but holds ${found}`)
  }
  const failures = Object.values(row.numbers.failures).reduce((sum, count) => sum + count, 0)
  if (failures !== row.numbers.failed) throw run.broken('I2', `${row.numbers.failed} failed, but ${failures} by reason`)
}

function checkAttempts(run: CheckedRun, { webhook }: RunUnderCheck): void {
  const most = webhook.retry.delaysMs.length + 1
  for (const { seq, attempt } of run.waiting) {
    if (attempt > most) throw run.broken('I6', `row ${seq} waits for attempt ${attempt} of ${most}`, seq)
  }
  for (const [key, entries] of run.byKey) {
    const last = Math.max(...entries.map(({ attempt }) => attempt ?? 1))
    if (last > most) throw run.broken('I6', `${key} came with attempt ${last} of ${most}`, run.seqOf(key))
  }
}

function checkLatency(run: CheckedRun, { webhook, slackMs = SLACK_MS }: RunUnderCheck): void {
  const { latencyMaxMs } = run.row.numbers
  if (latencyMaxMs <= webhook.timeoutMs + slackMs) return
  const slowest = run.results.find(({ latency_ms: latency }) => latency === latencyMaxMs)
  const what = `an attempt took ${latencyMaxMs} ms, its timeout is ${webhook.timeoutMs} ms`
  throw run.broken('I8', what, slowest?.seq ?? null)
}

/** A secret would be in a file or in what was said; trouble that is told is told by a line with a code, or by a warning. */
function checkWords(run: CheckedRun, { said = [], secrets = {} }: RunUnderCheck): void {
  const texts = Object.fromEntries(said.map((text, n) => [`what process ${n + 1} said`, text]))
  const [hit] =
    Object.keys(secrets).length === 0 ? [] : searchFor(canariesOf(secrets), { folder: run.folder, texts }).hits
  if (hit !== undefined) throw run.broken('I11', `a secret is in ${hit}`)
  const { warnings } = run.row.numbers
  for (const [at, { code, message, count }] of warnings.entries()) {
    if (warnings.findIndex((warning) => warning.code === code) !== at) throw run.broken('I11', `${code} is told twice`)
    if (message === '' || !(count >= 1))
      throw run.broken('I11', `${code} is told ${count} times with ${message.length} letters`)
  }
  for (const text of said) {
    const told = text.split('\n').filter((line) => /HOOKCAST_[A-Z]/.test(line))
    const twice = told.find((line, at) => told.indexOf(line) !== at)
    if (twice !== undefined) throw run.broken('I11', `a process has said more than once: ${twice}`)
  }
}

function checkKeys(run: CheckedRun, { webhook }: RunUnderCheck): void {
  for (const [key, entries] of run.byKey) {
    const seq = run.seqOf(key)
    if (!(seq < run.row.customers)) throw run.broken('I2', `${key} is for no row of the run`, seq)
    // The batch of a customer who was erased goes on without them.
    const isTorn = webhook.batch !== null && run.hasErased
    if (!isTorn && new Set(entries.map(({ digest }) => digest)).size > 1) {
      throw run.broken('I3', `the requests of ${key} differ in their bytes`, seq)
    }
    if (webhook.batch !== null) continue
    const customers = new Set(entries.map(({ customer }) => customer))
    const own = run.resultOf(seq)?.customer_id
    if (own?.startsWith(ERASED) === true) continue
    if (customers.size > 1) throw run.broken('I3', `${key} came for ${[...customers].join(' and ')}`, seq)
    const [customer = null] = customers
    if (customer !== null && own !== undefined && customer !== own) {
      throw run.broken('I3', `${key} came for ${customer}, and is ${own}'s`, seq)
    }
  }
}

function checkRepeats(run: CheckedRun, told: RunUnderCheck): void {
  const { crashes = lossesOf(run), journal, webhook } = told
  let repeats = 0
  let worst: { readonly key: string; readonly times: number } | null = null
  for (const [key, entries] of run.byKey) {
    for (const sent of Map.groupBy(entries, ({ attempt }) => attempt).values()) {
      repeats += sent.length - 1
      if (sent.length > (worst?.times ?? 1)) worst = { key, times: sent.length }
    }
  }
  if (worst === null) return
  const seq = run.seqOf(worst.key)
  const { instantRetries } = run.row.numbers
  const spanMs = journal!.at(-1)!.at - journal![0]!.at
  const perSecond = (journal!.length * 1000) / Math.max(spanMs, 1000)
  const window = told.window ?? 2 * webhook.concurrency + 0.04 * Math.max(perSecond, 5000)
  const most = Math.ceil(crashes * window) + instantRetries + probesOf(run)
  if (repeats > most) {
    const what = `${repeats} requests were repeated; ${crashes} crashes and ${instantRetries} second tries allow ${most}`
    throw run.broken('I4', what, seq)
  }
  if (worst.times > MOST_SENDS + probesOf(run)) {
    throw run.broken('I6', `${worst.key} came ${worst.times} times with one attempt number`, seq)
  }
}

/** Each slice that was lost with its sender, and each time that it was left with calls in flight. */
function lossesOf({ row }: CheckedRun): number {
  return row.resumed + (row.numbers.warnings.find(({ code }) => code === 'sender_lost')?.count ?? 0)
}

/** Calls that failed at the connection and used up no attempt: what the connection gate probes with comes again. */
function probesOf({ row }: CheckedRun): number {
  const { codes } = row.numbers
  return ['connect', 'reset', 'tls', 'dns'].reduce((sum, code) => sum + (codes[code] ?? 0), 0)
}

function checkWaits(run: CheckedRun, { webhook }: RunUnderCheck): void {
  const { delaysMs, jitter } = webhook.retry
  for (const [key, entries] of run.byKey) {
    const byAttempt = Map.groupBy(entries, ({ attempt }) => attempt ?? 1)
    for (const [attempt, [first]] of byAttempt) {
      if (first === undefined) continue
      // A packet that was lost is sent again by its system, and may come after the retry.
      const before = byAttempt.get(attempt - 1)?.findLast(({ at }) => at <= first.at)
      if (before === undefined) continue
      const leastMs = delaysMs[attempt - 2]! * (1 - jitter) - CLOCK_MS
      const waitedMs = first.at - before.at
      if (waitedMs >= leastMs) continue
      const what = `attempt ${attempt} of ${key} came ${waitedMs} ms after the one before, not ${Math.ceil(leastMs)}`
      throw run.broken('I5', what, run.seqOf(key))
    }
  }
}

function checkStops(run: CheckedRun, { webhook }: RunUnderCheck): void {
  const { chunkSize, event } = run.row
  for (const { rule, scope, chunk, stoppedAt, liftedAt } of run.stops) {
    if (event !== null && scope === 'chunk') continue
    let late = 0
    let seqOfLast: number | null = null
    for (const [key, entries] of run.byKey) {
      const seq = run.seqOf(key)
      const own = chunkSize === null ? 0 : Math.floor(seq / chunkSize)
      if (scope === 'chunk' && own !== chunk) continue
      const after = entries.filter(({ at }) => at > stoppedAt && at < (liftedAt ?? Number.POSITIVE_INFINITY)).length
      if (after > 0) seqOfLast = seq
      late += after
    }
    if (late <= webhook.concurrency) continue
    const what = `${late} requests arrived after ${rule} had stopped the ${scope}, ${webhook.concurrency} could be in flight`
    throw run.broken('I7', what, seqOfLast)
  }
}
