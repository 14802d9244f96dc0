import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { GroupStore } from '../ledger/group-store.ts'
import type { Courier } from './courier.ts'
import type { Day } from './days.ts'
import { openOn, type Deliveries } from './deliveries.ts'
import { LANES } from './delivery.ts'
import { lifeDueAt } from './endpoint-life.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { Gatherings } from './gatherings.ts'
import type { Operational } from './operational.ts'

export interface RoundsOptions {
  readonly clock: Clock
  /** That of endpoints. */
  readonly store: GroupStore
  readonly endpoints: Endpoints
  readonly deliveries: Deliveries
  readonly courier: Pick<Courier, 'outbox' | 'wake'>
  readonly operational: Operational
  /** Sees to what is gathered for an endpoint. */
  readonly gatherings: Pick<Gatherings, 'look'>
  /** Deliveries that may be held for one endpoint: of more the oldest expire. */
  readonly mostHeld: number
  readonly onError: (error: unknown) => void
}

const EVERY_MS = 60_000
/** What is due and was not tried for so long is stuck: a call takes 15 s, a busy endpoint gets several a second. */
const STUCK_MS = 5 * 60_000
const AT_ONCE = 500

/**
 * Looks at all endpoints once a minute.
 *
 * - Those whose time is over are disabled, although nothing is sent to them just now.
 * - What was accepted and is due is compared with what is tried: where nothing begins, operators are told, and it is begun.
 * - What is gathered is sent when its time is over, whatever became of the alarm for it.
 * - Of what is held beyond the ceiling the oldest expires, and operators are told how many.
 */
export class Rounds implements AsyncDisposable {
  readonly #options: RoundsOptions
  readonly #startedAt: number
  /** Where it was so in the round before: a clock that was put forward makes everything due at once. */
  readonly #suspects = new Set<number>()
  readonly #stalled = new Set<number>()
  #cancel: (() => void) | null = null
  #going: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: RoundsOptions) {
    this.#options = options
    this.#startedAt = options.clock.now()
  }

  /** Endpoints for which something is due, and nothing is tried. */
  get stalled(): number {
    return this.#stalled.size
  }

  start(): void {
    const { clock, onError } = this.#options
    this.#going = this.#look().catch(onError)
    this.#cancel = clock.after(EVERY_MS, () => this.start())
  }

  async #look(): Promise<void> {
    const { endpoints, deliveries, gatherings, onError } = this.#options
    const now = this.#options.clock.now()
    for (const endpoint of endpoints.all()) {
      const dueAt = lifeDueAt(endpoint, endpoints.profileOf(endpoint).life)
      if (dueAt !== null && dueAt <= now) endpoints.happen(endpoint.key, { kind: 'clock' }).catch(onError)
    }
    for (const key of deliveries.endpoints()) {
      gatherings.look(key)
      const endpoint = endpoints.of(key)
      if (endpoint === null || this.#isClosed) continue
      await this.#compare(endpoint, now)
      await this.#holdToCeiling(endpoint)
      await afterOthers()
    }
  }

  async #compare(endpoint: Endpoint, now: number): Promise<void> {
    const { store, deliveries, courier, operational, endpoints } = this.#options
    const isSent = endpoint.state === 'active' && !endpoints.profileOf(endpoint).isPolled
    const dueAt = isSent ? deliveries.oldestDueAt(endpoint.key) : null
    const begunAt = courier.outbox(endpoint.key)?.begunAt ?? this.#startedAt
    if (dueAt === null || now - Math.max(dueAt, begunAt) < STUCK_MS) {
      this.#suspects.delete(endpoint.key)
      this.#stalled.delete(endpoint.key)
      return
    }
    courier.wake(endpoint)
    const isFirst = !this.#suspects.has(endpoint.key)
    this.#suspects.add(endpoint.key)
    if (isFirst || this.#stalled.has(endpoint.key)) return
    this.#stalled.add(endpoint.key)
    const facts = { dueSince: new Date(dueAt).toISOString() }
    await store.commit((store) => operational.note(store, endpoint, { type: 'endpoint.stalled', facts }))
    operational.send()
  }

  async #holdToCeiling(endpoint: Endpoint): Promise<void> {
    const { deliveries, operational, mostHeld } = this.#options
    let left = deliveries.count(endpoint.key, LANES.held) - mostHeld
    const facts = { expired: left, mostHeld }
    for (let isFirst = true; left > 0 && !this.#isClosed; isFirst = false) {
      const ended = await deliveries.expireHeld(endpoint.key, Math.min(left, AT_ONCE), (store) => {
        if (isFirst) operational.note(store, endpoint, { type: 'message.expired', facts })
      })
      if (ended === 0) return
      left -= ended
      operational.send()
      await afterOthers()
    }
  }

  /** What is open on a day that goes for good ends with it. */
  async tellExpired(day: Day): Promise<void> {
    const { store, endpoints, operational } = this.#options
    const counts = openOn(day).map(({ endpoint, count }) => [endpoints.of(endpoint), count] as const)
    await store.commit((store) => {
      for (const [endpoint, expired] of counts) {
        if (endpoint !== null) operational.note(store, endpoint, { type: 'message.expired', facts: { expired } })
      }
    })
    operational.send()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#cancel?.()
    await this.#going
  }
}
