import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Perform } from './worker.ts'

export interface ProviderSettings {
  /** How long the stand-in takes for a piece of work. */
  readonly delayMs: number
  /** Each piece of work is appended here as a line of JSON; null: nothing is written. */
  readonly outboxFile: string | null
}

/**
 * Stands in for whoever sends your SMS: **replace it**.
 *
 * Give the provider `work.id` as its idempotency key, since work can be done twice after a crash. Throw to have
 * the work tried again.
 */
export function createProvider({ delayMs, outboxFile }: ProviderSettings): {
  perform: Perform
  close(): Promise<void>
} {
  const outbox = outboxFile === null ? null : createWriteStream(outboxFile, { flags: 'a' })
  return {
    async perform(work) {
      if (delayMs > 0) await sleep(delayMs)
      outbox?.write(`${JSON.stringify(work)}\n`)
    },
    close: () => new Promise((resolve) => (outbox ? outbox.end(resolve) : resolve())),
  }
}
