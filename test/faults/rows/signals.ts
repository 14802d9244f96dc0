import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { childrenOf } from '../../support/command-line.ts'
import type { Fault, FaultContext } from '../fault.ts'

const CUSTOMERS = 400
const SETUP = {
  customers: CUSTOMERS,
  webhook: 'concurrency: 20\nretry: { delays: [200ms, 200ms, 200ms] }',
  receiver: { rules: [{ attempt: 1, share: 0.02, reply: { status: 500 } }], reply: { delayMs: 50 } },
}

/** Once: what is in flight is waited for, so that nothing is in doubt. Twice: at once, and that is repeated. */
async function terminate({ rounds, random, run, held, say }: FaultContext): Promise<void> {
  // Some answers take long: what is in flight is not over before the second signal comes.
  const { rules, reply } = SETUP.receiver
  const receiver = { reply, rules: [...rules, { everyNth: 10, reply: { delayMs: 2000 } }] }
  for (let round = 0; round < rounds; round++) {
    const faulted = await run({ ...SETUP, receiver })
    for (const times of [1, 2]) {
      const command = faulted.start()
      const wanted = faulted.received + 20 + Math.floor(random() * 100)
      assert.ok(await faulted.untilReceived(wanted, command), `it had ended before: ${command.stderr()}`)
      const askedAt = Date.now()
      command.child.kill('SIGTERM')
      if (times === 2) {
        // Sooner it would be the same press.
        await sleep(600)
        command.child.kill('SIGTERM')
        faulted.crashes++
      }
      const { code } = await command.finished
      say(`round ${round + 1}: SIGTERM × ${times}, ended after ${Date.now() - askedAt} ms`)
      assert.ok(Date.now() - askedAt <= 15_000, 'it took more than 15 s to end')
      assert.equal(code, 130, command.stderr())
      if (times === 1) held(faulted.check({ crashes: 0 }))
    }
    const { report } = await faulted.finish()
    assert.equal(report['sent'], CUSTOMERS)
    held(faulted.check())
  }
}

/** Stops processes for so long that others may take them for dead, and lets them go on. */
async function stopAndContinue({ rounds, run, held, say }: FaultContext): Promise<void> {
  const cases = ['coordinator', 'everything', 'sender'] as const
  const stop = async (round: number): Promise<void> => {
    const who = cases[round % cases.length]!
    const faulted = await run({ ...SETUP, customers: 2000 })
    const command = faulted.start()
    assert.ok(await faulted.untilReceived(200, command))
    const children = childrenOf(command.pid)
    const stopped =
      who === 'coordinator' ? [command.pid] : who === 'sender' ? children.slice(0, 1) : [command.pid, ...children]
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    // A sender that is silent for 5 s is taken for hung and replaced: its slices are in doubt.
    if (who === 'sender') faulted.crashes++
    await sleep(who === 'coordinator' ? 30_000 : 10_000)
    for (const pid of stopped) {
      if (who !== 'sender') process.kill(pid, 'SIGCONT')
    }
    const { code, stdout } = await command.finished
    assert.equal(code, 0)
    const report = JSON.parse(stdout) as Record<string, unknown>
    assert.equal(report['sent'], 2000)
    say(`round ${round + 1}: ${who} stopped: ${String(report['attempts'])} attempts for 2000 customers`)
    held(faulted.check())
  }
  await Promise.all(Array.from({ length: rounds }, (_, round) => stop(round)))
}

export const SIGNALS: readonly Fault[] = [
  {
    id: 'F4',
    name: 'SIGTERM, then SIGTERM twice',
    holds: 'it ends within 15 s; after one signal nothing is in doubt, and nothing is repeated',
    rounds: 3,
    shortRounds: 1,
    run: terminate,
  },
  {
    id: 'F5',
    name: 'SIGSTOP of the coordinator for 30 s, of everything or of a sender for 10 s',
    holds: 'what a sender reports after its slices were taken from it is refused; no more than in flight is repeated',
    rounds: 3,
    shortRounds: 0,
    run: stopAndContinue,
  },
]
