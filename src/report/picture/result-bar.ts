import type { CustomerCounts } from '../count-customers.ts'
import { html, type Markup } from '../markup.ts'
import { number } from '../text-layout.ts'
import { rounded } from './scale.ts'

const STANDINGS = ['sent', 'failed', 'aborted', 'suppressed', 'waiting', 'pending'] as const

/** The least width (percent) of somebody: one of a million is still seen. */
const LEAST = 0.8

/** Draws what became of everyone as one bar, with the counts below it. Nobody is left out, however few. */
export function resultBar(counts: CustomerCounts): Markup {
  const { customers } = counts
  const there = STANDINGS.filter((standing) => counts[standing] > 0)
  const widths = there.map((standing) => Math.max(LEAST, (counts[standing] / customers) * 100))
  const sum = widths.reduce((sum, width) => sum + width, 0)
  let from = 0
  const parts = there.map((standing, at) => {
    const [x, width] = [from, (widths[at]! / sum) * 1000]
    from += width
    const told = `${number(counts[standing])} ${standing}`
    return html`<g class="is-${standing}"
      ><title>${told}</title
      ><rect
        x="${rounded(x)}"
        y="0"
        width="${rounded(Math.max(1, width - (at < there.length - 1 ? 3 : 0)))}"
        height="10"
    /></g>`
  })
  const told = there.map((standing) => `${number(counts[standing])} ${standing}`).join(', ')
  const shown = STANDINGS.filter((standing, at) => at < 4 || counts[standing] > 0)
  return html`<figure class="results">
    <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-labelledby="results-title results-text">
      <title id="results-title">What became of ${number(customers)} customers</title>
      <desc id="results-text">${told === '' ? 'There were none' : told}.</desc>
      ${parts}
    </svg>
    <dl class="counts">
      ${shown.map(
        (standing) =>
          html`<div class="${counts[standing] > 0 ? `is-${standing}` : 'is-none'}">
            <dt><span class="swatch"></span>${standing}</dt>
            <dd data-count="${standing}">${number(counts[standing])}</dd>
            <dd class="note">${shareText(counts[standing], customers)}</dd>
          </div>`,
      )}
    </dl>
  </figure>`
}

/** A share in percent: all is said of everybody only, and nobody of nobody only. */
export function shareText(count: number, of: number): string {
  if (of === 0 || count === 0) return '0 %'
  if (count === of) return '100 %'
  const percent = (count / of) * 100
  if (percent < 0.1) return 'under 0.1 %'
  return `${Math.min(Math.round(percent * 10) / 10, 99.9)} %`
}
