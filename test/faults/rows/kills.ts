import assert from 'node:assert/strict'
import { findRun } from '../../../src/ledger/run-folder.ts'
import { readStory } from '../../../src/report/report.ts'
import { childrenOf, isAlive } from '../../support/command-line.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { resultsOf } from '../in-process-receiver.ts'

const CUSTOMERS = 20_000

/** Kills the coordinator, a sender or both, at moments that the seed picks, and goes on until everybody is done. */
async function killAtAnyTime({ rounds, random, isShort, run, say, held }: FaultContext): Promise<void> {
  const customers = isShort ? CUSTOMERS / 2 : CUSTOMERS
  const faulted = await run({
    customers,
    body: '{"customer_id":{{ customer.customer_id }},"at":{{ time }},"n":{{ range(1000)|random }}}',
    webhook: 'concurrency: 100\nretry: { delays: [200ms, 200ms, 200ms] }',
    receiver: { rules: [{ attempt: 1, share: 0.01, reply: { status: 500 } }], reply: { delayMs: 2 } },
  })
  const pids = new Set<number>()
  for (let round = 0; round < rounds; round++) {
    const wanted = faulted.received + 1 + Math.floor(random() * (customers / rounds) * 0.8)
    const command = faulted.start()
    if (!(await faulted.untilReceived(wanted, command))) break
    const target = (['coordinator', 'sender', 'both'] as const)[round % 3]!
    const children = childrenOf(command.pid)
    for (const pid of [command.pid, ...children]) pids.add(pid)
    const sender = children[Math.floor(random() * children.length)]
    if (target !== 'coordinator' && sender !== undefined) faulted.kill(sender)
    // The coordinator lives on, replaces its sender, and is killed a little later.
    if (target === 'sender') await faulted.untilReceived(faulted.received + 50, command)
    for (const pid of childrenOf(command.pid)) pids.add(pid)
    faulted.kill(command.pid)
    await command.finished
    say(`round ${round + 1}: killed ${target} after ${faulted.received} requests`)
  }
  const { code, report } = await faulted.finish()
  assert.equal(code, 0)
  assert.deepEqual([report['sent'], report['failed'], report['aborted']], [customers, 0, 0])
  held(faulted.check())
  const called = Map.groupBy(faulted.journal(), ({ customer }) => customer)
  assert.deepEqual([called.size, new Set(faulted.journal().map(({ key }) => key)).size], [customers, customers])
  const told = (await resultsOf(faulted)).map(({ customer_id: id }) => id)
  assert.deepEqual([told.length, new Set(told).size], [customers, customers])
  // What was recorded over time agrees with the counts, whenever the coordinator died.
  const { intervals } = readStory(findRun(faulted.data, faulted.runId!), { isLocked: false })
  const calls = intervals.flatMap((interval) => interval.calls).reduce((sum, count) => sum + count, 0)
  assert.equal(calls, report['attempts'])
  assert.deepEqual([...pids].filter(isAlive), [])
}

export const KILLS: readonly Fault[] = [
  {
    id: 'F1',
    name: 'kill -9 of the coordinator, a sender or both, at any time',
    holds: 'the run goes on; nobody is lost; only what was in flight is repeated',
    rounds: 20,
    shortRounds: 10,
    run: killAtAnyTime,
  },
]
