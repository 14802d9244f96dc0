import type { Slice } from '../campaign/delivery.ts'
import type { Alarm, Announced } from './queue.ts'
import type { PackedReports } from './plain-reports.ts'

/** From the coordinator to a sender process. */
export type ToSender =
  /** A sender that takes a lost one's place begins without a saved-up start. */
  | { readonly kind: 'setup'; readonly setup: unknown; readonly isReplacement: boolean }
  | { readonly kind: 'slice'; readonly slice: Slice }
  /** Acknowledged once no more than `share` calls are in flight. */
  | {
      readonly kind: 'share'
      readonly share: number
      readonly starts: number | null
      readonly perSecond: number | null
      readonly round: number
      readonly order: number
    }
  /** `chunk` null is everything; acknowledged when nothing of it will be started any more. */
  | { readonly kind: 'stop'; readonly chunk: number | null; readonly order: number }
  /** Calls may be started for so long from now, and not at all after that; without any such word, for ever. */
  | { readonly kind: 'lease'; readonly ms: number }
  /** Answer to an alarm that stops nothing. */
  | { readonly kind: 'go' }

/** From a sender process to its coordinator. */
export type FromSender =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'reports'
      readonly packed: PackedReports
      readonly inFlight: number
      readonly unstarted: number
    }
  | { readonly kind: 'started'; readonly sliceId: number }
  | { readonly kind: 'ended'; readonly sliceId: number; readonly notStarted: readonly number[] }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'acknowledged'; readonly order: number }
  | { readonly kind: 'beat'; readonly inFlight: number; readonly unstarted: number }
  | { readonly kind: 'announced'; readonly announced: Announced }
  | { readonly kind: 'failed'; readonly message: string }
