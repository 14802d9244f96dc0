import type { Conditions } from '../bench/conditions.ts'
import type { Accepted } from './send-steadily.ts'

/** One by one, while a receiver takes every call. */
export interface SteadyRound {
  readonly accepted: readonly Accepted[]
  /** From each 202 to the call. */
  readonly toCallMs: readonly number[]
  /** Accepted and not called yet when the last 202 came. */
  readonly behind: number
  readonly caughtUpMs: number
  /** CPU time a trigger, of the service and of its sender. */
  readonly ownMicros: number
  readonly senderMicros: number
  readonly peakBytes: number
  /** Of one core: what programs took that are no part of this. */
  readonly othersShare: number
}

/** One by one, with the receiver gone, and the service killed in the middle. */
export interface KilledRound {
  readonly accepted: readonly Accepted[]
  /** Epoch ms of the kill, and when it listened again. */
  readonly killedAt: number
  readonly backAt: number
  /** Accepted, and never called. */
  readonly missing: number
  readonly twice: number
  readonly sentInMs: number
}

export interface StreamRound {
  readonly accepted: number
  readonly acceptedMs: number
  readonly calledMs: number
  readonly missing: number
}

/** An audience that is sent: checked whole, and one of its customers called. */
export interface UploadRound {
  readonly bytes: number
  readonly customers: number
  readonly answeredMs: number
  /** Most memory of the service before and after. */
  readonly peakBytesBefore: number
  readonly peakBytes: number
}

export interface Findings {
  readonly conditions: Conditions
  readonly perSecond: number
  readonly steady: SteadyRound
  readonly killed?: KilledRound
  readonly stream?: StreamRound
  readonly upload?: UploadRound
}

export function formatFindings({ conditions, perSecond, steady, killed, stream, upload }: Findings): string {
  const { machine, disk, versions, loadBefore, at } = conditions
  return [
    `- **when:** ${at}`,
    `- **machine:** ${machine}, sender and receiver on the same machine; load ${loadBefore.toFixed(1)} before`,
    `- **disk:** ${disk}`,
    `- **versions:** ${versions}`,
    '',
    ...formatAccepted([['receiver there', steady.accepted], ...(killed === undefined ? [] : roundsOf(killed))]),
    '',
    `With the receiver there: ${whole(steady.behind)} of ${whole(steady.accepted.length)} were not called yet when the last 202 came, and were ${whole(steady.caughtUpMs)} ms later. From 202 to call ${spread(steady.toCallMs)}. CPU a trigger: service ${whole(steady.ownMicros)} µs, sender ${whole(steady.senderMicros)} µs; at ${whole(perSecond)} a second ${whole(((steady.ownMicros + steady.senderMicros) * perSecond) / 10_000)} % of one core. Most memory of the service ${whole(steady.peakBytes / 1e6)} MB. Other programs took ${whole(steady.othersShare * 100)} % of one core meanwhile.`,
    ...(killed === undefined ? [] : ['', formatKilled(killed)]),
    ...(stream === undefined ? [] : ['', formatStream(stream)]),
    ...(upload === undefined ? [] : ['', formatUpload(upload)]),
    '',
  ].join('\n')
}

const RECOVERY_MS = 5000

/** A process that was just started has to take what has gathered, and to compile what it runs. */
function roundsOf({ accepted, killedAt, backAt }: KilledRound): readonly (readonly [string, readonly Accepted[]])[] {
  const dueAt = ({ at, waitMs }: Accepted): number => at - waitMs
  const isBefore = (one: Accepted): boolean => one.tries === 1 && one.at < killedAt
  const isAfter = (one: Accepted): boolean => dueAt(one) > backAt + RECOVERY_MS
  return [
    ['receiver gone, until the kill', accepted.filter(isBefore)],
    ['the kill, and 5 s from when it listens again', accepted.filter((one) => !isBefore(one) && !isAfter(one))],
    ['from then on', accepted.filter(isAfter)],
  ]
}

function formatAccepted(rounds: readonly (readonly [string, readonly Accepted[]])[]): string[] {
  const rows = rounds
    .filter(([, accepted]) => accepted.length > 0)
    .map(([name, accepted]) => {
      const at = accepted.map(({ at }) => at)
      const seconds = (Math.max(...at) - Math.min(...at)) / 1000
      const waits = accepted.map(({ waitMs }) => waitMs)
      const figures = [0.5, 0.95, 0.99, 1].map((share) => quantile(waits, share).toFixed(1))
      return [name, whole(accepted.length), whole(accepted.length / seconds), ...figures]
    })
  return [
    '| round | answered 202 | a second | p50 ms | p95 ms | p99 ms | max ms |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ]
}

function formatKilled({ accepted, killedAt, backAt, missing, twice, sentInMs }: KilledRound): string {
  const again = accepted.filter(({ tries }) => tries > 1)
  const known = again.filter(({ wasDuplicate }) => wasDuplicate).length
  return `With the kill: gone for ${whole(backAt - killedAt)} ms; ${whole(again.length)} triggers met that and were sent again, ${whole(known)} of them \`duplicate\` (on the disk before, the answer lost). Once the receiver was there it had all in ${(sentInMs / 1000).toFixed(1)} s: **${whole(missing)} of ${whole(accepted.length)} missing**, ${whole(twice)} called twice.`
}

function formatStream({ accepted, acceptedMs, calledMs, missing }: StreamRound): string {
  return `As one NDJSON stream: ${whole(accepted)} accepted in ${(acceptedMs / 1000).toFixed(1)} s (${whole((accepted * 1000) / acceptedMs)} a second), all called ${(calledMs / 1000).toFixed(1)} s after its beginning, ${whole(missing)} missing.`
}

export function formatUpload({ bytes, customers, answeredMs, peakBytesBefore, peakBytes }: UploadRound): string {
  return `An audience of ${whole(customers)} customers, ${(bytes / 1e9).toFixed(2)} GB, in one upload: answered after ${(answeredMs / 1000).toFixed(1)} s, checked and ready to be called. Most memory of the service ${whole(peakBytes / 1e6)} MB, ${whole(peakBytesBefore / 1e6)} MB before.`
}

function spread(values: readonly number[]): string {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => whole(quantile(values, share)))
  return `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
