import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findRun } from '../../src/ledger/run-folder.ts'
import { CampaignRun } from './campaign-run.ts'
import { INVARIANTS, type Invariant, type JournalEntry, type RunUnderCheck } from './invariants.ts'

interface Falsehood {
  readonly breaks: Invariant
  readonly when: string
  readonly says: RegExp
  /** Default: the run that finished. */
  readonly of?: 'stopped'
  readonly sql?: string
  readonly journal?: (journal: readonly JournalEntry[], runId: string) => readonly JournalEntry[]
  readonly more?: Partial<RunUnderCheck>
  /** A file in the folder of the run, and what it holds. */
  readonly file?: string
}

const SECRET = 'nobody-says-this-4711'
const MORE_SENT = "UPDATE run SET numbers = json_set(numbers, '$.sent', 13)"
const last = (journal: readonly JournalEntry[]): JournalEntry => journal.at(-1)!

/** What a broken hookcast would leave behind, in a ledger or in the journal of its receiver. */
const FALSEHOODS: readonly Falsehood[] = [
  {
    breaks: 'I1',
    when: 'a customer of a finished run has no result',
    sql: "DELETE FROM result WHERE seq = 5; UPDATE chunk SET ended = 11; UPDATE run SET numbers = json_set(numbers, '$.sent', 11)",
    says: /the run has finished, and row 5 has no result/,
  },
  {
    breaks: 'I1',
    when: 'a customer has two results, in two chunks',
    sql: `UPDATE run SET customers = 12; INSERT INTO chunk SELECT 1, started_at, 12, 1, 0 FROM chunk;
      INSERT INTO result SELECT 1, seq, customer_id, status, reason, attempts, http_status, error_code, result_code, result_status, message,
      in_doubt, latency_ms, occurred_at, properties, delivery FROM result WHERE seq = 3`,
    says: /row 3 (has two results|ended in chunk 1)/,
  },
  {
    breaks: 'I1',
    when: 'a run ends with customers who have no end, and no rule has stopped it',
    of: 'stopped',
    sql: 'DELETE FROM stop',
    says: /neither ended nor stopped by a rule/,
  },
  {
    breaks: 'I2',
    when: 'the report counts one who is not there',
    sql: MORE_SENT,
    says: /counts 13 sent, but holds 12/,
  },
  {
    breaks: 'I2',
    when: 'a customer is made up',
    sql: 'UPDATE result SET seq = 99 WHERE seq = 11',
    says: /row 99 has a result, and there is no such row/,
  },
  {
    breaks: 'I3',
    when: 'a retry has other bytes',
    journal: (journal) => [
      ...journal,
      { ...last(journal), attempt: 3, at: last(journal).at + 10_000, digest: 'other' },
    ],
    says: /differ in their bytes/,
  },
  {
    breaks: 'I3',
    when: 'two customers share a key',
    journal: (journal) => [
      ...journal,
      { ...last(journal), attempt: 3, at: last(journal).at + 10_000, customer: 'c-77' },
    ],
    says: /came for c-\d+ and c-77/,
  },
  {
    breaks: 'I4',
    when: 'something is sent twice, and nothing has died',
    journal: (journal) => [...journal, last(journal)],
    says: /1 requests were repeated; 0 crashes and 0 second tries allow 0/,
  },
  {
    breaks: 'I5',
    when: 'a retry comes early',
    journal: (journal) =>
      journal.map((entry) => ({
        ...entry,
        at: journal.find(({ key }) => key === entry.key)!.at + 50 * entry.attempt!,
      })),
    says: /attempt 2 of .* came 50 ms after the one before, not 178/,
  },
  {
    breaks: 'I6',
    when: 'a delivery has more attempts than its schedule',
    journal: (journal) => [...journal, { ...last(journal), attempt: 9, at: last(journal).at + 10_000 }],
    says: /came with attempt 9 of 3/,
  },
  {
    breaks: 'I7',
    when: 'calls go on after a stop',
    of: 'stopped',
    journal: (journal, runId) => [
      ...journal,
      ...[7, 8, 9].map((seq) => ({
        ...last(journal),
        key: `${runId}-${seq}`,
        customer: `c-${seq}`,
        digest: `${seq}`,
        at: last(journal).at + 10_000,
      })),
    ],
    says: /3 requests arrived after hard_stop had stopped the webhook, 2 could be in flight/,
  },
  {
    breaks: 'I8',
    when: 'an attempt lasts for longer than its timeout',
    sql: "UPDATE run SET numbers = json_set(numbers, '$.latencyMaxMs', 15700)",
    says: /an attempt took 15700 ms, its timeout is 10000 ms/,
  },
  { breaks: 'I9', when: 'a process grows', more: { peakMb: 420 }, says: /a process has held 420 MB, the limit is 300/ },
  {
    breaks: 'I10',
    when: 'a chunk counts one end too few',
    sql: 'UPDATE chunk SET ended = ended - 1',
    says: /chunk 0 counts 11 ends, but holds 12 results/,
  },
  {
    breaks: 'I10',
    when: 'attempts and codes do not add up',
    sql: "UPDATE run SET numbers = json_set(numbers, '$.attempts', 99)",
    says: /99 attempts, but 15 by code/,
  },
  {
    breaks: 'I11',
    when: 'a secret is said, in base64',
    more: { secrets: { TOKEN: SECRET }, said: [`sent with ${Buffer.from(SECRET).toString('base64')}`] },
    says: /a secret is in what process 1 said: TOKEN \(base64\)/,
  },
  {
    breaks: 'I11',
    when: 'a secret is stored',
    file: SECRET,
    more: { secrets: { TOKEN: SECRET } },
    says: /a secret is in left-behind: TOKEN \(raw\)/,
  },
  {
    breaks: 'I11',
    when: 'trouble is told again and again',
    more: { said: ['HOOKCAST_STORAGE_FULL The disk is full\n'.repeat(2)] },
    says: /a process has said more than once: HOOKCAST_STORAGE_FULL/,
  },
  {
    breaks: 'I12',
    when: 'a campaign beside is slowed down',
    more: { pace: { besideMs: 13_000, aloneMs: 10_000 } },
    says: /it took 13000 ms, and 10000 ms alone/,
  },
]

