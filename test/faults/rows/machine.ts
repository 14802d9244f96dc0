import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRun } from '../../../src/ledger/run-folder.ts'
import type { CampaignRun } from '../../support/campaign-run.ts'
import { childrenOf } from '../../support/command-line.ts'
import { FAKETIME_LIBRARIES, type Fault, type FaultContext } from '../fault.ts'

/** Lets a process have no new file descriptor, or enough again: below its own hard limit. */
function limitFiles(pid: number, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`])
}

async function noDescriptor(context: FaultContext): Promise<void> {
  const setup = {
    customers: 400,
    webhook: 'concurrency: 20\nretry: { delays: [] }\nevent_properties: { answer: "{{ response.status }}" }',
    receiver: { reply: { delayMs: 100, headers: { connection: 'close' } } },
    senders: 1,
  }
  const starve = async (isMended: boolean): Promise<void> => {
    const run = await context.run(setup)
    const command = run.start()
    assert.ok(await run.untilReceived(100, command))
    const [sender] = childrenOf(command.pid)
    limitFiles(sender!, 3)
    const before = run.received
    if (isMended) {
      await sleep(3000)
      assert.ok(run.received - before <= 40, 'it called on without a descriptor')
      assert.deepEqual(childrenOf(command.pid), [sender], 'the sender has died')
      limitFiles(sender!, 1024)
    }
    const { code, stdout, stderr } = await command.finished
    if (isMended) {
      const { sent, attempts } = JSON.parse(stdout) as Record<string, number>
      assert.deepEqual([code, sent, attempts], [0, 400, 400], stderr)
      context.held(run.check({ crashes: 0 }))
      return
    }
    assert.equal(code, 130, stderr)
    assert.match(stderr, /Could not make calls from this machine: No file descriptor is free in this process: EMFILE/)
    assert.match(stderr, /Raise the limit named, then `hookcast resume <run>`/)
    const { report } = await run.finish()
    assert.deepEqual([report['sent'], report['attempts']], [400, 400])
    context.held(run.check({ crashes: 0 }))
  }
  await Promise.all(context.isShort ? [starve(true)] : [starve(true), starve(false)])
  // A limit that is lower than what the campaign would like to have in flight: connections that are kept use it up.
  const few = await context.run({ ...setup, customers: 300, webhook: 'concurrency: 200', receiver: {} })
  const { code, report, stderr } = await few.finish([], { within: ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'] })
  assert.deepEqual([code, report['sent'], report['attempts']], [0, 300, 300], stderr)
  context.held(few.check({ crashes: 0 }))
}

async function clockJumps(context: FaultContext): Promise<void> {
  const library = FAKETIME_LIBRARIES.find((path) => existsSync(path))!
  const jumpBy = async (jump: string): Promise<void> => {
    const run = await context.run({
      customers: 60,
      webhook: 'concurrency: 10\nretry: { delays: [4s] }',
      receiver: { rules: [{ attempt: 1, reply: { status: 500 } }] },
      senders: 1,
      top: 'retain: 3650d',
    })
    const file = join(run.folder, 'time')
    writeFileSync(file, '+0\n')
    const env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
    const command = run.start([], { env })
    assert.ok(await run.untilReceived(60, command))
    writeFileSync(file, `${jump}\n`)
    const { code, stdout, stderr } = await command.finished
    const report = JSON.parse(stdout) as Record<string, number>
    assert.deepEqual([code, report['sent'], report['attempts']], [0, 60, 120], stderr)
    const waits = [...Map.groupBy(run.journal(), ({ key }) => key).values()].map((two) => two[1]!.at - two[0]!.at)
    assert.ok(Math.min(...waits) >= 3600, `${jump}: tried again after ${Math.min(...waits)} ms of 4 s`)
    assert.ok(Math.max(...waits) <= 20_000, `${jump}: tried again after ${Math.max(...waits)} ms of 4 s`)
    context.held(run.check())
    context.say(`${jump} s: retries after ${Math.min(...waits)} to ${Math.max(...waits)} ms of 4 s`)
  }
  await Promise.all(['+3600', '-3600', `+${400 * 86_400}`].map(jumpBy))
  // Set back by 400 days while nobody ran: a retry is not due in 400 days.
  const run = await context.run({
    customers: 20,
    webhook: 'retry: { delays: [1s] }',
    receiver: { rules: [{ attempt: 1, reply: { status: 500 } }] },
    senders: 1,
    top: 'retain: 3650d',
  })
  const env = { LD_PRELOAD: library, FAKETIME: '+400d', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  const command = run.start([], { env })
  assert.ok(await run.untilReceived(20, command))
  run.kill(command.pid)
  await command.finished
  const again = run.start()
  const { next_retry_at: next } = await nextRetry(run)
  assert.ok(next === null || Date.parse(next) - Date.now() < 1.2 * 3_600_000, `the next retry is due at ${next}`)
  again.child.kill('SIGINT')
  await again.finished
}

async function nextRetry(run: CampaignRun): Promise<{ next_retry_at: string | null }> {
  await sleep(3000)
  using database = new DatabaseSync(findRun(run.data, run.runId!).ledger, { readOnly: true })
  const at = database.prepare('SELECT max(due_at) AS at FROM waiting').get()?.['at']
  return { next_retry_at: at == null ? null : new Date(Number(at)).toISOString() }
}

async function blockedLoop(context: FaultContext): Promise<void> {
  for (const who of ['coordinator', 'sender'] as const) {
    const run = await context.run({
      customers: 1500,
      webhook: 'concurrency: 20\ntimeout: 2s\nretry: { delays: [100ms, 100ms, 100ms] }',
      receiver: { reply: { delayMs: 10 } },
      senders: 1,
    })
    const command = run.start()
    for (const wanted of [200, 600]) {
      assert.ok(await run.untilReceived(wanted, command))
      const pid = who === 'coordinator' ? command.pid : childrenOf(command.pid)[0]!
      process.kill(pid, 'SIGSTOP')
      await sleep(3000)
      process.kill(pid, 'SIGCONT')
    }
    const { code, stdout, stderr } = await command.finished
    const { sent, attempts } = JSON.parse(stdout) as Record<string, number>
    assert.deepEqual([code, sent], [0, 1500], stderr)
    // At most what was in flight each time counts as late, and each of them once.
    assert.ok(attempts! - 1500 <= 40, `${attempts} attempts`)
    context.held(run.check())
    context.say(`${who} stood still for 3 s twice: ${attempts! - 1500} attempts more`)
  }
}

async function littleMemory(context: FaultContext): Promise<void> {
  const nodeFlags = ['--max-old-space-size=128']
  const many = await context.run({ customers: 60_000, webhook: 'concurrency: 100', receiver: {} })
  const { code, report, stderr } = await many.finish([], { nodeFlags })
  assert.deepEqual([code, report['sent']], [0, 60_000], stderr)
  context.held(many.check())
  const big = await context.run({
    customers: Array.from({ length: 150 }, (_, i) => ({ customer_id: `c-${i}`, more: 'x'.repeat(500_000) })),
    body: '{"customer_id":{{ customer.customer_id }},"more":{{ customer.more }}}',
    webhook: 'concurrency: 50',
  })
  const large = await big.finish([], { nodeFlags })
  assert.deepEqual([large.code, large.report['sent']], [0, 150], large.stderr)
  context.held(big.check())
}

export const MACHINE: readonly Fault[] = [
  {
    id: 'F21',
    name: 'no file descriptor is free in a sender, for 3 s and for good; a limit of 64 for 200 in flight',
    holds: 'no attempt is used up; it goes on by itself, or pauses with a sentence',
    rounds: 1,
    shortRounds: 1,
    needs: ['prlimit'],
    run: noDescriptor,
  },
  {
    id: 'F27',
    name: 'the clock jumps by +1 h, −1 h, +400 d while retries wait, −400 d between two processes',
    holds: 'retries come when they would have: none early, none late',
    rounds: 1,
    shortRounds: 0,
    needs: ['faketime'],
    run: clockJumps,
  },
  {
    id: 'F28',
    name: 'the coordinator, a sender stand still for 3 s, twice, with a timeout of 2 s',
    holds: 'at most what was in flight is taken for late, and is sent again',
    rounds: 1,
    shortRounds: 0,
    run: blockedLoop,
  },
  {
    id: 'F29',
    name: 'a heap of 128 MB: 60,000 customers; 150 requests of 500 KB, 50 in flight',
    holds: 'everybody; memory stays under its limit',
    rounds: 1,
    shortRounds: 0,
    run: littleMemory,
  },
]
