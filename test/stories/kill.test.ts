import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findRun } from '../../src/ledger/run-folder.ts'
import { readStory } from '../../src/report/report.ts'
import { childrenOf, isAlive, runCommand, startCommand } from '../support/command-line.ts'
import { checkRun, webhookOf } from '../support/invariants.ts'
import { startReceiverProcess, type ReceiverProcess } from '../support/receiver.ts'

const CUSTOMERS = 20_000
const CONCURRENCY = 100
const ROUNDS = 20

/** A multiplicative congruential generator: a failing run can be repeated with its seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

async function untilCount(receiver: ReceiverProcess, wanted: number): Promise<number> {
  // Bounded: who races this against the end of a command must not leave it running for ever.
  for (let looks = 0; looks < 2000; looks++) {
    if (receiver.readJournal().length >= wanted) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return receiver.readJournal().length
}

describe('kill -9', () => {
  test(
    'of the coordinator, a sender or both, 20 times, loses nobody and repeats only what was in flight',
    { timeout: 300_000 },
    async ({ onTestFinished }) => {
      const seed = Number(process.env['SEED'] ?? 20_261_122)
      const random = createRandom(seed)
      const folder = mkdtempSync(join(tmpdir(), 'kill-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      await using receiver = await startReceiverProcess({
        journal: join(folder, 'journal.ndjson'),
        rules: [{ attempt: 1, share: 0.01, reply: { status: 500 } }],
        reply: { delayMs: 2 },
      })
      const rows = Array.from({ length: CUSTOMERS }, (_, i) => `${JSON.stringify({ customer_id: `c-${i}` })}\n`)
      writeFileSync(join(folder, 'people.ndjson'), rows.join(''))
      writeFileSync(
        join(folder, 'campaign.yaml'),
        [
          'name: kill',
          'audience: people.ndjson',
          'webhook:',
          `  url: "${receiver.url}/v1/messages"`,
          `  concurrency: ${CONCURRENCY}`,
          '  retry: { delays: [200ms, 200ms, 200ms] }',
          `  body: '{"customer_id":"{{ customer.customer_id }}","at":{{ time }}}'`,
        ].join('\n'),
      )
      const data = join(folder, 'data')
      const pids = new Set<number>()
      let runId: string | null = null
      let killed = 0
      for (let round = 0; killed < ROUNDS; round++) {
        const before = receiver.readJournal().length
        const args = runId === null ? ['run', join(folder, 'campaign.yaml')] : ['resume', runId]
        const command = startCommand([...args, '--data', data, '--quiet', '--yes', '--senders', '2'])
        pids.add(command.pid)
        // Early in some rounds, later in others, never so late that nothing is left for the rounds to come.
        const wanted = before + 1 + Math.floor(random() * (CUSTOMERS / ROUNDS) * 0.8)
        await Promise.race([untilCount(receiver, wanted), command.finished])
        const children = childrenOf(command.pid)
        for (const pid of children) pids.add(pid)
        const target = (['coordinator', 'sender', 'both'] as const)[killed % 3]!
        const sender = children[Math.floor(random() * children.length)]
        if (target !== 'coordinator' && sender !== undefined) process.kill(sender, 'SIGKILL')
        // The coordinator lives on, replaces its sender, and is killed a little later.
        if (target === 'sender')
          await Promise.race([untilCount(receiver, receiver.readJournal().length + 50), command.finished])
        for (const pid of childrenOf(command.pid)) pids.add(pid)
        command.child.kill('SIGKILL')
        await command.finished
        killed++
        if (runId === null) {
          const { stdout } = await runCommand(['runs', '--json', '--data', data])
          runId = (JSON.parse(stdout) as { runs: { run_id: string }[] }).runs[0]!.run_id
        }
      }
      const { code, stdout } = await runCommand(['resume', runId!, '--data', data, '--json', '--quiet', '--yes'])
      const report = JSON.parse(stdout) as Record<string, number>
      expect({ seed, code, failures: report['failures'] }).toEqual({ seed, code: 0, failures: {} })
      expect(report).toMatchObject({
        customers: CUSTOMERS,
        sent: CUSTOMERS,
        failed: 0,
        aborted: 0,
        waiting: 0,
        pending: 0,
      })

      const journal = receiver.readJournal()
      const byKey = Map.groupBy(journal, ({ key }) => key)
      const byCustomer = Map.groupBy(journal, ({ customer }) => customer)
      expect(byCustomer.size).toBe(CUSTOMERS)
      expect(byKey.size).toBe(CUSTOMERS)
      for (const entries of byKey.values()) expect(new Set(entries.map(({ digest }) => digest)).size).toBe(1)

      const webhook = webhookOf(data, runId!)
      checkRun({ dataFolder: data, runId: runId!, journal, webhook, seed, crashes: ROUNDS * 2 })

      // What a crash repeats: calls beyond the first of each attempt number.
      const attempts = Map.groupBy(journal, ({ key, attempt }) => `${key} ${attempt}`)
      const repeats = journal.length - attempts.size
      const perSecond = journal.length / ((journal.at(-1)!.at - journal[0]!.at) / 1000)
      // Sender and coordinator of a round may both die: two windows.
      expect(repeats).toBeLessThanOrEqual(ROUNDS * 2 * (2 * CONCURRENCY + 0.04 * Math.max(perSecond, 5000)))

      // What was recorded over time agrees with the counts, whenever the coordinator died.
      const { intervals } = readStory(findRun(data, runId!), { isLocked: false })
      const calls = intervals.flatMap((interval) => interval.calls).reduce((sum, count) => sum + count, 0)
      expect(calls).toBe(report['attempts'])

      const { stdout: results } = await runCommand(['report', runId!, '--format', 'ndjson', '--data', data])
      const customers = results
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { customer_id: string }).customer_id)
      expect(new Set(customers).size).toBe(CUSTOMERS)
      expect(customers).toHaveLength(CUSTOMERS)
      expect([...pids].filter(isAlive)).toEqual([])
    },
  )

  test('while the ledger is being made leaves no run behind, and nothing that anything else trips over', async ({
    onTestFinished,
  }) => {
    const folder = mkdtempSync(join(tmpdir(), 'kill-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'people.ndjson'), '{"customer_id":"c-1"}\n')
    const webhook = 'webhook: { url: "http://127.0.0.1:9/", body: "{}" }'
    writeFileSync(join(folder, 'campaign.yaml'), `name: kill\naudience: people.ndjson\n${webhook}\n`)
    const data = join(folder, 'data')
    mkdirSync(join(data, 'runs'), { recursive: true })
    const run = startCommand(['run', join(folder, 'campaign.yaml'), '--data', data])
    const watcher = watch(join(data, 'runs'), { recursive: true }, (_, file) => {
      if (file?.includes('ledger.db') === true) run.child.kill('SIGKILL')
    })
    await run.finished
    watcher.close()
    const runs = await runCommand(['runs', '--json', '--data', data])
    expect(runs.stdout).not.toContain('error')
    expect(await runCommand(['erase', '--customer', 'c-1', '--yes', '--data', data])).toMatchObject({ code: 0 })
  })
})
