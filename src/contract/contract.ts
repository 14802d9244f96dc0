import { createRunId } from '../campaign/run-id.ts'
import type { Clock } from '../clock.ts'
import { Caller, LaneStand } from './caller.ts'
import { CHECKS } from './checks.ts'
import { secretsOf, type Endpoint } from './endpoint.ts'
import { CHECK_IDS, cannotTell, type CheckId, type Finding } from './finding.ts'
import { gradeHttps } from './grade-connection.ts'
import { createPrinter } from './printer.ts'
import { PROBES, type Site } from './probes.ts'
import type { ProbeId, Seen } from './seen.ts'

export { createEndpoint } from './endpoint.ts'
export type { Credentials, Endpoint, HeaderLine } from './endpoint.ts'
export { CHECK_IDS } from './finding.ts'
export type { CheckId, Finding } from './finding.ts'
export { parsePayload, referencePayload } from './payload.ts'
export type { Payload } from './payload.ts'

/** What is to be looked at, and how many requests that takes. */
export interface ContractPlan {
  readonly endpoint: Endpoint
  readonly checks: readonly CheckId[]
  /** In the order in which they are made. */
  readonly probes: readonly ProbeId[]
  /** Probes that would have taken more requests than are allowed. */
  readonly tooMany: readonly ProbeId[]
  /** At most as many requests are sent. */
  readonly requests: number
}

export interface PlanOptions {
  /** Null: all. */
  readonly only: readonly CheckId[] | null
  readonly skip: readonly CheckId[]
  readonly maxRequests: number
}

/** One line of the report: a finding, and what was looked for. */
export interface CheckReport extends Finding {
  readonly id: CheckId
}

/** What `check --json` prints: a promise to programs. */
export interface ContractReport {
  readonly schema: 1
  readonly url: string
  /** The worst that was found; `warn` also when nothing could be told at all. */
  readonly grade: 'pass' | 'warn' | 'fail'
  readonly checks: readonly CheckReport[]
}

export interface CheckOptions {
  readonly clock: Clock
  /** Monotonic milliseconds. Default: `performance.now()`. */
  readonly now?: () => number
  readonly version: string
  readonly signal: AbortSignal
  /** Called before each probe, with what has been sent so far. */
  readonly onProgress?: (requestsSent: number) => void
}

/** Plans what is looked at, before anything is sent: so that people can be told how much it will be. */
export function planContract(endpoint: Endpoint, { only, skip, maxRequests }: PlanOptions): ContractPlan {
  const checks = CHECK_IDS.filter((id) => (only ?? CHECK_IDS).includes(id) && !skip.includes(id))
  const needed = new Set(endpoint.isInClear ? [] : checks.flatMap((id) => CHECKS[id].probes))
  const probes: ProbeId[] = []
  const tooMany: ProbeId[] = []
  let requests = 0
  for (const id of Object.keys(PROBES) as ProbeId[]) {
    if (!needed.has(id)) continue
    const cost = PROBES[id].cost(endpoint)
    if (requests + cost > maxRequests) tooMany.push(id)
    else {
      probes.push(id)
      requests += cost
    }
  }
  return { endpoint, checks, probes, tooMany, requests }
}

/**
 * Makes the calls of a plan one probe after the other, and grades what was seen.
 *
 * An API that is not reached, or does not bear a load, is not called on: what follows from that cannot be told.
 *
 * @throws whatever the signal was aborted with; calls in flight are given up then.
 */
export async function checkContract(plan: ContractPlan, options: CheckOptions): Promise<ContractReport> {
  const { endpoint, checks } = plan
  const { seen, leftOut } = await look(plan, options)
  const surroundings = { endpoint, at: options.clock.now() }
  const gradeOf = (id: CheckId): Finding => {
    if (endpoint.isInClear) return id === 'https' ? gradeHttps({}, endpoint) : cannotTell('Nothing was sent: see https')
    const reason = CHECKS[id].probes.map((probe) => leftOut.get(probe)).find((reason) => reason !== undefined)
    return reason === undefined ? CHECKS[id].grade(seen, surroundings) : reason
  }
  const print = createPrinter(secretsOf(endpoint.credentials))
  const reports = checks.map((id): CheckReport => {
    const { status, message, fix, evidence } = gradeOf(id)
    return { id, status, message: print(message), fix, evidence: print(evidence) }
  })
  return { schema: 1, url: endpoint.printableUrl, grade: gradeFrom(reports), checks: reports }
}

type Seeing = { -readonly [K in ProbeId]?: Seen[K] }

interface Looked {
  readonly seen: Partial<Seen>
  /** Why a probe was not made. */
  readonly leftOut: ReadonlyMap<ProbeId, Finding>
}

async function look({ endpoint, probes, tooMany, requests }: ContractPlan, options: CheckOptions): Promise<Looked> {
  const { clock, signal, version, onProgress, now = () => performance.now() } = options
  const settings = {
    clock,
    now,
    signal,
    most: requests,
    runId: createRunId(clock.now()),
    userAgent: `hookcast/${version}`,
  }
  const caller = new Caller(endpoint, settings)
  await using lanes = new LaneStand(caller)
  const site: Site = { endpoint, caller, clock, now, laneOf: (connections) => lanes.laneOf(connections) }
  const seen: Seeing = {}
  const leftOut = new Map(tooMany.map((id) => [id, beyondLimit(id, endpoint)]))
  for (const id of probes) {
    signal.throwIfAborted()
    onProgress?.(caller.sent)
    const obstacle = seen.valid === undefined ? null : PROBES[id].obstacle({ ...seen, valid: seen.valid })
    if (obstacle === null) await make(id, site, seen)
    else leftOut.set(id, cannotTell(obstacle))
  }
  return { seen, leftOut }
}

/** The first probe of all is that of a valid call, and it has no obstacle: the others come after it. */
async function make(id: ProbeId, site: Site, seen: Seeing): Promise<void> {
  const before = seen as Partial<Seen> & Pick<Seen, 'valid'>
  Object.assign(seen, { [id]: await PROBES[id].look(site, before) })
}

function beyondLimit(id: ProbeId, endpoint: Endpoint): Finding {
  const cost = PROBES[id].cost(endpoint)
  return cannotTell(`It would have taken ${cost} more requests than were allowed`, 'Allow more by --max-requests')
}

function gradeFrom(checks: readonly CheckReport[]): ContractReport['grade'] {
  const has = (status: Finding['status']): boolean => checks.some((each) => each.status === status)
  if (has('fail')) return 'fail'
  return has('warn') || !has('pass') ? 'warn' : 'pass'
}
