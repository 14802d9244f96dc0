import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Caller, CallParts, Lane, Reply } from './caller.ts'
import { readCertificate } from './certificate.ts'
import { proofOf, wrongProofOf, type Endpoint } from './endpoint.ts'
import { LARGE_BYTES } from './grade-request.ts'
import { isShut, isStruggling } from './grade-load.ts'
import { runLoad, type Load } from './load.ts'
import { brokenBody, largeBody } from './payload.ts'
import { isTaken, meaningOf, wordsOf } from './reading.ts'
import type { ProbeId, Seen, SpoiledReply } from './seen.ts'

/** Where probes are made. */
export interface Site {
  readonly endpoint: Endpoint
  readonly caller: Caller
  readonly clock: Clock
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** As many connections: the same ones as long as nobody asks for another number. Others are closed before. */
  readonly laneOf: (connections: number) => Promise<Lane>
}

type SeenBefore = Partial<Seen> & Pick<Seen, 'valid'>

interface Probe<T> {
  /** Requests that it sends at most. */
  readonly cost: (endpoint: Endpoint) => number
  /** Why it cannot be made after what was seen, in words; null when it can. */
  readonly obstacle: (seen: SeenBefore) => string | null
  readonly look: (site: Site, seen: SeenBefore) => Promise<T>
}

const KEEP_ALIVE_CALLS = 4

/** What a load sends. The first of two with the same connections pays for opening them. */
const LOADS = {
  load1: { inFlight: 1, calls: 40 },
  load50: { inFlight: 50, calls: 100 },
  connections: { inFlight: 200, calls: 200 },
  load200: { inFlight: 200, calls: 240 },
} as const

/** Everything that can be looked at, in the order in which it is: what is least trouble comes first. */
export const PROBES: { readonly [K in ProbeId]: Probe<Seen[K]> } = {
  valid: {
    cost: () => 1,
    obstacle: () => null,
    look: ({ caller, endpoint }) => caller.callAlone(validCall(endpoint)),
  },
  certificate: {
    cost: () => 0,
    obstacle: ifAnswered,
    look: async ({ endpoint, clock }) => (endpoint.isTls ? readCertificate(endpoint, clock) : null),
  },
  noCredentials: {
    cost: ({ credentials }) => (credentials.kind === 'none' ? 0 : 1),
    obstacle: ifAnswered,
    look: async ({ caller, endpoint }, { valid }) =>
      endpoint.credentials.kind === 'none' ? valid : caller.callAlone({ body: endpoint.payload.text, proof: [] }),
  },
  wrongCredentials: {
    cost: () => 1,
    obstacle: ifAnswered,
    look: ({ caller, endpoint: { credentials, payload } }) =>
      caller.callAlone({
        body: payload.text,
        proof: wrongProofOf(credentials, `wrong-${randomBytes(12).toString('hex')}`),
      }),
  },
  broken: {
    cost: () => 1,
    obstacle: ifSucceeded,
    look: ({ caller, endpoint }) => caller.callAlone({ ...validCall(endpoint), body: brokenBody(endpoint.payload) }),
  },
  spoiled: {
    cost: ({ payload }) => payload.spoiled.length,
    obstacle: ifSucceeded,
    async look({ caller, endpoint }) {
      const replies: SpoiledReply[] = []
      for (const body of endpoint.payload.spoiled) {
        const reply = await caller.callAlone({ ...validCall(endpoint), body: body.text })
        replies.push({ body, reply })
      }
      return replies
    },
  },
  duplicate: {
    cost: () => 2,
    obstacle: ifTaken,
    async look({ caller, endpoint }) {
      const call = { ...validCall(endpoint), requestId: caller.nextRequestId() }
      return [await caller.callAlone(call), await caller.callAlone(call)]
    },
  },
  large: {
    cost: () => 1,
    obstacle: ifTaken,
    look: ({ caller, endpoint }) => {
      const requestId = caller.nextRequestId()
      const body = largeBody(endpoint.payload.text, { requestId, bytes: LARGE_BYTES })
      return caller.callAlone({ ...validCall(endpoint), body, requestId })
    },
  },
  keepAlive: {
    cost: () => KEEP_ALIVE_CALLS,
    obstacle: ifSucceeded,
    async look({ caller, endpoint }) {
      await using lane = caller.openLane(1)
      const replies: Reply[] = []
      while (replies.length < KEEP_ALIVE_CALLS) replies.push(await lane.call(validCall(endpoint)))
      return replies
    },
  },
  load1: load('load1', ifTaken),
  load50: load('load50', (seen) => ifTaken(seen) ?? ifBearing(seen.load1)),
  connections: load('connections', (seen) => ifTaken(seen) ?? ifBearing(seen.load1) ?? ifBearing(seen.load50)),
  load200: load('load200', (seen) => {
    const { load1, load50, connections } = seen
    const reason = ifTaken(seen) ?? ifBearing(load1) ?? ifBearing(load50) ?? ifBearing(connections)
    if (reason !== null) return reason
    return connections !== undefined && isShut(connections) ? 'Left out: see connections' : null
  }),
}

function load(id: keyof typeof LOADS, obstacle: Probe<Load>['obstacle']): Probe<Load> {
  const { inFlight, calls } = LOADS[id]
  return {
    cost: () => calls,
    obstacle,
    look: async ({ endpoint, now, laneOf }) =>
      runLoad(await laneOf(inFlight), { inFlight, calls, now, parts: () => validCall(endpoint) }),
  }
}

function validCall({ payload, credentials }: Endpoint): CallParts {
  return { body: payload.text, proof: proofOf(credentials) }
}

function ifAnswered({ valid }: SeenBefore): string | null {
  return valid.answer.kind === 'answered' ? null : 'No answer came to a valid call: see https and valid_call'
}

function ifSucceeded(seen: SeenBefore): string | null {
  const { valid } = seen
  if (valid.answer.kind === 'failed') return ifAnswered(seen)
  return meaningOf(valid) === 'success' ? null : `A valid call was ${wordsOf(valid)}: see valid_call`
}

function ifTaken(seen: SeenBefore): string | null {
  return isTaken(seen.valid)
    ? null
    : (ifSucceeded(seen) ?? 'A valid call was refused for what is in it: see valid_call')
}

function ifBearing(load: Load | undefined): string | null {
  if (load === undefined || !isStruggling(load)) return null
  const most = load.inFlight === 1 ? 'one call after the other' : `${load.inFlight} in flight`
  return `Left out: ${most} was too much already`
}
