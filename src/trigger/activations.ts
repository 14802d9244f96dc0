import type { Trigger } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import { asKept, rowReader } from '../ledger/row-reader.ts'
import type { ServiceStore, Statements } from '../ledger/service-store.ts'
import * as sql from './statements.ts'

/** A time during which a version was active, and who began and ended it. */
export interface Activation {
  readonly version: number
  readonly activatedAt: number
  readonly activatedBy: string
  readonly deactivatedAt: number | null
  readonly deactivatedBy: string | null
}

interface Order {
  readonly campaign: string
  readonly version: number
  readonly trigger: Trigger
  /** Name of whoever asked for it. */
  readonly by: string
  /** How far the campaign's listener has really come; nobody moves it meanwhile. */
  readonly position: number | null
}

/**
 * Which versions are active, since when, and who said so.
 *
 * Triggers that were accepted before a version became active belong to the one before, as far as it has taken them; the
 * rest goes to the new one when it listens to the same type, so that what waits can be sent by a version that is mended.
 */
export class Activations {
  readonly #store: ServiceStore
  readonly #clock: Clock

  constructor(store: ServiceStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** @throws {HookcastError} HOOKCAST_CAMPAIGN_STATE, for a campaign that starts by hand. */
  async activate({ campaign, version, trigger, by, position }: Order): Promise<void> {
    if (trigger.kind === 'now') {
      const message = `expected ${campaign} to have a schedule or an event under trigger, got one that is started by hand: it needs no activation`
      throw new HookcastError('HOOKCAST_CAMPAIGN_STATE', message)
    }
    const now = this.#clock.now()
    await this.#store.commit((store) => {
      if (Number(store.get(sql.selectActiveVersion, campaign)?.['version']) === version) return
      store.run(sql.unmarkActive, campaign)
      store.run(sql.markActive, campaign, version)
      store.run(sql.endActivation, now, by, campaign)
      store.run(sql.insertActivation, campaign, version, now, by)
      const type = trigger.kind === 'event' ? trigger.type : null
      const from = takeOver(store, { campaign, type, position })
      if (type !== null) store.run(sql.insertListener, campaign, version, type, from)
    })
  }

  /** What was accepted before is still sent. @throws {HookcastError} HOOKCAST_CAMPAIGN_STATE, when it is not active. */
  async deactivate(campaign: string, by: string): Promise<void> {
    await this.#store.commit((store) => {
      if (store.run(sql.endActivation, this.#clock.now(), by, campaign).changes === 0) {
        throw new HookcastError('HOOKCAST_CAMPAIGN_STATE', `expected the campaign to be active: ${campaign}`)
      }
      store.run(sql.unmarkActive, campaign)
      store.run(sql.closeListener, lastSeq(store), campaign)
    })
  }

  /** Newest first. */
  list(campaign: string): readonly Activation[] {
    return this.#store.all(sql.selectActivations, campaign).map(activationFrom)
  }

  current(campaign: string): Activation | null {
    const row = this.#store.get(sql.selectActivation, campaign)
    return row === undefined ? null : activationFrom(row)
  }
}

/** Ends the listener before, and says where the next one begins. */
function takeOver(
  store: Statements,
  { campaign, type, position }: { campaign: string; type: string | null; position: number | null },
): number {
  const before = store.get(sql.selectOpenListener, campaign)
  const last = lastSeq(store)
  if (before === undefined) return last
  if (before['type'] !== type || position === null) {
    store.run(sql.closeListener, last, campaign)
    return last
  }
  store.run(sql.closeListener, position, campaign)
  return position
}

/** Of the last trigger that was ever accepted. */
function lastSeq(store: Statements): number {
  return Number(store.get(sql.selectLastSeq)?.['seq'])
}

const activationFrom = rowReader<Activation>({
  version: Number,
  activatedAt: Number,
  activatedBy: String,
  deactivatedAt: asKept,
  deactivatedBy: asKept,
})
