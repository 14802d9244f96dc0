import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { QueueError } from '../errors.ts'
import type { RunPaths } from '../ledger/run-folder.ts'

/** Writes down that workers may be sending this run, before one is asked; `place` is how their Redis is reached. */
export function markWorkers({ workers }: RunPaths, place: string): void {
  writeFileSync(workers, place, { flush: true })
}

/** All of them have ended what they had of it. */
export function unmarkWorkers({ workers }: RunPaths): void {
  rmSync(workers, { force: true })
}

/**
 * Refuses to send a run from here that workers may still be sending: what they have done since, only their Redis knows.
 *
 * @throws {QueueError} HOOKCAST_REDIS_UNUSABLE.
 */
export function refuseBesideWorkers({ workers }: RunPaths): void {
  const place = markOf(workers)
  if (place === null) return
  const message = `expected \`--redis\` to be given, or \`redis\` in hookcast.yaml, got nothing: workers have what was in flight of this run, over Redis at ${place}. When that Redis is gone for good and its workers are stopped, remove ${workers}: what was in flight is sent again with the same keys`
  throw new QueueError('HOOKCAST_REDIS_UNUSABLE', message)
}

function markOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
