import { Connection } from './connection.ts'
import type { ConnectionSettings } from './connection.ts'

interface Lane {
  readonly free: Connection[]
  made: number
}

/**
 * The connections that carry no call, in one lane for each address that they leave from.
 *
 * Lanes take turns, each call the next one. In a lane the last one in is the first one out, so a lowered concurrency
 * lets the others close by themselves. With a limit that the lanes do not divide there may be a connection more in each.
 */
export class ConnectionLanes {
  readonly #settings: Omit<ConnectionSettings, 'lane'>
  readonly #lanes: readonly Lane[]
  readonly #limit: number
  #next = 0

  constructor(settings: Omit<ConnectionSettings, 'lane'>, { lanes, limit }: { lanes: number; limit: number }) {
    this.#settings = settings
    this.#limit = Math.ceil(limit / lanes)
    this.#lanes = Array.from({ length: lanes }, () => ({ free: [], made: 0 }))
  }

  /** With fewer calls in flight than the limit there is always one. */
  take(): Connection {
    const count = this.#lanes.length
    for (let turn = 0; turn < count; turn++) {
      const at = (this.#next + turn) % count
      const lane = this.#lanes[at]!
      const free = lane.free.pop()
      if (free === undefined && lane.made >= this.#limit) continue
      this.#next = (at + 1) % count
      if (free !== undefined) return free
      lane.made++
      return new Connection({ ...this.#settings, lane: at })
    }
    throw new TypeError('expected a connection to be free, got none')
  }

  give(connection: Connection): void {
    this.#lanes[connection.lane]!.free.push(connection)
  }

  takeAll(): Connection[] {
    return this.#lanes.flatMap(({ free }) => free.splice(0))
  }
}
