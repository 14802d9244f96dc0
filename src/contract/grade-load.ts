import type { Reply } from './caller.ts'
import { cannotTell, fail, pass, warn, type Evidence, type Finding } from './finding.ts'
import { percentile, type Load } from './load.ts'
import { CONSEQUENCES, meaningOf, statusOf } from './reading.ts'

/** The contract's limit for an answer. */
const LIMIT_MS = 1_000

interface Counted {
  readonly good: readonly Reply[]
  readonly throttled: readonly Reply[]
  /** Answers that stop a campaign. */
  readonly stopping: readonly Reply[]
  readonly late: readonly Reply[]
  /** Connections that were refused or lost. */
  readonly lost: readonly Reply[]
  readonly local: readonly Reply[]
}

function count({ replies }: Load): Counted {
  const failedBy = (...codes: readonly string[]): readonly Reply[] =>
    replies.filter(({ answer }) => answer.kind === 'failed' && codes.includes(answer.code))
  const meaning = (...meanings: readonly (string | null)[]): readonly Reply[] =>
    replies.filter((reply) => meanings.includes(meaningOf(reply)))
  const late = failedBy('timeout')
  const local = failedBy('local')
  return {
    good: meaning('success'),
    throttled: meaning('retried'),
    stopping: meaning('stops_all', 'stops_chunk', 'redirect'),
    late,
    local,
    lost: meaning(null).filter((reply) => !late.includes(reply) && !local.includes(reply)),
  }
}

/** More than half of the calls came to no good for a reason that more calls would make worse. */
export function isStruggling(load: Load): boolean {
  const { throttled, late, stopping } = count(load)
  return (throttled.length + late.length + stopping.length) * 2 > load.replies.length
}

/** Fewer than half of the connections were taken. */
export function isShut(load: Load): boolean {
  return count(load).lost.length * 2 > load.replies.length
}

/** Do answers come within a second? */
export function gradeLatency(load: Load): Finding {
  const { inFlight, replies, isCut } = load
  const counted = count(load)
  const { good, throttled, stopping, late, local } = counted
  const latencies = latenciesOf(good)
  const numbers = {
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
  }
  const evidence: Evidence = {
    in_flight: inFlight,
    calls: replies.length,
    answers: answersOf(replies),
    ...(latencies.length === 0 ? {} : latencyEvidence(numbers, latencies)),
  }
  const at = inFlight === 1 ? 'One call after the other' : `At ${inFlight} in flight`
  const of = (some: readonly Reply[]): string => `${at} ${some.length} of ${replies.length} calls`
  const faster = 'Answer as soon as the work is taken over, and do it afterwards, in a queue'
  const [stop] = stopping
  if (local.length > 0) return cannotTell(`${at} this machine ran out of files, ports or memory`, null, evidence)
  if (stop !== undefined) {
    const fix = 'Under load answer with 429 or 503 and Retry-After what you cannot take now'
    const answer = `${statusOf(stop)}, ${CONSEQUENCES[meaningOf(stop) ?? 'stops_all']}`
    return fail(`${of(stopping)} were answered with ${answer}`, fix, evidence)
  }
  if (late.length > 0) return fail(`${of(late)} were not answered within 10 s`, faster, evidence)
  if (good.length * 2 < replies.length && throttled.length === 0) {
    return cannotTell(`${at} too few calls were answered: see connections`, null, evidence)
  }
  if (throttled.length > 0) {
    const fix = `Take ${inFlight} calls at once, or set a lower concurrency or a rate in the campaign`
    return warn(`${of(throttled)} were put off (429 or 5xx)`, fix, evidence)
  }
  const told = `${at} half of the answers came within ${ms(numbers.p50)}, 95 % within ${ms(numbers.p95)}, 99 % within ${ms(numbers.p99)}`
  if (numbers.p50 >= LIMIT_MS || numbers.p95 >= LIMIT_MS) return fail(told, faster, evidence)
  if (numbers.p99 >= LIMIT_MS || isCut) return warn(told, faster, evidence)
  return pass(told, evidence)
}

/**
 * What answers took, in ascending order.
 *
 * A run makes its connections once and keeps them: where at least half of the calls had one, the others say nothing.
 */
function latenciesOf(good: readonly Reply[]): readonly number[] {
  const kept = good.filter(({ wasReusedConnection }) => wasReusedConnection)
  const chosen = kept.length * 2 >= good.length ? kept : good
  return chosen.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b)
}

function latencyEvidence(numbers: { p50: number; p95: number; p99: number }, sorted: readonly number[]): Evidence {
  const { p50, p95, p99 } = numbers
  return { p50_ms: Math.ceil(p50), p95_ms: Math.ceil(p95), p99_ms: Math.ceil(p99), max_ms: Math.ceil(sorted.at(-1)!) }
}

function ms(value: number): string {
  return `${Math.ceil(value).toLocaleString('en-US')} ms`
}

/** How many answers there were of each status, and how many calls had none, by cause. */
function answersOf(replies: readonly Reply[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { answer } of replies) {
    const code = answer.kind === 'answered' ? String(answer.httpStatus) : answer.code
    counts[code] = (counts[code] ?? 0) + 1
  }
  return counts
}

/** Are as many connections taken as a campaign opens? */
export function gradeConnections(burst: Load): Finding {
  const { lost, late, local } = count(burst)
  const total = burst.replies.length
  const evidence = { connections: total, answers: answersOf(burst.replies) }
  if (local.length > 0) {
    return cannotTell('This machine ran out of files, ports or memory', 'Raise ulimit -n to 1024 or more', evidence)
  }
  const taken = total - lost.length - late.length
  if (taken === total) return pass(`${total} connections at once were taken, and answered`, evidence)
  const fix = `Take ${total} connections at once, or set concurrency to what you take in the campaign`
  return fail(`Of ${total} connections at once, ${taken} were taken and answered`, fix, evidence)
}
