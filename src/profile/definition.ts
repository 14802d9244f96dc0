/** What the webhooks of a vendor look like, and how they behave: all that differs between vendors, as data. */
export interface Profile {
  readonly name: string
  /** What the body is made of. */
  readonly envelope: Envelope
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
  /** Who may create, change and remove endpoints: the app itself too, or admins only. */
  readonly managedBy: 'app' | 'admin'
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
  /** Messages that are sent as one, or null when each is sent by itself. */
  readonly gathering: Gathering | null
  /** Receivers fetch what waits for them: nothing is sent. */
  readonly isPolled: boolean
}

/**
 * What the body is made of.
 *
 * - `payload`: the payload's bytes as they were accepted.
 * - `bridge`: `{ content, timestamp, type }` around it. @see Bridge API, "Webhooks".
 * - `crossriver`: an event object over the resources gathered. @see Cross River COS API, "Webhook events".
 * - `receeve`: `{ payload, signature, payloadAsString }`. @see InDebted Receive, "Webhooks in detail".
 */
export type Envelope = 'payload' | 'bridge' | 'crossriver' | 'receeve'

export type Proof =
  | { readonly kind: 'none' }
  | HmacProof
  /** The secret is `user:password`. @see RFC 7617. */
  | { readonly kind: 'basic' }
  /** RSA-SHA256 inside the envelope `receeve`; the secret is a private key in PEM. */
  | { readonly kind: 'rsa' }

/** A header that holds an HMAC over the body and more. `{id}`, `{timestamp}` (s) and `{type}` stand in each text for the attempt's own. */
export interface HmacProof {
  readonly kind: 'hmac'
  readonly header: string
  /** What is signed, with `{body}` once: `{id}.{timestamp}.{body}`. */
  readonly content: string
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'base64' | 'hex' | 'HEX'
  /** Before the signature: `v1,`, `sha256=`, `t={timestamp},v1=`. */
  readonly prefix: string
  /** Between the signatures of several secrets, where the part of the prefix behind its last one begins each; null when only the newest signs. */
  readonly separator: ' ' | ',' | null
  /** How a secret becomes the key; `whsec` is Standard Webhooks' `whsec_` and 24 to 64 bytes in base64. */
  readonly keyEncoding: 'whsec' | 'base64' | 'hex' | 'utf8'
  /** Headers beside the signature's. */
  readonly headers: Readonly<Record<string, string>>
}

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

/**
 * Messages of an endpoint are gathered until none has come for `leastMs`, at most for `mostMs` from the first one on; more than
 * `most` resources make several.
 */
export interface Gathering {
  readonly leastMs: number
  readonly mostMs: number
  readonly most: number
  /** The same for endpoints that want details with each resource. */
  readonly mostExtended: number
  /** It is such an endpoint. */
  readonly isExtended: boolean
}
