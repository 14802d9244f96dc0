import type { Figures } from './attack.ts'

const WIDTH = 720
const HEIGHT = 300
const LEFT = 70
const RIGHT = 70
const TOP = 40
const BOTTOM = 50

interface Scale {
  readonly of: (figures: Figures) => number
  readonly color: string
  readonly label: string
  readonly anchor: 'start' | 'end'
}

const SCALES: readonly Scale[] = [
  { of: ({ perSecond }) => perSecond, color: '#1f6feb', label: 'requests/s', anchor: 'start' },
  { of: ({ p99Ms }) => p99Ms, color: '#d1570c', label: 'p99 ms', anchor: 'end' },
]

/** Draws the curve: requests a second and p99 over the number of connections, whose axis is logarithmic. */
export function drawCurve(curve: readonly Figures[]): string {
  const least = Math.log(Math.min(...curve.map(({ connections }) => connections)))
  const most = Math.log(Math.max(...curve.map(({ connections }) => connections)))
  const bottom = HEIGHT - BOTTOM
  const x = ({ connections }: Figures): number =>
    Math.round(LEFT + ((Math.log(connections) - least) / (most - least || 1)) * (WIDTH - LEFT - RIGHT))
  const ticks = curve.map(
    (each) =>
      `<text x="${x(each)}" y="${bottom + 20}" text-anchor="middle">${each.connections}</text>` +
      `<path d="M${x(each)} ${TOP}V${bottom}" stroke="#8884"/>`,
  )
  const lines = SCALES.map(({ of, color, label, anchor }) => {
    const top = niceTop(Math.max(...curve.map(of)))
    const y = (value: number): number => Math.round(bottom - (value / top) * (bottom - TOP))
    const edge = anchor === 'start' ? LEFT - 8 : WIDTH - RIGHT + 8
    const side = anchor === 'start' ? 'end' : 'start'
    const marks = [0, top / 2, top].map(
      (value) => `<text x="${edge}" y="${y(value) + 4}" text-anchor="${side}">${value.toLocaleString('en-US')}</text>`,
    )
    const points = curve.map((each) => `${x(each)},${y(of(each))}`)
    const dots = points.map((point) => `<circle cx="${point.replace(',', '" cy="')}" r="3"/>`)
    return (
      `<g fill="${color}">${marks.join('')}${dots.join('')}` +
      `<text x="${anchor === 'start' ? LEFT - 60 : WIDTH - RIGHT + 60}" y="20" text-anchor="${anchor}">${label}</text></g>` +
      `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#777" role="img">`,
    '<title>Requests a second and p99 of the reference API over the number of connections</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...ticks,
    ...lines,
    `<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">connections</text>`,
    '</svg>',
    '',
  ].join('\n')
}

/** The next of 1, 2, 4, 5, 10 × a power of ten: a top that reads well, halved too. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return ([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10) * power
}
