import { closeSync, openSync } from 'node:fs'

/**
 * What a `vm` call with a time limit takes for its second thread (measured on Node 24.21). Without them Node ends the
 * process: `Watchdog: Failed to initialize uv loop`.
 */
const NEEDED = 5

export const NO_DESCRIPTOR = 'No file descriptor is free in this process: EMFILE'

/** File descriptors kept free of connections, for work that must not go without. */
export class SpareDescriptors {
  #kept: number[] = take(NEEDED)

  /**
   * Does the work when there are enough for it, those that were kept among them; null when there are not.
   *
   * They are looked for each time: another process may have lowered the limit, or the machine may have none left.
   */
  lend<T>(work: () => T): T | null {
    if (!areFree()) {
      close(this.#kept)
      this.#kept = []
      if (!areFree()) return null
    }
    try {
      return work()
    } finally {
      if (this.#kept.length < NEEDED) this.#kept.push(...take(NEEDED - this.#kept.length))
    }
  }
}

function areFree(): boolean {
  const taken = take(NEEDED)
  close(taken)
  return taken.length === NEEDED
}

/** As many as can be had. */
function take(count: number): number[] {
  const taken: number[] = []
  try {
    // A sender may read nothing but its own program.
    while (taken.length < count) taken.push(openSync(import.meta.filename, 'r'))
  } catch {
    // EMFILE or ENFILE: that is what is asked.
  }
  return taken
}

function close(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor)
}
