import { formatNumber, formatSpan } from '../../report/report.ts'
import type { CustomerCounts } from '../../report/report.ts'
import { words } from '../words.ts'

/** A run's pace in words, as it is seen by looking at it now and then. */
export interface SeenPace {
  readonly rate: string
  readonly left: string
}

const LOOKS = 12
const LEAST_MS = 400

/** Customers that end a second, over the last looks: an average over hours of waiting would hide it. */
export class SeenPaces {
  readonly #looks = new Map<string, { readonly at: number; readonly ended: number }[]>()

  look(runId: string, counts: CustomerCounts, now: number): SeenPace {
    const looks = this.#looks.get(runId) ?? []
    this.#looks.set(runId, looks)
    looks.push({ at: now, ended: endedOf(counts) })
    if (looks.length > LOOKS) looks.shift()
    const [oldest] = looks
    const last = looks.at(-1)!
    if (oldest === undefined || last.at - oldest.at < LEAST_MS) return { rate: '…', left: '…' }
    const perSecond = ((last.ended - oldest.ended) * 1000) / (last.at - oldest.at)
    const open = counts.customers - endedOf(counts)
    const left = perSecond > 0 ? formatSpan(Math.ceil(open / perSecond) * 1000) : words.none
    return { rate: rateText(perSecond), left: open === 0 ? formatSpan(0) : left }
  }
}

export function rateText(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : formatNumber(Math.round(perSecond))}/s`
}

function endedOf({ sent, failed, aborted, suppressed }: CustomerCounts): number {
  return sent + failed + aborted + suppressed
}
