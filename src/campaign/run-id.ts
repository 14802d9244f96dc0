import { randomFillSync } from 'node:crypto'

/**
 * Makes a UUIDv7: sortable by the time of its making, unique across installations.
 *
 * Shape: 36 characters, lower case; with `-<seq>` behind it a `request_id` stays under 64 characters.
 * @see RFC 9562 §5.7
 */
export function createRunId(now: number): string {
  const bytes = randomFillSync(Buffer.alloc(16))
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** When a run's id was made, epoch ms. */
export function startOfRunId(runId: string): number {
  return Number.parseInt(runId.slice(0, 8) + runId.slice(9, 13), 16)
}

export const RUN_ID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The identity of a delivery towards the receiver; never changes over retries, restarts and resumes. */
export function requestIdOf(runId: string, seq: number): string {
  return `${runId}-${seq}`
}

/** The identity of a part of a batch that was refused and halved: `path` is `0` or `1` for its halves, `00` … for theirs. */
export function partIdOf(batchRequestId: string, path: string): string {
  if (path === '') return batchRequestId
  // A later run may halve on what an earlier one had halved.
  return `${batchRequestId}${batchRequestId.includes('_') ? '' : '_'}${path}`
}
