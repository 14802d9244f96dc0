import type { Environment } from '../campaign/secret-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { crashPointFrom, type CrashPoint, type SenderSetup } from '../sender/sender.ts'

/** Arms the crash point that a test has set in the environment, on both sides of the queue; else nothing happens here. */
export function armCrashPoint(setup: SenderSetup, { ledger, env }: { ledger: Ledger; env: Environment }): SenderSetup {
  const crashAt = crashPointFrom(env)
  if (crashAt === null) return setup
  armLedger(ledger, crashAt)
  return { ...setup, crashAt }
}

/** The points around a commit: once the nth delivery is lent in it, or has its end or a place in line. */
function armLedger(ledger: Ledger, { point, nth }: CrashPoint): void {
  let lent = 0
  let recorded = 0
  const commit = ledger.commit.bind(ledger)
  const commitBeside = ledger.commitBeside.bind(ledger)
  const lend = ledger.lend.bind(ledger)
  const putResult = ledger.putResult.bind(ledger)
  const putWaiting = ledger.putWaiting.bind(ledger)
  const dieAt = (wanted: CrashPoint['point'], count: number): void => {
    if (point === wanted && count >= nth) process.kill(process.pid, 'SIGKILL')
  }
  ledger.lend = (slice) => {
    lent += slice.count
    lend(slice)
  }
  ledger.putResult = (row, delivery) => {
    recorded++
    putResult(row, delivery)
  }
  ledger.putWaiting = (row) => {
    recorded++
    putWaiting(row)
  }
  const beforeCommit = (change: () => void) => (): void => {
    change()
    dieAt('before_commit', recorded)
  }
  const afterCommit = <T>(committed: T): T => {
    dieAt('after_commit', recorded)
    dieAt('after_lend', lent)
    return committed
  }
  ledger.commit = (change) => afterCommit(commit(beforeCommit(change)))
  ledger.commitBeside = async (change) => afterCommit(await commitBeside(beforeCommit(change)))
}
