import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Perform } from './worker.ts'

export interface ProviderSettings {
  /** How long the stand-in takes for a piece of work. */
  readonly delayMs: number
  /** Each piece of work is appended here as a line of JSON; null: nothing is written. */
  readonly outboxFile: string | null
}

export interface Provider {
  readonly perform: Perform
  close(): Promise<void>
}

/**
 * Stands in for whoever sends your SMS: **replace it**.
 *
 * Give the provider `work.id` as its idempotency key, since work can be done twice after a crash. Throw to have the
 * work tried again; resolve only when it is out of your hands, because then it is forgotten here.
 */
export async function openProvider({ delayMs, outboxFile }: ProviderSettings): Promise<Provider> {
  const outbox = outboxFile === null ? null : await open(outboxFile, 'a')
  return {
    async perform(work) {
      if (delayMs > 0) await sleep(delayMs)
      await outbox?.write(`${JSON.stringify(work)}\n`)
    },
    async close() {
      await outbox?.close()
    },
  }
}
