import type { TextPlace } from './text-places.ts'

/** Where a text came from, so that an error can name the place: inline text starts at `line` of the campaign file. */
export interface TemplateText {
  readonly text: string
  readonly file: string
  /** 1-based line of `file` on which the text begins; 1 for a file of its own. */
  readonly line: number
  /** Of an inline text: where its parts stand in `file`, when that is known. */
  readonly places?: readonly TextPlace[]
}

export const PAYLOADS = ['json', 'text', 'xml', 'form'] as const
export type Payload = (typeof PAYLOADS)[number]
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]
export const COLUMN_TYPES = ['string', 'int', 'float', 'bool', 'json'] as const
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** A text that may hold `${NAME}`; its value is read when a sender starts and is stored nowhere. */
export interface SecretText {
  readonly text: string
  readonly file: string
  readonly line: number
}

export type Header =
  | { readonly name: string; readonly kind: 'template'; readonly value: TemplateText }
  | { readonly name: string; readonly kind: 'secret'; readonly value: SecretText }

/** Credentials are sent only to URLs at or below `urlPrefix` (the webhook's own origin when written in the campaign). */
export type Auth = { readonly urlPrefix: string } & (
  | { readonly type: 'basic'; readonly username: SecretText; readonly password: SecretText }
  | { readonly type: 'bearer'; readonly token: SecretText }
)

export interface AudienceSource {
  /** Absolute path, or `-` for standard input. */
  readonly path: string
  readonly format: 'csv' | 'tsv' | 'ndjson'
  readonly isGzip: boolean
  /** One character, or `auto`. */
  readonly delimiter: string
  /** A WHATWG encoding label, such as `utf-8` or `windows-1252`. */
  readonly encoding: string
}

/** What a status means in place of the default: `failed` is reason `refused`, `chunk` a client error, `webhook` a hard stop. */
export const ANSWER_MEANINGS = ['sent', 'failed', 'retry', 'chunk', 'webhook'] as const
export type AnswerMeaning = (typeof ANSWER_MEANINGS)[number]

/** JSON pointers (RFC 6901) into an answer's body. */
export interface ResponsePointers {
  readonly success: string
  readonly code: string
  readonly message: string
}

export interface RetryRules {
  /** `delaysMs[attempt - 1]` is the wait after attempt `attempt` (1-based); its length is the number of retries. */
  readonly delaysMs: readonly number[]
  /** Share of the wait, uniform to both sides: 0.1 is ± 10 %. */
  readonly jitter: number
  readonly onTimeout: boolean
  readonly conflict: 'accepted' | 'failed'
}

export type Never = 'never'

export interface AbortRules {
  /** The Nth client error in a chunk stops it. */
  readonly clientError: number | Never
  readonly exhausted: { readonly least: number; readonly share: number; readonly of: number } | Never
  /** Milliseconds without any HTTP answer while probing. */
  readonly connectionMs: number | Never
  readonly render: { readonly inARow: number; readonly share: number; readonly of: number } | Never
  /** Chunks stopped by the same rule. */
  readonly chunks: number | Never
}

/** JSON pointers: to the list of items in an answer, the others into an item. */
export interface ItemPointers {
  readonly items: string
  /** Of the customer's id; `position` when item k is customer k of the request. */
  readonly key: string
  /** Where `false` means that this customer failed; null when items list failures only. */
  readonly ok: string | null
  readonly code: string
  readonly message: string
  /** What a customer is that no item names. */
  readonly missing: 'failed' | 'sent'
}

export interface BatchRules {
  /** Customers in one request, at most. */
  readonly size: number
  readonly root: TemplateText
  readonly customer: TemplateText
  readonly outcomes: ItemPointers | null
  readonly onClientError: 'abort' | 'split'
}

/** A ceiling shared by the campaigns that name it (`throughput:` in hookcast.yaml). */
export interface Throughput {
  readonly name: string
  readonly concurrency: number | null
  readonly perSecond: number | null
}

