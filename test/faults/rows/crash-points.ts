import assert from 'node:assert/strict'
import type { CampaignRun } from '../../support/campaign-run.ts'
import type { Fault, FaultContext } from '../fault.ts'

/** What the receiver gets twice when the program dies there over its only customer. */
const POINTS = { after_lend: 0, after_send: 1, after_answer: 1, before_commit: 1, after_commit: 0 } as const

const CROWD = 40

async function crashAtEachPoint({ rounds, random, run, say, held }: FaultContext): Promise<void> {
  let first: CampaignRun | null = null
  const crash = async (customers: number, crashAt: string): Promise<{ repeats: number; faulted: CampaignRun }> => {
    const own = first
    const elsewhere = own === null ? {} : { elsewhere: { url: own.url, journal: () => own.journal() } }
    const webhook = 'concurrency: 1\nretry: { delays: [] }'
    const faulted = await run({ customers, webhook, senders: 1, ...elsewhere })
    first ??= faulted
    const command = faulted.start([], { env: { HOOKCAST_CRASH_AT: crashAt } })
    const { code, stderr } = await command.finished
    assert.equal(
      command.child.signalCode,
      'SIGKILL',
      `${crashAt}: expected it to die there, got exit ${code}: ${stderr}`,
    )
    faulted.crashes++
    const { report } = await faulted.finish()
    assert.deepEqual([report['sent'], report['customers']], [customers, customers], crashAt)
    held(faulted.check())
    const received = faulted.journal().filter(({ key }) => key!.startsWith(faulted.runId!)).length
    return { repeats: received - customers, faulted }
  }
  for (let round = 0; round < rounds; round++) {
    for (const [point, expected] of Object.entries(POINTS)) {
      const { repeats } = await crash(1, `${point}:1`)
      assert.equal(repeats, expected, `${point}: requests that came twice`)
    }
    const points = Object.keys(POINTS)
    const crashAt = `${points[Math.floor(random() * points.length)]!}:${1 + Math.floor(random() * CROWD)}`
    const { repeats } = await crash(CROWD, crashAt)
    say(`round ${round + 1}: each point as it must be; ${crashAt} of ${CROWD} repeats ${repeats}`)
  }
}

export const CRASH_POINTS: readonly Fault[] = [
  {
    id: 'F2',
    name: 'kill -9 at named points: after lend, send, answer; before, after commit',
    holds: 'exactly: 1 repeated between send and commit, 0 before and after',
    rounds: 3,
    shortRounds: 1,
    run: crashAtEachPoint,
  },
]
