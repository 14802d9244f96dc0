import type { Clock } from '../clock.ts'
import type { Row, ServiceStore } from '../ledger/service-store.ts'
import * as sql from './statements.ts'

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

  /** Ends a hold; false when there is none. */
  async end(campaign: string, { by, isDiscarded }: { by: string; isDiscarded: boolean }): Promise<boolean> {
    const values = [this.#clock.now(), by, Number(isDiscarded), campaign]
    return await this.#store.commit((store) => store.run(sql.releaseHold, ...values).changes > 0)
  }

  /** The longest first. */
  list(): readonly HeldCampaign[] {
    return this.#store.all(sql.selectHolds).map(holdFrom)
  }
}

function holdFrom(row: Row): HeldCampaign {
  return {
    campaign: String(row['campaign']),
    runId: row['run_id'] as string | null,
    rule: String(row['rule']),
    message: String(row['message']),
    heldAt: Number(row['held_at']),
  }
}
