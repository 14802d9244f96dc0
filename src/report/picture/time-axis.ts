import { joinIntervals, type Interval } from '../../ledger/timeline.ts'
import { formatSpan } from '../text-layout.ts'
import type { Tick } from './column-chart.ts'
import { spanStep } from './scale.ts'

/** An interval and its place across a picture, in shares of the width. */
export interface PlacedInterval {
  readonly at: number
  readonly width: number
  readonly interval: Interval
}

export interface TimeAxis {
  readonly placed: readonly PlacedInterval[]
  readonly breaks: readonly { readonly at: number; readonly width: number; readonly told: string }[]
  readonly ticks: readonly Tick[]
  readonly widthMs: number
}

/** More columns than that are too thin to see. */
const MOST_SLOTS = 150
/** A stretch in which nothing happened is left out when it is longer than this, and than this share of the rest. */
const IDLE_SLOTS = 6
const IDLE_SHARE = 0.2
const BREAK_SHARE = 0.03
/** Labels closer than this would touch on a phone. */
const TICK_DISTANCE = 0.17
const TICKS = 5

interface Slot {
  /** Null: time that is left out. */
  readonly startedAt: number | null
  readonly slots: number
  readonly interval: Interval | null
}

/**
 * Places intervals along the time since `startedAt` so that each can be seen: they are joined until they fit, and long
 * waits (for a retry, for a resume) are cut out, as twelve seconds of calls before five minutes of waiting would be a hair.
 */
export function placeIntervals(intervals: readonly Interval[], startedAt: number): TimeAxis {
  let joined = intervals
  let slots = slotsOf(joined, startedAt)
  while (countSlots(slots) > MOST_SLOTS) {
    joined = joinIntervals(joined, joined[0]!.widthMs * 2)
    slots = slotsOf(joined, startedAt)
  }
  const widthMs = joined[0]?.widthMs ?? 1
  const all = Math.max(countSlots(slots), 1)
  const placed: PlacedInterval[] = []
  const breaks: { at: number; width: number; told: string }[] = []
  const places: { at: number; afterMs: number; isFirst: boolean }[] = []
  let from = 0
  let isFirst = true
  for (const { startedAt: slotAt, slots: count, interval } of slots) {
    const [at, width] = [from / all, count / all]
    from += count
    if (slotAt === null) {
      breaks.push({ at, width, told: 'Nothing happened: this time is left out' })
      isFirst = true
      continue
    }
    places.push({ at, afterMs: slotAt - startedAt, isFirst })
    isFirst = false
    if (interval !== null) placed.push({ at, width, interval })
  }
  return { placed, breaks, ticks: ticksOf(places, widthMs), widthMs }
}

function slotsOf(intervals: readonly Interval[], runStartedAt: number): Slot[] {
  const idleSlots = Math.max(IDLE_SLOTS, intervals.length * IDLE_SHARE)
  const breakSlots = Math.max(1, Math.round(intervals.length * BREAK_SHARE))
  const slots: Slot[] = []
  for (const [at, interval] of intervals.entries()) {
    const { startedAt, widthMs } = interval
    const before = intervals[at - 1]
    const firstAt = Math.min(Math.floor(runStartedAt / widthMs) * widthMs, startedAt)
    const emptyFrom = before === undefined ? firstAt : before.startedAt + widthMs
    const empty = (startedAt - emptyFrom) / widthMs
    if (empty > idleSlots) slots.push({ startedAt: null, slots: breakSlots, interval: null })
    else for (let k = 0; k < empty; k++) slots.push({ startedAt: emptyFrom + k * widthMs, slots: 1, interval: null })
    slots.push({ startedAt, slots: 1, interval })
  }
  return slots
}

function countSlots(slots: readonly Slot[]): number {
  return slots.reduce((sum, { slots: count }) => sum + count, 0)
}

/** Round times, and the time at which it goes on after a break. */
function ticksOf(
  places: readonly { readonly at: number; readonly afterMs: number; readonly isFirst: boolean }[],
  widthMs: number,
): Tick[] {
  const step = spanStep(Math.max(places.length * widthMs, 1), TICKS)
  const ticks: Tick[] = []
  const add = (at: number, afterMs: number): void => {
    if (ticks.every((tick) => Math.abs(tick.at - at) >= TICK_DISTANCE)) {
      ticks.push({ at, label: afterMs <= 0 ? '0 s' : formatSpan(afterMs) })
    }
  }
  for (const { at, afterMs, isFirst } of places) if (isFirst) add(at, Math.max(0, afterMs))
  for (const { at, afterMs } of places) {
    const round = Math.ceil(afterMs / step) * step
    if (round - afterMs < widthMs && round > 0) add(at, round)
  }
  return ticks.toSorted((a, b) => a.at - b.at)
}
