import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findRun } from '../../src/ledger/run-folder.ts'
import { readReport } from '../../src/report/report.ts'
import { checkRunsIn } from '../support/checked-runs.ts'
import { startReceiverProcess } from '../support/receiver.ts'

const PROGRAM = fileURLToPath(new URL('../support/event-process.ts', import.meta.url))
const BATCHES = 200
const ROUNDS = 6
const CONCURRENCY = 20

test(
  'kill -9 of a run of events, while rows are appended and sent, loses nobody that was accepted and repeats only what was in flight',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'event-kill-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    await using receiver = await startReceiverProcess({
      journal: join(folder, 'journal.ndjson'),
      reply: { delayMs: 5 },
    })
    const file = join(folder, 'campaign.yaml')
    writeFileSync(
      file,
      [
        'name: kill',
        'trigger: { event: user.registered }',
        'webhook:',
        `  url: "${receiver.url}/v1/messages"`,
        `  concurrency: ${CONCURRENCY}`,
        `  body: '{"customer_id":"{{ customer.customer_id }}","at":{{ time }},"id":"{{ event.id }}"}'`,
      ].join('\n'),
    )
    const data = join(folder, 'data')
    const told: string[] = []
    /** Resolves with what it printed last: when it was killed after so many batches, or had ended. */
    const live = async (killAfter: number): Promise<void> => {
      const child = spawn(process.execPath, [PROGRAM, file, data, String(BATCHES)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const first = told.length
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        told.push(...text.split('\n').filter(Boolean))
        if (told.length - first >= killAfter) child.kill('SIGKILL')
      })
      await once(child, 'close')
    }
    // Now right after it opened, now in the midst of appending, now while it sends.
    for (let round = 0; round < ROUNDS; round++) await live(round === 0 ? 1 : 8 * round)
    await live(Infinity)

    expect(told.at(-1)).toBe('finished')
    const [runId] = told[0]!.split(' ')
    const batches = told.slice(0, -1).map((line) => Number(line.split(' ')[1]))
    // Each was accepted once: one that was accepted and not told is there as well, and is not appended again.
    expect(new Set(batches).size).toBe(batches.length)
    const report = readReport(findRun(data, runId!), { isLocked: false })
    expect(report).toMatchObject({ state: 'finished', customers: BATCHES * 10, sent: BATCHES * 10, failed: 0 })
    expect(report.resumed).toBeGreaterThan(0)

    const journal = receiver.readJournal()
    const byKey = Map.groupBy(journal, ({ key }) => key)
    const byCustomer = Map.groupBy(journal, ({ customer }) => customer)
    expect([byKey.size, byCustomer.size]).toEqual([BATCHES * 10, BATCHES * 10])
    for (const [key, entries] of byKey) {
      expect(new Set(entries.map(({ customer, digest }) => `${customer} ${digest}`)).size).toBe(1)
      expect(`c-${key!.slice(key!.lastIndexOf('-') + 1)}`).toBe(entries[0]!.customer)
    }
    expect(journal.length - byKey.size).toBeLessThanOrEqual(ROUNDS * 2 * CONCURRENCY)
    checkRunsIn(data)
  },
)