describe('the checker', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'invariants-'))
  const runs = {} as Record<'finished' | 'stopped', CampaignRun>
  let copies = 0

  beforeAll(async () => {
    const webhook = 'concurrency: 2\nretry: { delays: [200ms, 200ms], jitter: 0.1 }\nabort: { exhausted: never }'
    const rules = {
      finished: { everyNth: 4, reply: { status: 500 } },
      stopped: { requests: [3], reply: { status: 404 } },
    }
    for (const [name, rule] of Object.entries(rules)) {
      const setup = { folder: join(folder, name), customers: 12, webhook, senders: 1, receiver: { rules: [rule] } }
      const run = await CampaignRun.create(setup)
      runs[name as keyof typeof runs] = run
      await run.finish()
    }
  }, 60_000)

  afterAll(async () => {
    for (const run of Object.values(runs)) await run[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  /** Checks a copy of a run in which something is not as it was. */
  function check({
    of = 'finished',
    sql,
    journal,
    more = {},
    file,
  }: Partial<Omit<Falsehood, 'of'>> & { of?: keyof typeof runs }): readonly Invariant[] {
    const run = runs[of]
    const runId = run.runId!
    const dataFolder = join(folder, `copy-${copies++}`)
    cpSync(run.data, dataFolder, { recursive: true })
    const paths = findRun(dataFolder, runId)
    if (file !== undefined) writeFileSync(join(paths.folder, 'left-behind'), file)
    if (sql !== undefined) {
      using database = new DatabaseSync(paths.ledger)
      database.exec(sql)
    }
    const entries = run.journal()
    return run.check({ dataFolder, journal: journal?.(entries, runId) ?? entries, ...more })
  }

  test('finds nothing in a run as it was, and can look at every invariant', () => {
    const all = Object.keys(INVARIANTS)
    expect(check({ more: { pace: { besideMs: 11_000, aloneMs: 10_000 }, secrets: { TOKEN: SECRET } } })).toEqual(all)
    expect(check({ of: 'stopped' })).toContain('I7')
  })

  test('knows a way to break each invariant', () => {
    expect([...new Set(FALSEHOODS.map(({ breaks }) => breaks))]).toEqual(Object.keys(INVARIANTS))
  })

  test.each(FALSEHOODS)('tells that $breaks is broken when $when', ({ breaks, says, ...falsehood }) => {
    const told = expect(() => check(falsehood))
    told.toThrow(`${breaks} does not hold: ${INVARIANTS[breaks]}`)
    expect(() => check(falsehood)).toThrow(says)
  })
})
