import type { GroupStore, Row } from '../ledger/group-store.ts'
import { isRising, pageFrom, type Page, type PageQuery } from './page.ts'
import { parsedFrom } from './parsed-from.ts'
import { timeOfSeq } from './public-id.ts'

/**
 * Work that goes on behind a request, and over restarts.
 *
 * - `recover`, `replay`, `bulk`: messages sent once more. See {@link Replays}.
 * - `app_stats`, `event_types`: sums over all apps. See {@link Summaries}.
 */
export type TaskKind = 'recover' | 'replay' | 'bulk' | 'app_stats' | 'event_types'

export interface Task {
  readonly id: string
  /** Null for one that is of no single endpoint. */
  readonly endpoint: number | null
  readonly kind: TaskKind
  readonly since: number
  readonly until: number
  /** Messages that were put in line by it so far. */
  readonly done: number
  readonly state: 'running' | 'finished' | 'cancelled'
  /** What it was asked for besides, as JSON. */
  readonly asked: unknown
  /** What it has found, as JSON; null until it has ended. */
  readonly found: unknown
  readonly madeAt: number
  readonly changedAt: number
}

export interface NewTask {
  readonly id: string
  readonly endpoint: number | null
  readonly kind: TaskKind
  /** Places between which it works, both left out. */
  readonly from: number
  readonly to: number
  readonly asked: unknown
}

/** A task with how far it has come: {@link NewTask.from}, then the last place that is done. */
export interface Going extends Task {
  readonly at: number
  readonly to: number
}

export interface TaskQuery extends PageQuery {
  readonly states?: readonly Task['state'][] | null
  readonly kinds?: readonly TaskKind[] | null
  /** Key of an endpoint; null for all. */
  readonly endpoint?: number | null
}

const KEPT_MS = 90 * 86_400_000
const PER_READ = 100

const insertTask = `
  INSERT INTO task (id, endpoint, kind, since_seq, until_seq, at_seq, asked, state, made_at, changed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, ?) RETURNING *`
const moveTask = `UPDATE task SET at_seq = ?, done = done + ?, changed_at = ? WHERE id = ? AND state = 'running'`
const endTask = `UPDATE task SET state = ?, found = ?, changed_at = ? WHERE id = ? AND state = 'running'`
const selectTask = `SELECT * FROM task WHERE id = ?`
const selectRunning = `SELECT * FROM task WHERE state = 'running' ORDER BY id`
const selectRising = `SELECT * FROM task WHERE id > ? ORDER BY id LIMIT ?`
const selectFalling = `SELECT * FROM task WHERE id < ? ORDER BY id DESC LIMIT ?`
const deleteOldTasks = `DELETE FROM task WHERE made_at < ? AND state <> 'running'`

/** The tasks of the last 90 days. */
export class Tasks {
  readonly #store: GroupStore

  constructor(store: GroupStore) {
    this.#store = store
  }

  async begin({ id, endpoint, kind, from, to, asked }: NewTask, now: number): Promise<Task> {
    const values = [id, endpoint, kind, from, to, from, asked === null ? null : JSON.stringify(asked), now, now]
    return await this.#store.commit((store) => {
      store.run(deleteOldTasks, now - KEPT_MS)
      return taskFrom(store.get(insertTask, ...values)!)
    })
  }

  /** Null when there is none of this id. */
  find(id: string): Task | null {
    return this.going(id)
  }

  going(id: string): Going | null {
    const row = this.#store.get(selectTask, id)
    return row === undefined ? null : goingFrom(row)
  }

  running(): readonly Task[] {
    return this.#store.all(selectRunning).map(taskFrom)
  }

  list(query: TaskQuery): Page<Task> {
    return pageFrom(this.#met(query), query)
  }

  /** It has come so far, and put so many more in line. */
  async move(
    id: string,
    { at, opened, now }: { readonly at: number; readonly opened: number; readonly now: number },
  ): Promise<void> {
    await this.#store.commit((store) => void store.run(moveTask, at, opened, now, id))
  }

  async end(
    id: string,
    {
      state,
      found = null,
      now,
    }: { readonly state: 'finished' | 'cancelled'; readonly found?: unknown; readonly now: number },
  ): Promise<void> {
    const text = found === null ? null : JSON.stringify(found)
    await this.#store.commit((store) => void store.run(endTask, state, text, now, id))
  }

  *#met(query: TaskQuery): Iterable<Task> {
    const rising = isRising(query)
    let at = query.cursor?.id ?? (rising ? '' : BEHIND_ALL)
    for (;;) {
      const rows = this.#store.all(rising ? selectRising : selectFalling, at, PER_READ)
      for (const row of rows) {
        const task = taskFrom(row)
        at = task.id
        if (isWanted(task, query)) yield task
      }
      if (rows.length < PER_READ) return
    }
  }
}

function isWanted({ state, kind, endpoint }: Task, query: TaskQuery): boolean {
  if (query.states?.includes(state) === false || query.kinds?.includes(kind) === false) return false
  return query.endpoint == null || query.endpoint === endpoint
}

/** Behind every id: they begin with a letter. */
const BEHIND_ALL = '~'

const taskFrom = (row: Row): Task => goingFrom(row)

function goingFrom(row: Row): Going {
  return {
    id: String(row['id']),
    endpoint: row['endpoint'] as number | null,
    kind: row['kind'] as TaskKind,
    since: timeOfSeq(Number(row['since_seq']) + 1),
    until: timeOfSeq(Number(row['until_seq'])),
    done: Number(row['done']),
    state: row['state'] as Task['state'],
    asked: parsedFrom(row['asked']),
    found: parsedFrom(row['found']),
    madeAt: Number(row['made_at']),
    changedAt: Number(row['changed_at']),
    at: Number(row['at_seq']),
    to: Number(row['until_seq']),
  }
}
