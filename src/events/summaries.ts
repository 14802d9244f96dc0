import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { GroupStore } from '../ledger/group-store.ts'
import type { App, Apps } from './apps.ts'
import type { Endpoints } from './endpoints.ts'
import type { Progress } from './progress.ts'
import { publicIdFrom, seqAt, type Sequence } from './public-id.ts'
import type { Task, Tasks } from './tasks.ts'

/** Found by `app_stats`: deliveries of messages that were accepted in its time, for each app. */
export interface AppDeliveries {
  readonly app: string
  readonly uid: string | null
  readonly deliveries: number
}

/** Found by `event_types`. */
export interface AppEventTypes {
  readonly app: string
  readonly eventTypes: readonly string[]
  /** An endpoint of it wants all of them. */
  readonly wantsAll: boolean
}

export interface SummariesOptions {
  readonly store: GroupStore
  readonly tasks: Tasks
  readonly apps: Apps
  readonly endpoints: Endpoints
  readonly progress: Progress
  readonly clock: Clock
  readonly sequence: Sequence
  readonly onError: (error: unknown) => void
}

/** Those that were removed have had messages, too. */
const selectEndpoints = `SELECT key FROM endpoint WHERE app = ?`

/** Sums over all apps, made beside everything else and begun anew after a restart. */
export class Summaries implements AsyncDisposable {
  readonly #options: SummariesOptions
  readonly #going = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: SummariesOptions) {
    this.#options = options
  }

  start(): void {
    for (const task of this.#options.tasks.running()) if (task.endpoint === null) this.#run(task)
  }

  /** Counts the deliveries of apps (ids; null for all) of the messages between two instants. */
  async countDeliveries(
    apps: readonly string[] | null,
    { since, until }: { readonly since: number; readonly until: number },
  ): Promise<Task> {
    return await this.#begin('app_stats', { asked: apps, from: seqAt(since) - 1, to: seqAt(until) })
  }

  /** Collects which event types the endpoints of each app have asked for. */
  async collectEventTypes(): Promise<Task> {
    return await this.#begin('event_types', { asked: null, from: 0, to: 0 })
  }

  async #begin(
    kind: 'app_stats' | 'event_types',
    of: { readonly asked: readonly string[] | null; readonly from: number; readonly to: number },
  ): Promise<Task> {
    const { tasks, clock, sequence } = this.#options
    const now = clock.now()
    const id = publicIdFrom('qtask', sequence.next(now))
    const task = await tasks.begin({ ...of, id, kind, endpoint: null }, now)
    this.#run(task)
    return task
  }

  #run(task: Task): void {
    const going = this.#go(task)
      .catch(this.#options.onError)
      .finally(() => this.#going.delete(going))
    this.#going.add(going)
  }

  async #go(task: Task): Promise<void> {
    const { tasks, clock } = this.#options
    const found: object[] = []
    for (const app of this.#appsOf(task)) {
      if (this.#isClosed) return
      found.push(task.kind === 'app_stats' ? await this.#deliveriesOf(app, task) : this.#eventTypesOf(app))
      await afterOthers()
    }
    if (!this.#isClosed) await tasks.end(task.id, { state: 'finished', found, now: clock.now() })
  }

  #appsOf({ asked }: Task): readonly App[] {
    const { apps } = this.#options
    return asked === null ? apps.all() : (asked as readonly string[]).flatMap((id) => apps.find(id) ?? [])
  }

  async #deliveriesOf({ key, id, uid }: App, { since, until }: Task): Promise<AppDeliveries> {
    const { store, progress } = this.#options
    let deliveries = 0
    for (const row of store.all(selectEndpoints, key)) {
      const tally = await progress.tally({ key: Number(row['key']) }, { since, until })
      deliveries += Object.values(tally).reduce((sum, count) => sum + count, 0)
    }
    return { app: id, uid, deliveries }
  }

  #eventTypesOf(app: App): AppEventTypes {
    const asked = this.#options.endpoints.ofApp(app).map(({ eventTypes }) => eventTypes)
    const eventTypes = [...new Set(asked.flatMap((names) => names ?? []))].toSorted()
    return { app: app.id, eventTypes, wantsAll: asked.includes(null) }
  }

  /** What is not finished is begun anew with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#going)
  }
}
