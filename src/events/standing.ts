import type { STATES, DueDelivery, Lane } from './delivery.ts'
import type { EndpointLife } from './endpoint-life.ts'
import type { NextStep } from './next-step.ts'
import { timeOfSeq } from './public-id.ts'

/** How a delivery stands after an attempt, or after somebody's word. */
export interface Standing {
  readonly state: keyof typeof STATES
  readonly lane: Lane
  readonly tries: number
  /** While it is open. Of one that is held: when its message was accepted, which is its place in the order. */
  readonly dueAt: number | null
}

/**
 * Says how a delivery stands after an attempt that was not our own trouble.
 *
 * `isKept`: it has used up its attempts, and its endpoint holds what it has. One that is held keeps its place, and one with
 * which a restart was tried has its attempts still.
 */
export function standingAfter(
  { lane, tries, message }: Pick<DueDelivery, 'lane' | 'tries' | 'message'>,
  {
    step,
    endedAt,
    isKept,
    state,
  }: {
    readonly step: Exclude<NextStep, { kind: 'local' }>
    readonly endedAt: number
    readonly isKept: boolean
    readonly state: EndpointLife['state']
  },
): Standing {
  const held: Standing = { state: 'open', lane: 'held', tries: 0, dueAt: timeOfSeq(message) }
  switch (step.kind) {
    case 'sent':
      return { state: 'sent', lane, tries: tries + 1, dueAt: null }
    case 'retry':
      if (state === 'restarting') return held
      if (lane === 'held') return { ...held, tries: tries + 1 }
      return { state: 'open', lane, tries: tries + 1, dueAt: endedAt + step.waitMs }
    case 'failed':
      return isKept ? held : { state: 'failed', lane, tries: tries + 1, dueAt: null }
  }
}

/** The same for an endpoint that is in this state by now; null for one that was removed. */
export function standingUnder(standing: Standing, state: EndpointLife['state'] | null, message: number): Standing {
  if (standing.state !== 'open') return standing
  if (state === null || state === 'disabled') return { ...standing, state: 'cancelled', dueAt: null }
  return state === 'suspended' ? { state: 'open', lane: 'held', tries: 0, dueAt: timeOfSeq(message) } : standing
}
