import assert from 'node:assert/strict'
import { journalFrom } from '../../support/invariants.ts'
import { createReceiver, type Reply } from '../../support/receiver.ts'
import type { Fault, FaultContext } from '../fault.ts'

/** Lets two more coordinators at a run that has one, which waits for an answer until they are gone. */
async function startTwice({ rounds, run, held, cleanUp }: FaultContext): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const released = Promise.withResolvers<Reply>()
    const receiver = await createReceiver({
      answer: (_, n) => (n === 10 ? released.promise : {}),
      customerOf: ({ body }) => (JSON.parse(body) as { customer_id: string }).customer_id,
    })
    cleanUp.use(receiver)
    const faulted = await run({
      customers: 50,
      webhook: 'concurrency: 1\ntimeout: 60s',
      elsewhere: { url: receiver.url, journal: () => journalFrom(receiver.requests) },
    })
    const first = faulted.start()
    await receiver.waitFor(11)
    const others = await Promise.all([faulted.start().finished, faulted.start().finished])
    released.resolve({})
    for (const { code, stderr } of others) {
      assert.equal(code, 2, stderr)
      assert.match(stderr, /HOOKCAST_RUN_IN_USE/)
    }
    const { code } = await first.finished
    assert.equal(code, 0)
    assert.equal(receiver.count, 50)
    held(faulted.check({ crashes: 0 }))
  }
}

export const TWO_AT_ONCE: readonly Fault[] = [
  {
    id: 'F6',
    name: 'two more coordinators for one run',
    holds: 'they are refused, in words; no row goes out twice',
    rounds: 3,
    shortRounds: 1,
    run: startTwice,
  },
]
