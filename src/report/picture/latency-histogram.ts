import { latencyOfBucket } from '../../ledger/numbers.ts'
import { html, type Markup } from '../markup.ts'
import { formatSpan, number } from '../text-layout.ts'
import { columnChart, type Tick } from './column-chart.ts'
import { ticksTo } from './scale.ts'

export interface Latency {
  /** Counts of answers by bucket of `latencyBucket`. */
  readonly buckets: Readonly<Record<string, number>>
  /** The percentiles that are marked, ms. */
  readonly marked: Readonly<Record<string, number>>
}

/**
 * Edges of columns. The eye compares doublings (half a second is as far from 1 s as 5 ms from 10), so each has four
 * columns; those below 4 ms are the milliseconds that were counted.
 */
const EDGES_MS = [1, 2, 3, ...Array.from({ length: 90 }, (_, at) => 4 * 2 ** (at / 4))]
const FEWEST_COLUMNS = 12
const MARK_DISTANCE = 0.08

interface Bin {
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
}

/** Draws how many answers took how long, over an axis on which each doubling is as wide as any other, with a table. */
export function latencyHistogram({ buckets, marked }: Latency): Markup {
  const bins = binsOf(buckets)
  const first = stepOf(bins[0]!.fromMs)
  const last = stepOf(bins.at(-1)!.toMs)
  const placeOf = (ms: number): number => Math.min(1, Math.max(0, (stepOf(ms) - first) / (last - first)))
  const most = Math.max(...bins.map(({ count }) => count))
  const answers = bins.reduce((sum, { count }) => sum + count, 0)
  const told = Object.entries(marked).map(([name, ms]) => `${name} ${number(ms)} ms`)
  return html`<figure>
    ${columnChart({
      id: 'latency',
      title: 'How long answers took',
      description: `${number(answers)} answers: ${told.join(', ')}.`,
      colors: ['latency-half'],
      columns: bins.map(({ fromMs, toMs, count }) => ({
        at: placeOf(fromMs),
        width: placeOf(toMs) - placeOf(fromMs),
        values: [count],
        told: `${rangeText(fromMs, toMs)}: ${number(count)}`,
      })),
      yTicks: ticksTo(most).map((value) => ({ value, label: number(value) })),
      xTicks: ticksOf(bins[0]!.fromMs, bins.at(-1)!.toMs, placeOf),
      marks: marksOf(marked, placeOf),
    })}
    <details class="numbers">
      <summary>The same as a table</summary>
      <div class="wide">
        <table>
          <caption>
            Answers by latency
          </caption>
          <thead>
            <tr>
              <th scope="col">from, to below</th>
              <th scope="col">answers</th>
            </tr>
          </thead>
          <tbody>
            ${bins
              .filter(({ count }) => count > 0)
              .map(
                ({ fromMs, toMs, count }) =>
                  html`<tr>
                    <th scope="row">${rangeText(fromMs, toMs)}</th>
                    <td>${number(count)}</td>
                  </tr>`,
              )}
          </tbody>
        </table>
      </div>
    </details>
  </figure>`
}

/** Answers within a millisecond stand in the first column. */
function stepOf(ms: number): number {
  return Math.log2(Math.max(ms, 1))
}

/** A counted bucket that reaches over an edge is shared out; whole answers come out, and as many as went in. */
function binsOf(buckets: Latency['buckets']): Bin[] {
  const shares = EDGES_MS.map(() => 0)
  for (const [bucket, count] of Object.entries(buckets)) {
    const [fromMs, toMs] = [latencyOfBucket(Number(bucket)), latencyOfBucket(Number(bucket) + 1)]
    for (const bin of shares.keys()) {
      const [left, right] = edgesOf(bin)
      const common = Math.min(toMs, right) - Math.max(fromMs, left)
      if (common > 0) shares[bin]! += (common / (toMs - fromMs)) * count
    }
  }
  let sum = 0
  const counts = shares.map((share) => {
    const before = Math.round(sum)
    sum += share
    return Math.round(sum) - before
  })
  const used = [...counts.keys()].filter((bin) => counts[bin]! > 0)
  let [first, last] = [used[0] ?? 0, used.at(-1) ?? 0]
  // A run whose answers all took the same time is still shown on an axis.
  while (last - first + 1 < FEWEST_COLUMNS) {
    last++
    if (first > 0) first--
  }
  return counts.slice(first, last + 1).map((count, at) => {
    const [fromMs, toMs] = edgesOf(first + at)
    return { fromMs: Math.max(fromMs, 1), toMs, count }
  })
}

function edgesOf(bin: number): readonly [number, number] {
  return [bin === 0 ? 0 : EDGES_MS[bin]!, EDGES_MS[bin + 1] ?? Number.POSITIVE_INFINITY]
}

function ticksOf(fromMs: number, toMs: number, placeOf: (ms: number) => number): Tick[] {
  const round = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat()
  const inside = round.filter((ms) => ms >= fromMs * 0.99 && ms <= toMs * 1.01)
  const tens = inside.filter((ms) => String(ms).startsWith('1'))
  const shown = inside.length <= 6 || tens.length < 3 ? inside : tens
  const every = Math.ceil(shown.length / 6)
  return shown.filter((_, at) => at % every === 0).map((ms) => ({ at: placeOf(ms), label: formatSpan(ms) }))
}

/** Names that would touch are left out; their lines stay. */
function marksOf(marked: Latency['marked'], placeOf: (ms: number) => number): Tick[] {
  let before = -1
  return Object.entries(marked).map(([name, ms]) => {
    const at = placeOf(ms)
    const isFree = at - before >= MARK_DISTANCE
    if (isFree) before = at
    return { at, label: isFree ? name : '' }
  })
}

function rangeText(fromMs: number, toMs: number): string {
  return fromMs <= 1 ? `below ${edgeText(toMs)}` : `${edgeText(fromMs)} to ${edgeText(toMs)}`
}

function edgeText(ms: number): string {
  return ms < 10 ? `${Math.round(ms * 10) / 10} ms` : formatSpan(ms)
}
