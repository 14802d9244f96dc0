import type { Clock } from '../clock.ts'
import { asKept, rowReader } from '../ledger/row-reader.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import * as sql from './statements.ts'

/** What keeps a campaign from calling anybody. */
export interface Stop {
  /** Null when no run could be opened. */
  readonly runId: string | null
  readonly rule: string
  readonly message: string
  readonly stoppedAt: number
}

/** A campaign of events that calls nobody until it is released: what comes is kept. */
export interface HeldCampaign {
  readonly campaign: string
  /** Null when no run could be opened. */
  readonly runId: string | null
  /** That of `abort` which stopped it, or why else it was. */
  readonly rule: string
  readonly message: string
  readonly heldAt: number
}

/** What somebody has decided of a hold. */
export interface HoldEnd {
  readonly runId: string | null
  readonly endedAt: number
  readonly isDiscarded: boolean
}

/** The holds of campaigns, each from its beginning to its release. */
export class Holds {
  readonly #store: ServiceStore
  readonly #clock: Clock

  constructor(store: ServiceStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Writes a hold down, and with it what `onNew` does; nothing when there is one already. */
  async put(
    hold: Pick<HeldCampaign, 'campaign' | 'runId' | 'rule' | 'message'>,
    onNew: () => void = () => undefined,
  ): Promise<void> {
    const values = [hold.campaign, hold.runId, hold.rule, hold.message, this.#clock.now()]
    await this.#store.commit((store) => {
      if (store.run(sql.insertHold, ...values).changes > 0) onNew()
    })
  }

  /** Ends a hold, and says when it did. */
  async end(campaign: string, { by, isDiscarded }: { by: string; isDiscarded: boolean }): Promise<number> {
    const now = this.#clock.now()
    await this.#store.commit((store) => void store.run(sql.releaseHold, now, by, Number(isDiscarded), campaign))
    return now
  }

  /** The end of a campaign's last hold; null while it has not ended, or there was none. */
  lastEnd(campaign: string): HoldEnd | null {
    const row = this.#store.get(sql.selectLastHold, campaign)
    if (row === undefined || row['released_at'] === null) return null
    const runId = row['run_id'] as string | null
    return { runId, endedAt: Number(row['released_at']), isDiscarded: row['is_discarded'] === 1 }
  }

  /** The longest first. */
  list(): readonly HeldCampaign[] {
    return this.#store.all(sql.selectHolds).map(holdFrom)
  }
}

const holdFrom = rowReader<HeldCampaign>({
  campaign: String,
  runId: asKept,
  rule: String,
  message: String,
  heldAt: Number,
})
