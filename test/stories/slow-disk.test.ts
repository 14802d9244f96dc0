import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CampaignRun } from '../support/campaign-run.ts'

const IN_FLIGHT = 20
/** A sender holds two slices, here of as many customers as may be in flight. */
const FIRST_LENT = 2 * IN_FLIGHT

/** A process whose every sync of a ledger takes so long, as on a disk that is busy. */
function withSyncsOf(ms: number): readonly string[] {
  const slow = `inject=fdatasync:delay_enter=${ms * 1000}`
  return ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', slow]
}

test(
  'what was lent while a stop came, and its commit was being synced, never leaves',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slow-disk-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const run = stack.use(
      await CampaignRun.create({
        folder: join(folder, 'run'),
        customers: 3000,
        senders: 1,
        webhook: `concurrency: ${IN_FLIGHT}`,
        // All others of the first slices are answered at once, and their places lent again: the stop comes during the sync of that.
        receiver: { rules: [{ requests: [10], reply: { status: 401, delayMs: 250 } }] },
      }),
    )
    const { report } = await run.finish([], { within: withSyncsOf(600) })
    expect(report).toMatchObject({ state: 'aborted', failed: 1, in_doubt: 0 })
    expect(run.received).toBe(Number(report['sent']) + 1)
    expect(run.received).toBeLessThanOrEqual(FIRST_LENT)
    run.check()
  },
)
