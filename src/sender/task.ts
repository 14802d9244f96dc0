import type { BatchNote, BatchReport, Decision } from '../campaign/delivery.ts'
import type { Outcome } from '../campaign/outcome.ts'
import type { PreparedRequest } from './request-parts.ts'
import type { RequestDefinition } from './sender-setup.ts'

/** A delivery in a sender's hands. */
export interface Task {
  readonly sliceId: number
  readonly chunk: number
  readonly chunkStartedAt: number
  readonly seq: number
  readonly attempt: number
  readonly isInDoubt: boolean
  readonly digest: string | null
  /** Its row, or the first of its rows. */
  readonly line: string
  /** Null when it is one row by itself. */
  readonly batch: { readonly note: BatchNote; readonly lines: readonly string[] } | null
}

/** The customers in a prepared batch, and those who were left out of it. */
export interface PreparedBatch {
  readonly members: readonly BatchMember[]
  readonly leftOut: BatchReport['leftOut']
}

export interface BatchMember {
  readonly seq: number
  readonly customerId: string
  /** What its template saw; kept until the answer only where properties are made from it. */
  readonly context: Readonly<Record<string, unknown>> | null
}

/** A task that is ready to be called. */
export interface PreparedDelivery {
  readonly kind: 'request'
  readonly task: Task
  readonly customerId: string
  readonly request: PreparedRequest
  /** What its templates saw; empty where nobody asks for it again. */
  readonly context: Readonly<Record<string, unknown>>
  readonly definition: RequestDefinition
  readonly requestId: string
  /** The request is one of an earlier run. */
  readonly isKept: boolean
  /** Null when it is one customer's. */
  readonly batch: PreparedBatch | null
}

/** A task that was decided without a call. */
export interface DecidedTask {
  readonly kind: 'decided'
  readonly task: Task
  readonly customerId: string
  /** `local`: it could not even be prepared, for trouble of our own. */
  readonly verdict: Decision | { readonly kind: 'called'; readonly outcome: Extract<Outcome, { kind: 'local' }> }
  readonly batch: (PreparedBatch & { readonly requestId: string }) | null
}

export type Prepared = PreparedDelivery | DecidedTask
