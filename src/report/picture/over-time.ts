import { CALL_KINDS, intervalPercentile, type Interval } from '../../ledger/timeline.ts'
import { html, type Markup } from '../markup.ts'
import { formatSpan, number } from '../text-layout.ts'
import { columnChart, type ColumnChart } from './column-chart.ts'
import { ticksTo } from './scale.ts'
import { placeIntervals, type PlacedInterval, type TimeAxis } from './time-axis.ts'

const KIND_NAMES: Readonly<Record<(typeof CALL_KINDS)[number], string>> = {
  '2xx': '2xx',
  '3xx': '3xx',
  '4xx': '4xx',
  '5xx': '5xx',
  none: 'no answer',
}
const KIND_COLORS = CALL_KINDS.map((kind) => `kind-${kind}`)

/**
 * Draws calls a second, calls in flight and latency over the time of a run, one below the other on one axis, with a
 * table of the same numbers.
 */
export function picturesOverTime(intervals: readonly Interval[], startedAt: number): Markup {
  const axis = placeIntervals(intervals, startedAt)
  const { placed } = axis
  const kinds = CALL_KINDS.filter((_, kind) => placed.some(({ interval }) => interval.calls[kind]! > 0))
  return html`<figure>
    <figcaption>
      <h3>Calls a second</h3>
      ${legend(kinds.map((kind) => [`kind-${kind}`, KIND_NAMES[kind]]))}
    </figcaption>
    ${columnChart(callsChart(axis, startedAt))}
    <h3>
      Calls in flight
      <span class="note"
        >${hasCeiling(placed) ? 'the most at one time; the line is the least that was allowed' : 'the most at one time'}</span
      >
    </h3>
    ${columnChart(inFlightChart(axis, startedAt))}
    <h3>Latency of answers</h3>
    ${legend([
      ['latency-half', 'half of them, up to'],
      ['latency-most', '95 %, up to'],
    ])}
    ${columnChart(latencyChart(axis, startedAt))}
    ${axis.breaks.length === 0 ? '' : html`<p class="note"><span class="swatch break"></span> time in which nothing happened, left out</p>`}
    ${table(axis, startedAt)}
  </figure>`
}

function callsChart(axis: TimeAxis, startedAt: number): ColumnChart {
  const { placed, breaks, ticks, widthMs } = axis
  const perSecond = (count: number): number => (count * 1000) / widthMs
  const most = Math.max(0, ...placed.map(({ interval }) => perSecond(callsOf(interval))))
  return {
    id: 'calls-over-time',
    title: 'Calls a second over the time of the run',
    description: `At most ${rateText(most)} calls a second. The numbers are in the table below.`,
    colors: KIND_COLORS,
    columns: placed.map(({ at, width, interval }) => ({
      at,
      width,
      values: interval.calls.map(perSecond),
      told: `${whenText(interval, startedAt)}: ${rateText(perSecond(callsOf(interval)))}/s (${kindsText(interval)})`,
    })),
    yTicks: ticksTo(most).map((value) => ({ value, label: number(value) })),
    xTicks: ticks,
    breaks,
  }
}

function inFlightChart({ placed, breaks, ticks }: TimeAxis, startedAt: number): ColumnChart {
  const isLimited = hasCeiling(placed)
  const most = Math.max(
    1,
    ...placed.map(({ interval }) => Math.max(interval.inFlight, isLimited ? interval.concurrency : 0)),
  )
  return {
    id: 'in-flight-over-time',
    title: 'Calls in flight over the time of the run',
    description: `At most ${number(Math.max(0, ...placed.map(({ interval }) => interval.inFlight)))} calls at one time.`,
    colors: ['in-flight'],
    columns: placed.map(({ at, width, interval }) => ({
      at,
      width,
      values: [interval.inFlight],
      ...(isLimited && interval.concurrency > 0 ? { ceiling: interval.concurrency } : {}),
      told: `${whenText(interval, startedAt)}: ${number(interval.inFlight)} in flight, ${number(interval.concurrency)} allowed`,
    })),
    yTicks: ticksTo(most).map((value) => ({ value, label: number(value) })),
    xTicks: ticks,
    breaks,
  }
}