/** Where static addresses leave from (`egress:` in hookcast.yaml): addresses of this machine in turn, or a proxy. */
export type EgressPool = {
  readonly name: string
  /** Requests in flight, over all runs of the data folder that leave by it. */
  readonly concurrency: number
  /** 1-based line of hookcast.yaml on which it is written. */
  readonly line: number
} & (
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  /** May hold credentials as `${NAME}`. */
  | { readonly kind: 'proxy'; readonly proxy: SecretText }
)

export interface Webhook {
  /** Scheme, host and port: constant for the run, already without `${…}` (its value was read when the file was). */
  readonly origin: string
  /** The file itself says loopback (`http://127.0.0.1:${PORT}`): the one private address that needs no `network.campaigns.allow`. */
  readonly isLoopbackLiteral: boolean
  /** Path and query (begins with `/`), a template whose printed values are percent-encoded. */
  readonly path: TemplateText
  readonly method: Method
  readonly payload: Payload
  readonly jsonEscape: 'auto' | 'off'
  readonly body: TemplateText | null
  /** In place of `body`; null when each customer has a request of its own. */
  readonly batch: BatchRules | null
  readonly headers: readonly Header[]
  readonly auth: Auth | null
  readonly responseHandling: 'discard' | 'text' | 'json'
  readonly response: ResponsePointers
  readonly answers: Readonly<Record<string, AnswerMeaning>>
  readonly eventProperties: Readonly<Record<string, TemplateText>>
  /** Requests in flight, over all senders: 1 to 2000. */
  readonly concurrency: number
  readonly perSecond: number | null
  readonly throughput: Throughput | null
  /** The whole attempt: DNS, connect, TLS, headers, body. */
  readonly timeoutMs: number
  readonly retry: RetryRules
  readonly idempotency: { readonly header: string; readonly lifetimeMs: number }
  readonly abort: AbortRules
  readonly isInsecureHttpAllowed: boolean
  /** The pool that `static_ips` names; null to leave from whatever address the system chooses. */
  readonly egress: EgressPool | null
  /** Extra trusted certificates in PEM. */
  readonly ca: string | null
}

/**
 * What starts a run: a person or a program, a schedule, or an event of that type.
 *
 * With an event every customer is a chunk of one; older than `maxAgeMs` at its first attempt, it is `expired`.
 */
export type Trigger =
  | { readonly kind: 'now' }
  | {
      readonly kind: 'schedule'
      readonly cron: string
      readonly timezone: string
      readonly onMissed: 'skip' | 'once'
      readonly onOverlap: 'skip' | 'queue' | 'allow'
      readonly onUnchanged: 'skip' | 'send'
    }
  | { readonly kind: 'event'; readonly type: string; readonly maxAgeMs: number }

/** A campaign file, checked and with every default filled in: what a run is made from. */
export interface Campaign {
  readonly name: string
  readonly file: string
  readonly trigger: Trigger
  readonly audience: AudienceSource
  readonly columns: Readonly<Record<string, ColumnType>>
  /** The column that names a customer; null looks for customer_id, id, registered, then takes the row number. */
  readonly customerId: string | null
  readonly isUnique: boolean
  readonly consentColumn: string | null
  readonly excludeFiles: readonly string[]
  readonly chunkSize: number | null
  readonly timezone: string
  readonly maxCustomers: number | null
  readonly webhook: Webhook
  readonly params: Readonly<Record<string, unknown>>
  /** `project:` of hookcast.yaml as it was when the run started: a retry must render the same bytes. */
  readonly project: Readonly<Record<string, unknown>>
  readonly isLegacyLoopScope: boolean
  readonly retainDays: number
  /** What is odd but allowed: shown when checked, and in the report. */
  readonly warnings: readonly Warning[]
}

export interface Warning {
  readonly code: string
  readonly message: string
  readonly count: number
}
