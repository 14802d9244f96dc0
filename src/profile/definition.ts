/** What the webhooks of a vendor look like, and how they behave: all that differs between vendors, as data. */
export interface Profile {
  readonly name: string
  /** What the body is made of. */
  readonly envelope: 'payload'
  /** How a receiver knows who sent it. */
  readonly proof: Proof
  /** Statuses that mean it has arrived, both ends included. */
  readonly success: readonly (readonly [least: number, most: number])[]
  /** The whole attempt: connect to last byte. */
  readonly timeoutMs: number
  readonly payloadBytes: number
  readonly retry: {
    /** Before the second attempt, the third …, each from the end of the one before. */
    readonly delaysMs: readonly number[]
    /** Each wait is longer or shorter by up to this share of itself. */
    readonly jitter: number
  }
  readonly life: Life
  /** What 410 Gone means. @see Standard Webhooks, "Deliverability and reliability". */
  readonly onGone: 'fail' | 'disable'
  /** Whether `webhook-delivery: disable` and `abort-message` in an answer are heeded. */
  readonly heedsControl: boolean
  readonly limits: {
    /** Endpoints of an app; null for as many as there are. */
    readonly endpoints: number | null
    /** Event types of an endpoint. */
    readonly eventTypes: number | null
  }
  readonly rotation: {
    /** How long the secret before goes on signing, unless somebody says otherwise. */
    readonly overlapMs: number
    readonly longestOverlapMs: number
    /** Secrets that may sign at a time. */
    readonly mostSecrets: number
  }
}

export type Proof =
  | { readonly kind: 'none' }
  /** Headers `<prefix>-id`, `-timestamp` and `-signature`. @see Standard Webhooks, "Webhook headers". */
  | { readonly kind: 'standard'; readonly prefix: 'svix' | 'webhook' }

/**
 * What becomes of an endpoint that goes on failing.
 *
 * - `keep`: nothing, each message has its attempts.
 * - `disable`: nothing is sent any more until somebody enables it: `afterMs` from the first failure since its last success,
 *   with another failure at least `spreadMs` after that first one.
 * - `suspend`: nothing is sent once a message has used up its attempts; messages are held until somebody restarts it.
 */
export type Life =
  | { readonly kind: 'keep' }
  | { readonly kind: 'disable'; readonly afterMs: number; readonly spreadMs: number }
  | { readonly kind: 'suspend' }