function latencyChart({ placed, breaks, ticks }: TimeAxis, startedAt: number): ColumnChart {
  const latencies = placed.map(({ interval }) => [0.5, 0.95].map((share) => intervalPercentile(interval, share) ?? 0))
  const most = Math.max(0, ...latencies.flat())
  return {
    id: 'latency-over-time',
    title: 'Latency of answers over the time of the run',
    description: `95 % of the answers of an interval came within ${formatSpan(most)} or less.`,
    colors: ['latency-half', 'latency-most'],
    columns: placed.flatMap(({ at, width, interval }, index) => {
      const [half = 0, most = 0] = latencies[index] ?? []
      if (most === 0) return []
      const told = `${whenText(interval, startedAt)}: half within ${formatSpan(half)}, 95 % within ${formatSpan(most)}`
      return [{ at, width, values: [half, Math.max(0, most - half)], told }]
    }),
    yTicks: ticksTo(most).map((value) => ({ value, label: value === 0 ? '0' : formatSpan(value) })),
    xTicks: ticks,
    breaks,
  }
}

/** The ceiling is worth a line once it was met, or moved. */
function hasCeiling(placed: readonly PlacedInterval[]): boolean {
  const known = placed.map(({ interval }) => interval).filter(({ concurrency }) => concurrency > 0)
  const isMoved = known.some(({ concurrency }) => concurrency !== known[0]!.concurrency)
  return isMoved || known.some(({ inFlight, concurrency }) => inFlight >= concurrency * 0.9)
}

function table({ placed, widthMs }: TimeAxis, startedAt: number): Markup {
  const rows = placed.map(({ interval }) => {
    const [half, most] = [0.5, 0.95].map((share) => intervalPercentile(interval, share))
    const spans = [half, most].map((ms) => html`<td>${ms == null ? '–' : formatSpan(ms)}</td>`)
    const calls = interval.calls.map((count) => html`<td>${number(count)}</td>`)
    return html`<tr>
      <th scope="row">${spanFrom(interval, startedAt)}</th>
      ${calls}
      <td>${number(interval.inFlight)}</td>
      ${spans}
    </tr>`
  })
  const names = CALL_KINDS.map((kind) => html`<th scope="col">${KIND_NAMES[kind]}</th>`)
  return html`<details class="numbers">
    <summary>The same as a table</summary>
    <div class="wide">
      <table>
        <caption>
          Calls that ended in each ${formatSpan(widthMs)}
        </caption>
        <thead>
          <tr>
            <th scope="col">since the start</th>
            ${names}
            <th scope="col">in flight</th>
            <th scope="col">half within</th>
            <th scope="col">95 % within</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`
}

function legend(entries: readonly (readonly [color: string, name: string])[]): Markup {
  return html`<ul class="legend">
    ${entries.map(([color, name]) => html`<li><span class="swatch ${color}"></span>${name}</li>`)}
  </ul>`
}

function callsOf({ calls }: Interval): number {
  return calls.reduce((sum, count) => sum + count, 0)
}

function kindsText({ calls }: Interval): string {
  const told = CALL_KINDS.flatMap((kind, at) => (calls[at]! > 0 ? [`${number(calls[at]!)} ${KIND_NAMES[kind]}`] : []))
  return told.length === 0 ? 'none ended' : told.join(', ')
}

function spanFrom({ startedAt: at }: Interval, startedAt: number): string {
  return formatSpan(Math.max(0, at - startedAt))
}

function whenText(interval: Interval, startedAt: number): string {
  const clock = new Date(interval.startedAt).toISOString().slice(11, 19)
  return `${spanFrom(interval, startedAt)} after the start, ${clock} UTC`
}

function rateText(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : number(Math.round(perSecond))
}
