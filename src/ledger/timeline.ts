/** What calls are told apart by over time; `calls` of an interval counts in this order. */
export const CALL_KINDS = ['2xx', '3xx', '4xx', '5xx', 'none'] as const

/** What a run did in a stretch of time. */
export interface Interval {
  /** Epoch ms, a multiple of `widthMs`. */
  readonly startedAt: number
  readonly widthMs: number
  /** Calls that ended here, by `CALL_KINDS`. */
  readonly calls: number[]
  /** Answers by `latencyStep`. */
  readonly latency: number[]
  /** The most calls that were in flight. */
  inFlight: number
  /** The fewest calls that were allowed to be in flight: pressure lowers it. */
  concurrency: number
}

/** What of it has to be written down: all of it when intervals were joined, else those that changed. */
export interface TimelineChange {
  readonly isRewritten: boolean
  readonly intervals: readonly Interval[]
}

/** Fine enough that a run of seconds has a picture. */
const FIRST_WIDTH_MS = 250
/** Only intervals in which something happened count: a night of waiting takes no room. */
const MOST_INTERVALS = 300

/**
 * Calls, latencies and calls in flight over time, in at most 300 intervals however long the run: when there would be
 * more, all become twice as wide. Recording a call costs two additions.
 */
export class Timeline {
  #intervals: Map<number, Interval>
  #widthMs: number
  #current: Interval | null = null
  #changed = new Set<Interval>()
  #isRewritten = false
  #last: { readonly at: number; readonly inFlight: number; readonly concurrency: number } | null = null

  /** Goes on from what the ledger holds. */
  constructor(intervals: readonly Interval[]) {
    this.#intervals = new Map(intervals.map((interval) => [interval.startedAt, interval]))
    this.#widthMs = intervals[0]?.widthMs ?? FIRST_WIDTH_MS
  }

  /** Counts a call that ended; `httpStatus` is null when no answer came. */
  record(at: number, { httpStatus, latencyMs }: { httpStatus: number | null; latencyMs: number }): void {
    const interval = this.#at(at)
    this.#changed.add(interval)
    const { calls, latency } = interval
    // A short call may come and go between two notes.
    interval.inFlight ||= 1
    if (httpStatus === null) calls[CALL_KINDS.length - 1]!++
    else {
      calls[Math.min(Math.max(Math.floor(httpStatus / 100) - 2, 0), CALL_KINDS.length - 2)]!++
      countStep(latency, latencyStep(latencyMs))
    }
  }

  /** Notes how many calls are in flight; it holds until the next note, also when nothing happens meanwhile. */
  note(at: number, inFlight: number, concurrency: number): void {
    const last = this.#last
    this.#last = { at, inFlight, concurrency }
    if (last !== null && last.inFlight > 0) {
      for (let between = last.at + this.#widthMs; between < at; between += this.#widthMs) this.#raise(between, last)
    }
    if (inFlight > 0) this.#raise(at, { inFlight, concurrency })
  }

  /** What has changed since the last call; null when nothing has. */
  take(): TimelineChange | null {
    if (this.#changed.size === 0) return null
    const intervals = this.#isRewritten ? [...this.#intervals.values()] : [...this.#changed]
    const change = { isRewritten: this.#isRewritten, intervals }
    this.#changed = new Set()
    this.#isRewritten = false
    return change
  }

  #raise(at: number, { inFlight, concurrency }: { inFlight: number; concurrency: number }): void {
    const interval = this.#at(at)
    const lowest = interval.concurrency === 0 ? concurrency : Math.min(interval.concurrency, concurrency)
    if (interval.inFlight >= inFlight && interval.concurrency === lowest) return
    interval.inFlight = Math.max(interval.inFlight, inFlight)
    interval.concurrency = lowest
    this.#changed.add(interval)
  }

  #at(at: number): Interval {
    const startedAt = startOf(at, this.#widthMs)
    if (this.#current?.startedAt === startedAt) return this.#current
    const known = this.#intervals.get(startedAt)
    if (known !== undefined) return (this.#current = known)
    if (this.#intervals.size >= MOST_INTERVALS) {
      this.#widen()
      return this.#at(at)
    }
    const interval = emptyInterval(startedAt, this.#widthMs)
    this.#intervals.set(startedAt, interval)
    return (this.#current = interval)
  }

  #widen(): void {
    this.#widthMs *= 2
    const joined = joinIntervals([...this.#intervals.values()], this.#widthMs)
    this.#intervals = new Map(joined.map((interval) => [interval.startedAt, interval]))
    this.#current = null
    this.#isRewritten = true
    this.#changed = new Set(joined)
  }
}

/** Joins intervals into wider ones, in the order of time. */
export function joinIntervals(intervals: readonly Interval[], widthMs: number): Interval[] {
  const joined = new Map<number, Interval>()
  for (const { startedAt: at, calls, latency, inFlight, concurrency } of intervals) {
    const startedAt = startOf(at, widthMs)
    const into = joined.get(startedAt) ?? emptyInterval(startedAt, widthMs)
    joined.set(startedAt, into)
    for (const [kind, count] of calls.entries()) into.calls[kind]! += count
    for (const [step, count] of latency.entries()) countStep(into.latency, step, count)
    into.inFlight = Math.max(into.inFlight, inFlight)
    if (concurrency > 0) into.concurrency = Math.min(into.concurrency || concurrency, concurrency)
  }
  return [...joined.values()].toSorted((a, b) => a.startedAt - b.startedAt)
}

function emptyInterval(startedAt: number, widthMs: number): Interval {
  return { startedAt, widthMs, calls: CALL_KINDS.map(() => 0), latency: [], inFlight: 0, concurrency: 0 }
}

function startOf(at: number, widthMs: number): number {
  return Math.floor(at / widthMs) * widthMs
}

function countStep(latency: number[], step: number, by = 1): void {
  while (latency.length <= step) latency.push(0)
  latency[step]! += by
}

/** Four steps to each doubling: an hour is step 87, and a percentile at most a tenth off. */
const STEPS_PER_DOUBLING = 4

function latencyStep(latencyMs: number): number {
  return Math.floor(Math.log2(1 + Math.max(0, latencyMs)) * STEPS_PER_DOUBLING)
}

/** The latency (ms) that a share of an interval's answers did not exceed, between the ends of its step; null without answers. */
export function intervalPercentile({ latency }: Interval, share: number): number | null {
  const wanted = share * latency.reduce((sum, count) => sum + count, 0)
  if (wanted === 0) return null
  let seen = 0
  for (const [step, count] of latency.entries()) {
    seen += count
    if (seen < wanted || count === 0) continue
    return 2 ** ((step + 1 - (seen - wanted) / count) / STEPS_PER_DOUBLING) - 1
  }
  return null
}
