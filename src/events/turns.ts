import type { Outbox } from './outbox.ts'

/** Calls in flight, over all endpoints. */
const IN_FLIGHT = 512
/** Of one app, so that its dead endpoints leave room for those of others; and for endpoints of it that have no call yet. */
const OF_ONE_APP = 128
const OF_ONE_APP_AT_MOST = 256

/** Who may begin the next call: whoever has something to do stands in a ring, and gets one call each time round. */
export class Turns {
  readonly #ring: Outbox[] = []
  readonly #ofApp = new Map<number, number>()
  readonly #waitingForApp = new Map<number, Set<Outbox>>()
  #inFlight = 0

  get inFlight(): number {
    return this.#inFlight
  }

  offer(outbox: Outbox): void {
    if (outbox.isOffered) return
    outbox.isOffered = true
    this.#ring.push(outbox)
  }

  /** The next in the ring, which leaves it; null when none may begin a call. */
  take(): Outbox | null {
    while (this.#inFlight < IN_FLIGHT) {
      const outbox = this.#ring.shift()
      if (outbox === undefined) return null
      outbox.isOffered = false
      if (this.#hasRoom(outbox)) return outbox
    }
    return null
  }

  /** One that has to wait for a call of its app to end comes back then. */
  #hasRoom(outbox: Outbox): boolean {
    const most = outbox.inFlight === 0 ? OF_ONE_APP_AT_MOST : OF_ONE_APP
    if ((this.#ofApp.get(outbox.app) ?? 0) < most) return true
    const waiting = this.#waitingForApp.get(outbox.app) ?? new Set()
    this.#waitingForApp.set(outbox.app, waiting.add(outbox))
    return false
  }

  begun({ app }: Outbox): void {
    this.#inFlight++
    this.#ofApp.set(app, (this.#ofApp.get(app) ?? 0) + 1)
  }

  ended(outbox: Outbox): void {
    const { app } = outbox
    this.#inFlight--
    const left = this.#ofApp.get(app)! - 1
    if (left === 0) this.#ofApp.delete(app)
    else this.#ofApp.set(app, left)
    for (const waiting of this.#waitingForApp.get(app) ?? []) this.offer(waiting)
    this.#waitingForApp.delete(app)
    this.offer(outbox)
  }
}
