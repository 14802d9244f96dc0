import type { Clock } from '../clock.ts'
import { asKept, rowReader } from '../ledger/row-reader.ts'
import type { ServiceStore, Statements } from '../ledger/service-store.ts'
import * as sql from './statements.ts'
import type { TriggerLog } from './trigger-log.ts'

/**
 * What became of an instant of a schedule.
 *
 * queued: waits for the run before to end.
 * starting: its run is about to begin, or the service died over it.
 * started: its run has begun.
 * missed: nobody was there, or the campaign's `on_missed` skips it.
 * overlapped: the run before was still going.
 * unchanged: the audience was the one of the firing before.
 * refused: its run could not begin; `message` says why.
 */
export type FiringState = 'queued' | 'starting' | 'started' | 'missed' | 'overlapped' | 'unchanged' | 'refused'

/** An instant of a campaign's schedule. */
export interface Firing {
  readonly campaign: string
  readonly dueAt: number
  readonly version: number
  readonly state: FiringState
  readonly runId: string | null
  /** Names the audience by what was in it. */
  readonly audience: string | null
  readonly message: string | null
}

type Told = Pick<Firing, 'state'> & Partial<Pick<Firing, 'version' | 'runId' | 'audience' | 'message'>>

/** The instants of all schedules: one row for each that was dealt with, so that none is dealt with twice. */
export class Firings {
  readonly #store: ServiceStore
  readonly #clock: Clock
  readonly #log: TriggerLog

  constructor(store: ServiceStore, { clock, log }: { readonly clock: Clock; readonly log: TriggerLog }) {
    this.#store = store
    this.#clock = clock
    this.#log = log
  }

  /** Writes an instant down, and with it what `also` does; false, and nothing, when it was there already. */
  async add(
    { campaign, dueAt, version }: Pick<Firing, 'campaign' | 'dueAt' | 'version'>,
    told: Told,
    also: () => void = nothing,
  ): Promise<boolean> {
    const { state, runId = null, audience = null, message = null } = told
    const values = [campaign, dueAt, version, state, runId, audience, message, this.#clock.now()]
    return await this.#change(
      { campaign, dueAt, state, runId },
      also,
      (store) => store.run(sql.insertFiring, ...values).changes,
    )
  }

  async update(firing: Firing, told: Told, also: () => void = nothing): Promise<boolean> {
    const { campaign, dueAt, version, state, runId, audience, message } = { ...firing, ...told }
    const values = [version, state, runId, audience, message, campaign, dueAt]
    return await this.#change(
      { campaign, dueAt, state, runId },
      also,
      (store) => store.run(sql.updateFiring, ...values).changes,
    )
  }

  async #change(
    { campaign, dueAt, state, runId }: Pick<Firing, 'campaign' | 'dueAt' | 'state' | 'runId'>,
    also: () => void,
    change: (store: Statements) => number,
  ): Promise<boolean> {
    const isChanged = await this.#store.commit((store) => {
      const isChanged = change(store) > 0
      if (isChanged) also()
      return isChanged
    })
    const facts = { campaign, due_at: new Date(dueAt).toISOString(), state, run_id: runId }
    if (isChanged && state !== 'starting') this.#log('schedule.fired', facts)
    return isChanged
  }

  /** Newest first, before an instant. */
  list(
    campaign: string,
    { before, limit }: { readonly before: number | null; readonly limit: number },
  ): readonly Firing[] {
    return this.#store.all(sql.selectFirings, campaign, before, before, limit).map(firingFrom)
  }

  /** Whether a schedule has started that run. */
  hasStarted(runId: string): boolean {
    return this.#store.get(sql.selectFiringOf, runId) !== undefined
  }

  /** The last instant that was dealt with; null before the first. */
  lastDue(campaign: string): number | null {
    const dueAt = this.#store.get(sql.selectLastDue, campaign)?.['due_at'] ?? null
    return dueAt === null ? null : Number(dueAt)
  }

  /** The last one that has a run. */
  lastStarted(campaign: string): Firing | null {
    const row = this.#store.get(sql.selectLastStarted, campaign)
    return row === undefined ? null : firingFrom(row)
  }

  /** Those that the service died over, and those that wait, in the order of their instants. */
  unfinished(): readonly Firing[] {
    return this.#store.all(sql.selectUnfinishedFirings).map(firingFrom)
  }

  queued(campaign: string): Firing | null {
    const row = this.#store.get(sql.selectQueued, campaign)
    return row === undefined ? null : firingFrom(row)
  }
}

const nothing = (): void => undefined

const firingFrom = rowReader<Firing>({
  campaign: String,
  dueAt: Number,
  version: Number,
  state: asKept,
  runId: asKept,
  audience: asKept,
  message: asKept,
})
