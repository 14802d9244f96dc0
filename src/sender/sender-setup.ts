import type {
  AbortRules,
  AnswerMeaning,
  BatchRules,
  Method,
  Payload,
  ResponsePointers,
  RetryRules,
  TemplateText,
} from '../campaign/campaign.ts'
import type { Egress } from '../request/request.ts'
import type { CrashPoint } from './crash-point.ts'

/** What is rendered for a delivery: the texts and their surroundings, as they stood when the run began. */
export interface RequestDefinition {
  readonly campaign: string
  readonly runId: string
  readonly method: Method
  readonly payload: Payload
  readonly jsonEscape: 'auto' | 'off'
  readonly path: TemplateText
  readonly body: TemplateText | null
  readonly batch: BatchRules | null
  readonly headers: readonly { readonly name: string; readonly value: TemplateText }[]
  readonly eventProperties: Readonly<Record<string, TemplateText>>
  readonly params: Readonly<Record<string, unknown>>
  readonly project: Readonly<Record<string, unknown>>
  readonly timezone: string
  readonly isLegacyLoopScope: boolean
}

/**
 * Everything a sender needs, told to it over its channel and written nowhere: it holds the credentials of
 * the one webhook it sends.
 */
export interface SenderSetup {
  readonly definition: RequestDefinition
  /** By run id: the texts of earlier runs, for deliveries that a replay repeats byte for byte. */
  readonly kept: Readonly<Record<string, RequestDefinition>>
  readonly customerId: string | null
  readonly origin: string
  /** Goes only to URLs at or below its prefix. */
  readonly authorization: { readonly value: string; readonly urlPrefix: string } | null
  readonly secretHeaders: readonly { readonly name: string; readonly value: string }[]
  /** Texts that must not show up in kept answers. */
  readonly secrets: readonly string[]
  readonly idempotencyHeader: string
  readonly userAgent: string
  readonly isTest: boolean
  /** Everything up to the call, and no call: no connection is made. */
  readonly isRehearsal: boolean
  readonly timeoutMs: number
  readonly concurrency: number
  readonly ca: string | null
  /** The way out, its credentials included; null for whatever address the system chooses. */
  readonly egress: Egress | null
  readonly network: { readonly allow: readonly string[]; readonly isLoopbackAllowed: boolean }
  readonly responseHandling: 'discard' | 'text' | 'json'
  readonly response: ResponsePointers
  readonly answers: Readonly<Record<string, AnswerMeaning>>
  readonly conflict: RetryRules['conflict']
  readonly clientErrorLimit: AbortRules['clientError']
  /** Every customer enters alone, by an event, and nobody is called for one older than that; null in any other run. */
  readonly events: { readonly maxAgeMs: number } | null
  /** Only of a test. */
  readonly crashAt?: CrashPoint
}

const ANSWER_BYTES = 64 * 1024
/** What an answer may say about each customer of a batch. */
const ITEM_BYTES = 4 * 1024

/** How much of an answer is read: more where it has an item for each customer. */
export function answerBytesOf({ definition, kept }: SenderSetup): number {
  const sizes = [definition, ...Object.values(kept)].map(({ batch }) => (batch?.outcomes == null ? 0 : batch.size))
  return ANSWER_BYTES + Math.max(...sizes) * ITEM_BYTES
}
