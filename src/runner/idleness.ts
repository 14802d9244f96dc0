import type { Clock } from '../clock.ts'

/** Tells when a run to which rows are added has had nothing to do for long enough to rest. */
export class Idleness {
  readonly #idleMs: number | null
  readonly #clock: Clock
  #since: number | null = null

  /** `idleMs` is null for a run that never rests. */
  constructor(idleMs: number | null, clock: Clock) {
    this.#idleMs = idleMs
    this.#clock = clock
  }

  /** When it is to rest, unless something comes; null while there is something to do. */
  get restAt(): number | null {
    return this.#since === null || this.#idleMs === null ? null : this.#since + this.#idleMs
  }

  /** Says whether it is time to rest; a retry that is due before that is worth waiting for. */
  isOver({ hasWork, nextDueAt }: { readonly hasWork: boolean; readonly nextDueAt: number | null }): boolean {
    if (this.#idleMs === null) return false
    const now = this.#clock.now()
    const isIdle = !hasWork && (nextDueAt === null || nextDueAt > now + this.#idleMs)
    this.#since = isIdle ? (this.#since ?? now) : null
    return this.#since !== null && now - this.#since >= this.#idleMs
  }
}
