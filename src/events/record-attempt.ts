import type { Clock } from '../clock.ts'
import type { Statements } from '../ledger/group-store.ts'
import { writeAttempt, type Attempt } from './attempts.ts'
import type { Days } from './days.ts'
import { writeStanding } from './deliveries.ts'
import type { EndpointLife } from './endpoint-life.ts'
import type { Endpoint } from './endpoints.ts'
import { standingUnder, type Standing } from './standing.ts'

export interface EndedAttempt {
  readonly attempt: Attempt
  readonly standing: Standing
  /** As it was when the call began. */
  readonly endpoint: Endpoint
}

export interface RecordParts {
  readonly days: Pick<Days, 'find'>
  readonly clock: Clock
  /** The state of the endpoint by now; null for one that was removed. */
  readonly stateNow: () => EndpointLife['state'] | null
  /** Writes what is to be told of it, in the same commit. */
  readonly note: (store: Statements, ended: EndedAttempt) => void
  /** Told of each time that it could not be written; gives whether to go on trying. */
  readonly onTrouble: (error: unknown) => boolean
}

const PAUSE_MS = 1000

/**
 * Writes an attempt, and how its delivery stands after it: what is known is not forgotten while the disk is full.
 *
 * Gives how it stands by now, as somebody may have said something about the endpoint meanwhile; null when it was given up.
 */
export async function recordAttempt(
  { attempt, standing, endpoint }: EndedAttempt,
  { days, clock, stateNow, note, onTrouble }: RecordParts,
): Promise<EndedAttempt | null> {
  let ended: EndedAttempt = { attempt, standing, endpoint }
  for (;;) {
    try {
      // A day whose time is over is gone with all that was open.
      await days.find(attempt.message)?.store.commit((store) => {
        ended = { attempt, endpoint, standing: standingUnder(standing, stateNow(), attempt.message) }
        writeStanding(store, attempt, ended.standing)
        writeAttempt(store, attempt)
        note(store, ended)
      })
      return ended
    } catch (error) {
      if (!onTrouble(error)) return null
      await clock.sleep(PAUSE_MS)
    }
  }
}
