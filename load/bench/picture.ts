const WIDTH = 720
const COLORS = ['#1f6feb', '#d1570c', '#2da44e', '#8250df', '#bf8700']

export interface Bar {
  readonly name: string
  /** Stacked, in the order of the picture's parts. */
  readonly parts: readonly number[]
}

const BAR = 22
const GAP = 12
const NAME_WIDTH = 300
const TOP = 50

/** Draws one stacked bar below the other. */
export function drawBars(title: string, partNames: readonly string[], bars: readonly Bar[]): string {
  const most = Math.max(1, ...bars.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0)))
  const scale = (WIDTH - NAME_WIDTH - 70) / most
  const height = TOP + bars.length * (BAR + GAP) + 10
  const legend = partNames.map((name, i) => {
    const x = NAME_WIDTH + i * 130
    return `<rect x="${x}" y="30" width="10" height="10" fill="${COLORS[i]}"/><text x="${x + 15}" y="39">${name}</text>`
  })
  const rows = bars.map(({ name, parts }, row) => {
    const y = TOP + row * (BAR + GAP)
    let x = NAME_WIDTH
    const pieces = parts.map((part, i) => {
      const piece = `<rect x="${round(x)}" y="${y}" width="${round(part * scale)}" height="${BAR}" fill="${COLORS[i]}"/>`
      x += part * scale
      return piece
    })
    const sum = parts.reduce((total, part) => total + part, 0)
    const label = `<text x="${NAME_WIDTH - 8}" y="${y + 15}" text-anchor="end">${escape(name)}</text>`
    return `${label}${pieces.join('')}<text x="${round(x) + 6}" y="${y + 15}">${sum.toFixed(1)}</text>`
  })
  return svg({ title, height, content: [...legend, ...rows] })
}

export interface Point {
  readonly x: number
  readonly y: number
}

const LEFT = 80
const BOTTOM = 260

/** Draws a line over a logarithmic axis; the other one begins at 0, so that flat looks flat. */
export function drawLine(title: string, points: readonly Point[]): string {
  const least = Math.log(Math.min(...points.map(({ x }) => x)))
  const most = Math.log(Math.max(...points.map(({ x }) => x)))
  const top = Math.max(1, ...points.map(({ y }) => y)) * 1.2
  const xOf = (x: number): number =>
    round(LEFT + 20 + ((Math.log(x) - least) / (most - least || 1)) * (WIDTH - LEFT - 80))
  const yOf = (y: number): number => round(BOTTOM - (y / top) * (BOTTOM - TOP))
  const marks = points.map(
    ({ x, y }) =>
      `<circle cx="${xOf(x)}" cy="${yOf(y)}" r="4" fill="${COLORS[0]}"/>` +
      `<text x="${xOf(x)}" y="${yOf(y) - 10}" text-anchor="middle">${Math.round(y).toLocaleString('en-US')}</text>` +
      `<text x="${xOf(x)}" y="${BOTTOM + 20}" text-anchor="middle">${x.toLocaleString('en-US')}</text>`,
  )
  const line = points.map(({ x, y }) => `${xOf(x)},${yOf(y)}`).join(' ')
  const axis = `<path d="M${LEFT} ${TOP}V${BOTTOM}H${WIDTH - 20}" fill="none" stroke="#8888"/>`
  const path = `<polyline points="${line}" fill="none" stroke="${COLORS[0]}" stroke-width="2"/>`
  return svg({ title, height: BOTTOM + 40, content: [axis, path, ...marks] })
}

function svg(picture: {
  readonly title: string
  readonly height: number
  readonly content: readonly string[]
}): string {
  const { title, height, content } = picture
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#666" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="10" y="20" font-size="14">${escape(title)}</text>`,
    ...content,
    '</svg>',
    '',
  ].join('\n')
}

const round = (value: number): number => Math.round(value * 10) / 10
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
