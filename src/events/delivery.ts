/** What became of a message to one endpoint; `open` until one of the others. */
export type DeliveryState = 'open' | 'sent' | 'failed' | 'cancelled' | 'expired'

/** As it is stored; `gathered`: it goes with an earlier message. */
export const STATES = { open: 0, sent: 1, failed: 2, cancelled: 3, expired: 4, gathered: 5 } as const satisfies Record<
  DeliveryState | 'gathered',
  number
>

/** The state of a row of `delivery` in SQL: of one that was gathered, that of the message with which it went. */
export const STATE_OF = `
  CASE WHEN state = 5 THEN (
    SELECT first.state FROM delivery AS first
    WHERE first.endpoint = delivery.endpoint AND first.message < delivery.message AND first.last IS NOT NULL
    ORDER BY first.message DESC LIMIT 1)
  ELSE state END`

/** The ways to one endpoint: what has just come, what is sent again or drains, and what waits for its restart. */
export type Lane = 'live' | 'bulk' | 'held'

export const LANES = { live: 0, bulk: 1, held: 2 } as const satisfies Record<Lane, number>

/** Where messages wait that are sent as one: it leads nowhere until they are. */
export const GATHERING = 3

/** Who began an attempt: the schedule, or somebody. */
export type Trigger = 'scheduled' | 'manual'

export const TRIGGERS = { scheduled: 0, manual: 1 } as const satisfies Record<Trigger, number>

/** An open delivery whose time has come. */
export interface DueDelivery {
  readonly endpoint: number
  readonly message: number
  readonly lane: Lane
  /** Attempts that it has had since it was last begun. */
  readonly tries: number
  readonly trigger: Trigger
  readonly dueAt: number
  /** The last message that goes with it; null when none does. */
  readonly last: number | null
}
