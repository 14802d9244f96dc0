import type { Slice } from '../../campaign/delivery.ts'
import type { FromSender, ToSender } from '../protocol.ts'

/** From a run's coordinator to a worker, through the worker's inbox. */
export type ToWorker =
  /** Start a sender; `brief` is what its setup is made from, without any secret. */
  | {
      readonly kind: 'open'
      readonly line: string
      readonly out: string
      readonly brief: unknown
      readonly isReplacement: boolean
    }
  /** `number` counts what one line is told, from 1; slices up to `upTo` were lent before this was said. */
  | {
      readonly kind: 'tell'
      readonly line: string
      readonly number: number
      readonly upTo: number
      readonly message: Exclude<ToSender, { kind: 'slice' | 'setup' }>
    }
  /** The coordinator that listens at `out` is there. */
  | { readonly kind: 'beat'; readonly out: string }
  /** End a sender now, and say so at `out`. */
  | { readonly kind: 'close'; readonly line: string; readonly out: string }
  | ToCaller

/** From a service that hands over calls, and listens at `out`. */
export type ToCaller =
  /** It is there; `beat` is counted up each time, and `brief` is what calls are made with, without any secret. */
  | { readonly kind: 'attend'; readonly out: string; readonly beat: number; readonly brief: unknown }
  /** It has ended: what it handed over is cut off. */
  | { readonly kind: 'dismiss'; readonly out: string }

/** From a worker about one of its senders; `number` counts what is said of a line, from 1. */
export interface FromWorker {
  readonly line: string
  readonly number: number
  readonly message: FromSender | WorkerWord
}

export type WorkerWord =
  /** These slices are in its hands. */
  | { readonly kind: 'holds'; readonly slices: readonly number[] }
  /** It takes no slice any more, and hands back what it has not started. */
  | { readonly kind: 'leaving' }
  /** The process has ended, and nothing more comes of it. */
  | { readonly kind: 'gone'; readonly why: string | null; readonly isRefusal: boolean }

/** A slice on its way to one sender of a worker: the data of a job. */
export interface SliceJob {
  readonly line: string
  readonly id: number
  /** How much the line had been told before: it is taken after that. */
  readonly after: number
  /** A `Slice`, sealed, in base64. */
  readonly sealed: string
}

/** Calls on their way to a worker: the data of a job. */
export interface CallJob {
  readonly out: string
  readonly id: number
  /** `HandedCalls`, sealed, in base64. */
  readonly sealed: string
}

export interface HandedCalls {
  /** What the service had said last when it handed them over. */
  readonly beat: number
  readonly calls: readonly { readonly id: number; readonly request: unknown }[]
}

/** From a worker to a service, about the calls that this has handed over. */
export interface FromCaller {
  readonly worker: string
  readonly message:
    | { readonly kind: 'ended'; readonly id: number; readonly result: unknown }
    /** They were not begun, and never will be. */
    | { readonly kind: 'back'; readonly ids: readonly number[] }
    /** These are in flight; of what was handed over `LATE_BEATS` before `heard`, no other will be begun. */
    | {
        readonly kind: 'holds'
        readonly ids: readonly number[]
        readonly heard: number
        readonly isLeaving: boolean
      }
    /** Nothing is in flight, and nothing will be begun. */
    | { readonly kind: 'gone' }
}

/** Calls that reach their worker after so many more beats are not begun: whoever handed them over may have done so anew. */
export const LATE_BEATS = 3

/** What a worker says of itself, each second. */
export interface Registration {
  readonly version: string
  /** Which key it opens what coordinators seal with. */
  readonly keyIds: readonly string[]
  /** Sender processes that it has room for. */
  readonly senders: number
  /** Of them, over all runs. */
  readonly inUse: number
  /** Egress pools that it can call from. */
  readonly egressPools: readonly string[]
  readonly isLeaving: boolean
  /** Counted up each second: nobody's clock is compared with anybody's. */
  readonly beat: number
  readonly host: string
}

export const SLICES = 'slices'
export const CALLS = 'calls'
export const WORKERS = 'hookcast:workers'

/** Keys of one worker, of one slot of a cluster. */
export function workerKeys(worker: string): { readonly prefix: string; readonly inbox: string } {
  const prefix = `hookcast:{w-${worker}}`
  return { prefix, inbox: `${prefix}:inbox` }
}

/** Keys of one run, of one slot of a cluster. */
export function runKeys(runId: string): { readonly sessions: string; readonly out: (session: string) => string } {
  const prefix = `hookcast:{r-${runId}}`
  return { sessions: `${prefix}:sessions`, out: (session) => `${prefix}:out:${session}` }
}

/** Where a slice is bound to, so that no other job can carry it. */
export function slicePlace(line: string, { id }: Pick<Slice, 'id'>): string {
  return `slice/${line}/${id}`
}

/** Where results of a service's calls come back to, of one slot of a cluster. */
export function callsKey(session: string): string {
  return `hookcast:{e-${session}}:out`
}

/** Where a job of calls is bound to. */
export function callPlace({ out, id }: Pick<CallJob, 'out' | 'id'>): string {
  return `calls/${out}/${id}`
}
