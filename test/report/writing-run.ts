import { once } from 'node:events'
import { basename, dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Ledger } from '../../src/ledger/ledger.ts'
import { lockRun, runPaths } from '../../src/ledger/run-folder.ts'

/** A coordinator that writes ten customers a group, nine with a result and one that waits, until its input ends. */
const folder = process.argv[2]!
const paths = runPaths(dirname(dirname(folder)), basename(folder))
// Held by name: a lock that is not referred to is collected, and with it given back.
const lock = lockRun(paths)
const ledger = new Ledger(paths)
const { customers, numbers } = ledger.run()
const over = new AbortController()
process.stdin.on('end', () => over.abort()).resume()

for (let first = 0; first < customers && !over.signal.aborted; first += 10) {
  ledger.commit(() => {
    for (let seq = first; seq < first + 9; seq++) {
      ledger.putResult({
        chunk: 0,
        seq,
        customerId: `c-${seq}`,
        status: 'sent',
        reason: null,
        attempts: 1,
        httpStatus: 200,
        errorCode: null,
        resultCode: null,
        resultStatus: null,
        message: null,
        isInDoubt: false,
        latencyMs: 5,
        occurredAt: 0,
        properties: null,
      })
    }
    ledger.putWaiting({
      seq: first + 9,
      chunk: 0,
      attempt: 2,
      dueAt: 1,
      isLent: false,
      doubtAt: null,
      restarts: 0,
      digest: null,
      calls: 1,
      httpStatus: 503,
      code: '503',
      message: null,
      customerId: null,
      batch: null,
    })
    ledger.saveNumbers({ ...numbers, sent: ((first + 10) / 10) * 9 })
  })
  if (first === 0) process.stdout.write('begun\n')
  await setImmediate()
}
if (!over.signal.aborted) await once(process.stdin, 'end')
lock.release()
