import type { Progress } from '../runner/runner.ts'
import { cut, formatSpan, number } from './text-layout.ts'

export interface ProgressLayout {
  readonly width: number
  readonly isTerminal: boolean
  /** Epoch ms: what a due retry is still away. */
  readonly now: number
}

const SHORTEST_BAR = 10
const LONGEST_BAR = 30
const FULL = '█'
const EMPTY = '░'

/** Writes how far a run is as one line without a line break: with a bar on a terminal, for a log without one. */
export function formatProgress(progress: Progress, { width, isTerminal, now }: ProgressLayout): string {
  const ended = endedOf(progress)
  const parts = partsOf(progress, now)
  if (!isTerminal) return [`${number(ended)} of ${totalOf(progress)} customers`, ...parts].join(', ')
  const head = `${shareOf(progress)}  ${number(ended)}/${totalOf(progress)}`
  // A line as wide as the terminal would be broken by some, and then be written over in part only.
  const room = width - 1
  for (let shown = parts.length; shown > 0; shown--) {
    const text = [head, ...parts.slice(0, shown)].join('  ')
    const barWidth = Math.min(LONGEST_BAR, room - text.length - 1)
    if (barWidth >= SHORTEST_BAR) return `${barOf(progress, barWidth)} ${text}`
  }
  return cut(head, room)
}

function endedOf({ numbers: { sent, failed, suppressed }, aborted }: Progress): number {
  return sent + failed + suppressed + aborted
}

function totalOf({ customers, isAudienceComplete }: Progress): string {
  return isAudienceComplete ? number(customers) : `${number(customers)}+`
}

function fractionOf(progress: Progress): number {
  const { customers, isAudienceComplete } = progress
  if (customers === 0) return isAudienceComplete ? 1 : 0
  return Math.min(1, endedOf(progress) / customers)
}

function shareOf(progress: Progress): string {
  // Rounded down: 100 % is said of everybody only.
  return `${String(Math.floor(fractionOf(progress) * 100)).padStart(3)} %`
}

function barOf(progress: Progress, width: number): string {
  const filled = Math.floor(fractionOf(progress) * width)
  return FULL.repeat(filled) + EMPTY.repeat(width - filled)
}

/** The most telling first: a narrow terminal shows the beginning. */
function partsOf(progress: Progress, now: number): string[] {
  const { numbers, aborted, inFlight, nextDueAt, perSecond, customers, isAudienceComplete } = progress
  const parts = [`${number(numbers.sent)} sent`]
  if (numbers.failed > 0) parts.push(`${number(numbers.failed)} failed`)
  if (aborted > 0) parts.push(`${number(aborted)} aborted`)
  if (numbers.suppressed > 0) parts.push(`${number(numbers.suppressed)} suppressed`)
  const left = customers - endedOf(progress)
  const isOnlyWaiting = inFlight === 0 && left > 0 && nextDueAt !== null && nextDueAt > now
  if (isOnlyWaiting) return [...parts, `next retry in ${formatSpan(roundUp(nextDueAt - now))}`]
  if (perSecond !== null) parts.push(`${rateFrom(perSecond)}/s`)
  if (perSecond !== null && perSecond > 0 && left > 0 && isAudienceComplete) {
    parts.push(`ETA ${formatSpan(roundUp((left / perSecond) * 1000))}`)
  }
  if (inFlight > 0) parts.push(`${number(inFlight)} in flight`)
  return parts
}

function rateFrom(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : number(Math.round(perSecond))
}

function roundUp(ms: number): number {
  return Math.ceil(ms / 1000) * 1000
}
