import type { Answer } from '../campaign/outcome.ts'
import type { NoticeType, Tell } from '../campaign/notice.ts'
import { createRunId as createId } from '../campaign/run-id.ts'
import type { Clock } from '../clock.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { standardHeaders } from '../profile/profile.ts'
import { CallClient } from '../request/request.ts'
import type { Telemetry } from '../telemetry.ts'
import type { NoticeEndpoint } from './notice-endpoint.ts'

export interface NoticesOptions {
  /** Null when nobody is to be told. */
  readonly endpoint: NoticeEndpoint | null
  readonly store: ServiceStore
  readonly clock: Clock
  readonly random: () => number
  readonly telemetry: Telemetry
  readonly version: string
  /** Where people reach the service; null when it was not told. */
  readonly publicUrl: string | null
}

/** The waits before the second attempt and those after it. @see Standard Webhooks, "Deliverability and reliability". */
const WAITS_MS = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000]
const JITTER = 0.1
const PAUSE_MS = 30_000

const insertNotice = `INSERT OR IGNORE INTO notice (id, type, body, made_at, due_at) VALUES (?, ?, ?, ?, ?)`
const selectDue = `SELECT * FROM notice WHERE due_at <= ? ORDER BY due_at, id LIMIT 1`
const selectNextDue = `SELECT min(due_at) AS due_at FROM notice`
const countNotices = `SELECT count(*) AS count FROM notice`
const postponeNotice = `UPDATE notice SET attempt = ?, due_at = ? WHERE id = ?`
const deleteNotice = `DELETE FROM notice WHERE id = ?`

/**
 * Tells operators what happened: each notice is stored first, then posted, signed, until it is accepted or given up.
 *
 * A notice keeps its id over all attempts, also over a restart: who has seen the id has seen the notice. One after the
 * other, oldest first; any answer but 2xx is tried again, for three days.
 */
export class Notices implements AsyncDisposable {
  readonly #options: NoticesOptions
  readonly #client: CallClient | null
  #cancelWake: (() => void) | null = null
  #delivering: Promise<void> | null = null
  /** The store could not be written: what was posted would be posted again at once. */
  #pausedUntil = 0
  #isClosed = false

  constructor(options: NoticesOptions) {
    const { endpoint, telemetry } = options
    this.#options = options
    this.#client = endpoint === null ? null : new CallClient(endpoint.client)
    telemetry.onCollect(() => telemetry.set('hookcast_notices_waiting', this.waiting, {}))
  }

  /** Notices that are not delivered yet. */
  get waiting(): number {
    return Number(this.#options.store.get(countNotices)?.['count'])
  }

  /** Delivers what is left from before. */
  start(): void {
    this.#schedule()
  }

  /** Within a commit of the store, with which it stands or falls; it is dropped when nobody wants to know. */
  put: Tell = (type, facts, noteId) => {
    const { endpoint, store, clock, publicUrl } = this.#options
    if (endpoint === null || !endpoint.on.has(type)) return
    const now = clock.now()
    const id = `msg_${noteId ?? createId(now)}`
    const { run_id: runId } = facts
    const link = publicUrl === null || typeof runId !== 'string' ? {} : { url: `${publicUrl}/v1/runs/${runId}` }
    const body = JSON.stringify({ type, timestamp: new Date(now).toISOString(), data: { ...facts, ...link } })
    store.run(insertNotice, id, type, body, now, now)
    // A commit is made in one go: it is over by then.
    queueMicrotask(() => this.#schedule())
  }

  #schedule(): void {
    this.#cancelWake?.()
    this.#cancelWake = null
    if (this.#isClosed || this.#client === null || this.#delivering !== null) return
    const { store, clock } = this.#options
    const dueAt = store.get(selectNextDue)?.['due_at'] ?? null
    if (dueAt === null) return
    const wakeAt = Math.max(Number(dueAt), this.#pausedUntil)
    this.#cancelWake = clock.after(Math.max(0, wakeAt - clock.now()), () => void this.#deliver())
  }

  async #deliver(): Promise<void> {
    const delivering = this.#deliverDue()
    this.#delivering = delivering
    await delivering
    this.#delivering = null
    this.#schedule()
  }

  async #deliverDue(): Promise<void> {
    const { store, clock } = this.#options
    while (!this.#isClosed) {
      const row = store.get(selectDue, clock.now())
      if (row === undefined) return
      const notice = { id: String(row['id']), type: row['type'] as NoticeType, body: String(row['body']) }
      const attempt = Number(row['attempt']) + 1
      const answer = await this.#call(notice)
      // A notice in flight when the service stops keeps its place.
      if (answer === null) return
      try {
        await this.#settle(notice, attempt, answer)
      } catch {
        this.#pausedUntil = clock.now() + PAUSE_MS
        return
      }
    }
  }

  #call({ id, body }: { readonly id: string; readonly body: string }): Promise<Answer | null> {
    const { endpoint, clock, version } = this.#options
    const { promise, resolve } = Promise.withResolvers<Answer | null>()
    const proof = standardHeaders({ id, body, sentAt: clock.now(), secret: endpoint!.secret })
    const own = { 'Content-Type': 'application/json', 'User-Agent': `hookcast/${version}`, ...proof }
    const headers = Object.entries(own).flat()
    this.#client!.call({ method: 'POST', path: endpoint!.path, headers, body }, ({ answer }) =>
      resolve(answer.kind === 'failed' && answer.code === 'local' && this.#isClosed ? null : answer),
    )
    return promise
  }

  async #settle(
    { id, type }: { readonly id: string; readonly type: NoticeType },
    attempt: number,
    answer: Answer,
  ): Promise<void> {
    const { store, clock, random, telemetry } = this.#options
    if (answer.kind === 'answered' && answer.httpStatus >= 200 && answer.httpStatus < 300) {
      await store.commit((store) => void store.run(deleteNotice, id))
      telemetry.count('hookcast_notices_total', { type, result: 'delivered' })
      telemetry.log('notice.delivered', { id, type, attempt })
      return
    }
    const waitMs = WAITS_MS[attempt - 1]
    const isFinal = waitMs === undefined
    const dueAt = clock.now() + Math.round((waitMs ?? 0) * (1 + JITTER * (2 * random() - 1)))
    await store.commit((store) => {
      if (isFinal) store.run(deleteNotice, id)
      else store.run(postponeNotice, attempt, dueAt, id)
    })
    telemetry.count('hookcast_notices_total', { type, result: isFinal ? 'given_up' : 'failed' })
    const status = answer.kind === 'answered' ? { http_status: answer.httpStatus } : { code: answer.code }
    telemetry.log('notice.failed', { id, type, attempt, is_final: isFinal, ...status })
  }

  /** What is in flight is cut off, and comes again when the service does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#cancelWake?.()
    await this.#client?.destroy()
    await this.#delivering
  }
}
