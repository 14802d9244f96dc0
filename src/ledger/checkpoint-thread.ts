/** The program of a thread of `Checkpoints`: each order is one checkpoint of the file, over a connection of its own. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { LOG_PRAGMAS, type CheckpointOrder } from './checkpoints.ts'

parentPort!.on('message', (order: CheckpointOrder) => parentPort!.postMessage(checkpoint(String(workerData), order)))

/** Gives how many pages of the log are not in the file yet. */
function checkpoint(path: string, { isLast }: CheckpointOrder): number {
  const database = new DatabaseSync(path, { timeout: 5000 })
  try {
    database.exec(LOG_PRAGMAS)
    const { log, checkpointed } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()!
    const left = Number(log) - Number(checkpointed)
    if (isLast && left === 0) {
      // Whoever writes next begins the log anew and has to sync its head: that is done here, by a change that changes nothing.
      const version = Number(database.prepare('PRAGMA user_version').get()!['user_version'])
      database.exec(`PRAGMA user_version = ${version}`)
    }
    return left
  } finally {
    database.close()
  }
}
