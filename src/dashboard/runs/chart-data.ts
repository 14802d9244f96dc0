import { CALL_KINDS, intervalPercentile, joinIntervals, type Interval } from '../../ledger/timeline.ts'
import { formatNumber, html, type Markup, type RunStory } from '../../report/report.ts'
import { words } from '../words.ts'
import { rateText } from './pace.ts'

const { run: say } = words

const NAMES: Readonly<Record<(typeof CALL_KINDS)[number], string>> = {
  '2xx': '2xx',
  '3xx': '3xx',
  '4xx': '4xx',
  '5xx': '5xx',
  none: say.noAnswer,
}

/** A point of time with the interval that is there; null where nothing happened. */
interface Point {
  /** Epoch seconds. */
  readonly at: number
  readonly interval: Interval | null
}

/** What the charts of a run draw, as JSON text by the ids of their places. */
export function chartData({ intervals }: RunStory): Record<string, string> {
  const points = pointsOf(intervals)
  const times = points.map(({ at }) => at)
  const kinds = CALL_KINDS.filter((_, kind) => intervals.some(({ calls }) => calls[kind]! > 0))
  const calls = kinds.map((kind) => ({
    name: NAMES[kind],
    color: `kind-${kind}`,
    isFilled: kind === '2xx',
    values: points.map(({ interval }) => (interval === null ? 0 : perSecond(interval, CALL_KINDS.indexOf(kind)))),
  }))
  const latency = [
    { name: 'p50', share: 0.5, color: 'calls', isFilled: true },
    { name: 'p95', share: 0.95, color: 'waiting', isFilled: false },
    { name: 'p99', share: 0.99, color: 'failed', isFilled: false },
  ].map(({ share, ...series }) => ({
    ...series,
    values: points.map(({ interval }) => (interval === null ? null : rounded(intervalPercentile(interval, share)))),
  }))
  return {
    'chart-calls': JSON.stringify({ title: say.callsTitle, unit: '/s', times, series: calls }),
    'chart-latency': JSON.stringify({ title: say.latencyTitle, unit: 'ms', times, series: latency }),
  }
}

/** Where nothing happened the line is on the ground, and not drawn across. */
function pointsOf(intervals: readonly Interval[]): Point[] {
  return intervals.flatMap((interval, place) => {
    const { startedAt, widthMs } = interval
    const at = { at: startedAt / 1000, interval }
    const next = intervals[place + 1]
    if (next === undefined || next.startedAt <= startedAt + widthMs) return [at]
    const after = { at: (startedAt + widthMs) / 1000, interval: null }
    const before = { at: (next.startedAt - widthMs) / 1000, interval: null }
    return before.at > after.at ? [at, after, before] : [at, after]
  })
}

const MOST_ROWS = 60

/** The same in a table, of at most 60 rows. */
export function intervalRows({ intervals }: RunStory): Markup {
  let shown = intervals
  for (let widthMs = intervals[0]?.widthMs ?? 1; shown.length > MOST_ROWS;) {
    widthMs *= 2
    shown = joinIntervals(shown, widthMs)
  }
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${say.table.time}</th>
        ${CALL_KINDS.map((kind) => html`<th scope="col" class="number">${NAMES[kind]}</th>`)}
        <th scope="col" class="number">${say.table.calls}</th>
        <th scope="col" class="number">${say.table.p50}</th>
        <th scope="col" class="number">${say.table.p95}</th>
      </tr>
    </thead>
    <tbody>
      ${shown.map(
        (interval) =>
          html`<tr>
            <th scope="row">${new Date(interval.startedAt).toISOString().slice(11, 21)}</th>
            ${interval.calls.map((count) => html`<td class="number">${formatNumber(count)}</td>`)}
            <td class="number">
              ${rateText(interval.calls.reduce((sum, _, kind) => sum + perSecond(interval, kind), 0))}
            </td>
            ${[0.5, 0.95].map((share) => html`<td class="number">${latencyText(interval, share)}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`
}

function perSecond({ calls, widthMs }: Interval, kind: number): number {
  return rounded((calls[kind]! * 1000) / widthMs)!
}

function latencyText(interval: Interval, share: number): string {
  const ms = intervalPercentile(interval, share)
  return ms === null ? '–' : `${formatNumber(Math.round(ms))} ms`
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10
}
