import type { AbortedReason, RunState } from '../campaign/result.ts'
import {
  chunkRowFrom,
  lentRowFrom,
  runRowFrom,
  stopRowFrom,
  type ChunkRow,
  type LentRow,
  type RunRow,
  type StopRow,
} from '../ledger/rows.ts'
import { selectLent, selectRun } from '../ledger/statements.ts'
import type { RunReader } from './run-reader.ts'
import * as sql from './statements.ts'

/** What decides how a customer without a final row is told: read together, at one moment. */
export interface RunFacts {
  readonly run: RunRow
  /** As a person sees it: `running` in a folder that no process works on is `interrupted`. */
  readonly state: RunState
  /** What is lent is in flight; otherwise it is in doubt, as the process that had it is gone. */
  readonly isGoingOn: boolean
  readonly stops: readonly StopRow[]
  readonly stoppedChunks: ReadonlyMap<number, ChunkRow>
  /** First attempts in senders' hands, or left there. */
  readonly lent: readonly LentRow[]
}

/** Why customers without a final row get none. */
export interface Abort {
  readonly reason: AbortedReason
  /** Null when a person cancelled the run. */
  readonly rule: string | null
  readonly at: number
}

/** `isLocked` is asked of a run that calls itself running only. */
export function readRunFacts(reader: RunReader, isLocked: () => boolean): RunFacts {
  const run = runRowFrom(reader.get(selectRun))
  const isGoingOn = run.state === 'running' && isLocked()
  return {
    run,
    state: run.state === 'running' && !isGoingOn ? 'interrupted' : run.state,
    isGoingOn,
    stops: reader.all(sql.selectOpenStops).map(stopRowFrom),
    stoppedChunks: new Map(
      reader
        .all(sql.selectStoppedChunks)
        .map(chunkRowFrom)
        .map((chunk) => [chunk.chunk, chunk]),
    ),
    lent: reader.all(selectLent).map(lentRowFrom),
  }
}

/** Everyone without a final row is aborted, whatever the chunk. */
export function isEverythingStopped({ run, stops }: RunFacts): boolean {
  return run.state === 'cancelled' || stops.some(({ scope }) => scope === 'webhook')
}

/** What stopped a chunk's customers; null when they go on. A chunk's own stop came before that of the webhook. */
export function abortOf({ run, stops, stoppedChunks }: RunFacts, chunk: number): Abort | null {
  const own = stoppedChunks.has(chunk)
    ? stops.find((stop) => stop.scope === 'chunk' && stop.chunk === chunk)
    : undefined
  if (own !== undefined) return { reason: 'chunk_aborted', rule: own.rule, at: own.stoppedAt }
  const webhook = stops.find(({ scope }) => scope === 'webhook')
  if (webhook !== undefined) return { reason: 'webhook_aborted', rule: webhook.rule, at: webhook.stoppedAt }
  if (run.state !== 'cancelled') return null
  return { reason: 'cancelled', rule: null, at: run.finishedAt ?? run.startedAt ?? run.createdAt }
}

export function chunkOf({ chunkSize }: RunRow, seq: number): number {
  return chunkSize === null ? 0 : Math.floor(seq / chunkSize)
}

/** Customers of a chunk, as far as the audience is known. */
export function customersOf({ chunkSize, customers }: RunRow, chunk: number): number {
  return chunkSize === null ? customers : Math.min((chunk + 1) * chunkSize, customers) - chunk * chunkSize
}
