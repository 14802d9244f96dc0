import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultContext } from '../fault.ts'

/** Nobody listens: for a few customers until their retries are used up, for many until somebody does. */
async function refuseConnections({ rounds, run, held, say }: FaultContext): Promise<void> {
  const refuse = async (round: number): Promise<void> => {
    const few = await run({
      customers: 4,
      webhook: 'concurrency: 4\nabort: { exhausted: never }\nretry: { delays: [70ms, 450ms, 3s] }',
    })
    await few.killReceiver()
    const { code, report } = await few.finish()
    assert.equal(code, 1)
    assert.deepEqual([report['failed'], report['failures'], report['codes']], [4, { connect: 4 }, { connect: 16 }])
    held(few.check())

    const many = await run({ customers: 300, webhook: 'retry: { delays: [70ms, 450ms, 3s] }' })
    await many.killReceiver()
    const command = many.start()
    await sleep(3000)
    await many.restartReceiver()
    const { stdout } = await command.finished
    const end = JSON.parse(stdout) as { readonly sent: number; readonly codes: Record<string, number> }
    assert.equal(end.sent, 300)
    say(`round ${round + 1}: ${JSON.stringify(end.codes)} for 300 customers`)
    held(many.check())
  }
  await Promise.all(Array.from({ length: rounds }, (_, round) => refuse(round)))
}

export const UNREACHABLE: readonly Fault[] = [
  {
    id: 'F8',
    name: 'nobody listens at the receiver',
    holds:
      'four attempts on schedule, then failed (`connect`); many customers wait until somebody listens, and lose nothing',
    rounds: 3,
    shortRounds: 0,
    run: refuseConnections,
  },
]
