import { statfsSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { Telemetry } from '../telemetry.ts'

export interface Disk {
  readonly freeBytes: number
  readonly totalBytes: number
}

const LOOK_MS = 30_000
const LEAST_BYTES = 1024 ** 3
const LEAST_SHARE = 0.05
/** Low is told once: again only after there was this much more than the least. */
const RECOVERED = 1.2

/**
 * Watches how much room the disk of the data folder has, and tells when it gets low: a full disk pauses every run.
 *
 * Low: less than 1 GiB, and less than 5 % of the disk where that is smaller.
 */
export function watchStorage({
  clock,
  look,
  telemetry,
  onLow,
}: {
  readonly clock: Clock
  readonly look: () => Disk
  readonly telemetry: Telemetry
  readonly onLow: (facts: { readonly free_bytes: number; readonly least_bytes: number }) => void
}): () => void {
  let isLow = false
  let cancel: (() => void) | null = null
  const check = (): void => {
    const { freeBytes, totalBytes } = look()
    const leastBytes = Math.min(LEAST_BYTES, Math.round(totalBytes * LEAST_SHARE))
    telemetry.set('hookcast_storage_free_bytes', freeBytes, {})
    if (!isLow && freeBytes < leastBytes) {
      isLow = true
      const facts = { free_bytes: freeBytes, least_bytes: leastBytes }
      telemetry.log('storage.low', facts)
      onLow(facts)
    } else if (freeBytes > leastBytes * RECOVERED) isLow = false
    cancel = clock.after(LOOK_MS, check)
  }
  check()
  return () => cancel?.()
}

export function diskOf(folder: string): Disk {
  const { bavail, blocks, bsize } = statfsSync(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
