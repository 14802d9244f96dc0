/** What became of a message to one endpoint; `open` until one of the others. */
export type DeliveryState = 'open' | 'sent' | 'failed' | 'cancelled' | 'expired'

/** As it is stored. */
export const STATES = { open: 0, sent: 1, failed: 2, cancelled: 3, expired: 4 } as const satisfies Record<
  DeliveryState,
  number
>

/** The ways to one endpoint: what has just come, what is sent again or drains, and what waits for its restart. */
export type Lane = 'live' | 'bulk' | 'held'

export const LANES = { live: 0, bulk: 1, held: 2 } as const satisfies Record<Lane, number>

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
}
