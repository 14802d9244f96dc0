import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { RunState } from '../../src/campaign/result.ts'
import { lockRun } from '../../src/ledger/run-folder.ts'
import { STARTED_AT, test, type Run } from './fixture.ts'

/** What can be true of one customer, as the ledger holds it. */
interface Situation {
  readonly kind: 'untouched' | 'held' | 'sent' | 'failed' | 'suppressed' | 'handed back' | 'retry' | 'in doubt'
  readonly isLent: boolean
}

const situations = fc.record<Situation>({
  kind: fc.constantFrom('untouched', 'held', 'sent', 'failed', 'suppressed', 'handed back', 'retry', 'in doubt'),
  isLent: fc.boolean(),
})

const stories = fc.record({
  customers: fc.array(situations, { minLength: 1, maxLength: 14 }),
  chunkSize: fc.constantFrom(null, 1, 3, 5),
  stoppedChunks: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
  isWebhookStopped: fc.boolean(),
  state: fc.constantFrom<RunState>('running', 'paused', 'aborted', 'cancelled', 'interrupted'),
  isLocked: fc.boolean(),
})

type Story = typeof stories extends fc.Arbitrary<infer T> ? T : never

function tell(run: Run, { customers, chunkSize, stoppedChunks, isWebhookStopped, state }: Story): void {
  const size = chunkSize ?? customers.length
  const chunks = Math.ceil(customers.length / size)
  run.start(...Array.from({ length: chunks }, (_, chunk) => ({ chunk })))
  for (const [seq, { kind, isLent }] of customers.entries()) {
    if (kind === 'held') run.lend(seq, 1)
    else if (kind === 'handed back') run.wait(seq, { attempt: 1, calls: 0, isLent })
    else if (kind === 'retry') run.wait(seq, { isLent })
    else if (kind === 'in doubt') run.wait(seq, { attempt: 1, calls: 0, doubtAt: STARTED_AT, isLent })
    else if (kind !== 'untouched') run.result(seq, { status: kind, isInDoubt: kind === 'failed' && isLent })
  }
  for (const chunk of stoppedChunks) if (chunk < chunks) run.stop({ chunk })
  if (isWebhookStopped) run.stop({ scope: 'webhook', chunk: null })
  run.end(state)
}

/** Where a customer belongs, said customer by customer: the report counts without looking at any. */
function placeOf(
  { kind, isLent }: Situation,
  { isStopped, isGoingOn }: { isStopped: boolean; isGoingOn: boolean },
): string {
  if (kind === 'sent' || kind === 'failed' || kind === 'suppressed') return kind
  const isHeld = kind === 'held' || (isLent && kind !== 'untouched')
  if (isStopped && !(isHeld && isGoingOn)) return 'aborted'
  return kind === 'retry' || kind === 'in doubt' ? 'waiting' : 'pending'
}

test('accounts for everybody once, whatever a run went through', { timeout: 120_000 }, async ({ data }) => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { customers, chunkSize, stoppedChunks, isWebhookStopped, state, isLocked } = story
      const run = await data.createRun({ customers: customers.length, chunkSize })
      tell(run, story)
      const isGoingOn = state === 'running' && isLocked
      using cleanUp = new DisposableStack()
      if (isLocked) cleanUp.adopt(lockRun(run.paths), (lock) => lock.release())
      const report = run.report({ isLocked })
      const expected: Record<string, number> = { sent: 0, failed: 0, aborted: 0, suppressed: 0, waiting: 0, pending: 0 }
      for (const [seq, situation] of customers.entries()) {
        const chunk = chunkSize === null ? 0 : Math.floor(seq / chunkSize)
        const isStopped = isWebhookStopped || state === 'cancelled' || stoppedChunks.includes(chunk)
        expected[placeOf(situation, { isStopped, isGoingOn })]!++
      }
      expect(report).toMatchObject({ customers: customers.length, ...expected })
      const records = run.results()
      const places = { sent: 0, failed: 0, aborted: 0, suppressed: 0 }
      for (const { status } of records) places[status]++
      expect(places).toStrictEqual({
        sent: report.sent,
        failed: report.failed,
        aborted: report.aborted,
        suppressed: report.suppressed,
      })
      expect(records.filter(({ in_doubt: isInDoubt }) => isInDoubt).length).toBe(report.in_doubt)
      const seqs = records.map(({ seq }) => seq)
      expect(seqs).toStrictEqual(seqs.toSorted((a, b) => a - b))
      run.ledger[Symbol.dispose]()
    }),
    { numRuns: 40 },
  )
})
