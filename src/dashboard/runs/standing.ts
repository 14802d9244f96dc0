import { formatNumber, html, type CustomerCounts, type Markup } from '../../report/report.ts'
import { words } from '../words.ts'

const STANDINGS = ['sent', 'failed', 'aborted', 'suppressed', 'waiting'] as const

/** The least width (percent) of somebody: one of a million is still seen. */
const LEAST = 0.8

/** What became of everyone so far, as one thin bar with its numbers in words. Whoever has not begun is the rest of it. */
export function standingBar(counts: CustomerCounts): Markup {
  const there = STANDINGS.filter((standing) => counts[standing] > 0)
  const widthOf = (standing: (typeof STANDINGS)[number]): number =>
    Math.max(LEAST, (counts[standing] / Math.max(1, counts.customers)) * 100)
  let from = 0
  const parts = there.map((standing) => {
    const x = from
    from += widthOf(standing)
    return html`<g class="is-${standing}"
      ><rect x="${x.toFixed(2)}" width="${widthOf(standing).toFixed(2)}" height="10"
    /></g>`
  })
  const shown = there.map(
    (standing) =>
      html`<span class="is-${standing}"
        ><span class="swatch"></span>${formatNumber(counts[standing])} ${standing}</span
      >`,
  )
  const of = html`<span>${words.runs.of(formatNumber(counts.customers))}</span>`
  return html`<svg viewBox="0 0 ${Math.max(100, from).toFixed(2)} 10" preserveAspectRatio="none" aria-hidden="true">
      ${parts}
    </svg>
    <span class="counts-line">${shown} ${of}</span>`
}
