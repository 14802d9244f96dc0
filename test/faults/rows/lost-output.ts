import assert from 'node:assert/strict'
import type { Fault, FaultContext } from '../fault.ts'

/** Where its words go: nobody reads them, or no byte of them fits. */
const OUTPUTS = {
  'standard output is closed': '"$@" | head -c 1 >/dev/null',
  'everything is closed': '"$@" 2>&1 | head -c 1 >/dev/null',
  'the log disk is full': 'exec "$@" >/dev/full 2>/dev/full',
} as const

async function loseOutput({ rounds, run, held }: FaultContext): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [what, script] of Object.entries(OUTPUTS)) {
      const faulted = await run({ customers: 300, webhook: 'concurrency: 20', receiver: { reply: { delayMs: 5 } } })
      // Not quiet: progress is what is written while calls go on.
      const command = faulted.start([], { within: ['sh', '-c', script, 'sh'], isLoud: true })
      await command.finished
      assert.equal(faulted.received, 300, `${what}: requests received`)
      held(faulted.check({ crashes: 0 }))
      const { report } = await faulted.finish()
      assert.deepEqual([report['state'], report['sent']], ['finished', 300], what)
    }
  }
}

export const LOST_OUTPUT: readonly Fault[] = [
  {
    id: 'F40',
    name: 'standard output or error closed, or on a full disk',
    holds: 'sending goes on to its end; no crash by EPIPE or ENOSPC',
    rounds: 2,
    shortRounds: 0,
    run: loseOutput,
  },
]
