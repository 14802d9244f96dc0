import { html, type Markup, type Part } from '../markup.ts'
import { rounded } from './scale.ts'

/** Places and widths across are shares of the picture, from 0 to 1. */
export interface Column {
  readonly at: number
  readonly width: number
  /** Stacked from below, one for each of the chart's colours. */
  readonly values: readonly number[]
  /** A ceiling that is drawn as a line. */
  readonly ceiling?: number
  /** What is told when somebody points at it. */
  readonly told: string
}

export interface Tick {
  readonly at: number
  readonly label: string
}

export interface ColumnChart {
  /** Unique on its page. */
  readonly id: string
  readonly title: string
  /** The picture in words, for those who do not see it. */
  readonly description: string
  /** Class names that colour the values of a column, from below. */
  readonly colors: readonly string[]
  readonly columns: readonly Column[]
  /** Ascending; the last is the top of the picture. */
  readonly yTicks: readonly { readonly value: number; readonly label: string }[]
  readonly xTicks: readonly Tick[]
  /** Time that was left out. */
  readonly breaks?: readonly { readonly at: number; readonly width: number; readonly told: string }[]
  /** Upright lines with a name. */
  readonly marks?: readonly Tick[]
}

const WIDTH = 1000
const HEIGHT = 100

/**
 * Draws columns over an axis. Shapes stretch with the page; labels are text beside them, which keeps its size on a phone.
 */
export function columnChart(chart: ColumnChart): Markup {
  const { id, title, description, columns, yTicks, xTicks, breaks = [], marks = [] } = chart
  const top = yTicks.at(-1)!.value
  const yOf = (value: number): number => rounded(HEIGHT - (Math.min(value, top) / top) * HEIGHT)
  return html`<div class="plot">
    <div class="plot-y" aria-hidden="true">
      ${yTicks.map(({ value, label }) => html`<span style="top:${yOf(value)}%">${label}</span>`)}
    </div>
    <div class="plot-area">
      ${marks.length === 0 ? '' : html`<div class="plot-marks" aria-hidden="true">${marks.map(tickLabel)}</div>`}
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
        role="img"
        aria-labelledby="${id}-title ${id}-text"
      >
        <title id="${id}-title">${title}</title>
        <desc id="${id}-text">${description}</desc>
        ${yTicks.map(({ value }) => line('grid', [0, yOf(value)], [WIDTH, yOf(value)]))}
        ${breaks.map(({ at, width, told }) => html`<g class="break"><title>${told}</title>${rect('', { x: at * WIDTH, width: width * WIDTH, y: 0, height: HEIGHT })}</g>`)}
        ${columns.map((column) => columnShape(column, chart.colors, yOf))} ${ceilingLines(columns, yOf)}
        ${marks.map(({ at }) => line('mark', [at * WIDTH, 0], [at * WIDTH, HEIGHT]))}
      </svg>
    </div>
    <div class="plot-x" aria-hidden="true">${xTicks.map(tickLabel)}</div>
  </div>`
}

function columnShape(
  { at, width, values, told }: Column,
  colors: readonly string[],
  yOf: (value: number) => number,
): Part {
  const x = at * WIDTH
  // A hair between columns while there is room for one.
  const wide = width * WIDTH
  const shown = wide > 6 ? wide - 1 : wide
  let below = 0
  const parts = values.map((value, color) => {
    const y = yOf(below + value)
    const height = rounded(yOf(below) - y)
    below += value
    return height <= 0 ? '' : rect(colors[color] ?? '', { x, width: shown, y, height })
  })
  const hit = rect('hit', { x, width: wide, y: 0, height: HEIGHT })
  return html`<g><title>${told}</title>${parts}${hit}</g>`
}

function ceilingLines(columns: readonly Column[], yOf: (value: number) => number): Part {
  return columns.flatMap(({ at, width, ceiling }) =>
    ceiling === undefined ? [] : [line('ceiling', [at * WIDTH, yOf(ceiling)], [(at + width) * WIDTH, yOf(ceiling)])],
  )
}

function rect(name: string, { x, y, width, height }: { x: number; y: number; width: number; height: number }): Markup {
  const place = html`x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}"`
  return name === '' ? html`<rect ${place} />` : html`<rect class="${name}" ${place} />`
}

function line(name: string, [x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): Markup {
  return html`<line class="${name}" x1="${rounded(x1)}" y1="${y1}" x2="${rounded(x2)}" y2="${y2}" />`
}

/** At the edges a label stays inside. */
function tickLabel({ at, label }: Tick): Markup {
  const place = at < 0.06 ? 'first' : at > 0.94 ? 'last' : 'middle'
  return html`<span class="${place}" style="left:${rounded(at * 100)}%">${label}</span>`
}
