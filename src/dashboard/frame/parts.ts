import type { RunState } from '../../campaign/result.ts'
import { html, Markup, type Part } from '../../report/report.ts'

const KINDS: Readonly<Record<string, string>> = {
  running: 'is-going',
  finished: 'is-good',
  aborted: 'is-bad',
  cancelled: 'is-quiet',
}

/** A state as a word with a colour. */
export function stateMark(state: RunState): Markup {
  return mark(state, KINDS[state] ?? '')
}

export function mark(text: string, kind: string): Markup {
  return html`<span class="state ${kind}">${text}</span>`
}

const RESULT_KINDS: Readonly<Record<string, string>> = {
  sent: 'is-good',
  failed: 'is-bad',
  aborted: '',
  suppressed: 'is-quiet',
}

/** A result as a word with a colour, and its reason. */
export function resultMark(status: string, reason: string | null): Markup {
  return html`${mark(status, RESULT_KINDS[status] ?? '')} ${reason === null ? '' : html`<code>${reason}</code>`}`
}

export function card(title: string, content: Part, id: string | null = null): Markup {
  return html`<section class="card" ${id === null ? '' : html`id="${id}"`}>
    <h2>${title}</h2>
    ${content}
  </section>`
}

/** What stands above a page: where it is, what it is, and what can be pressed. */
export function head({
  path = [],
  title,
  below = '',
  actions = '',
}: {
  readonly path?: readonly (readonly [label: string, href: string])[]
  readonly title: Part
  readonly below?: Part
  readonly actions?: Part
}): Markup {
  return html`${
      path.length === 0
        ? ''
        : html`<p class="path">${path.map(([label, href]) => html`<a href="${href}">${label}</a> / `)}</p>`
    }
    <div class="head">
      <div>
        <h1>${title}</h1>
        ${below}
      </div>
      <div class="actions">${actions}</div>
    </div>`
}

export type Shown = readonly [name: string, value: Part]

export function facts(shown: readonly Shown[], kind = 'facts'): Markup {
  return html`<dl class="${kind}">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

/** A part of a page that is put in anew when it changes. */
export function live(id: string, content: Markup): Markup {
  return html`<div data-part="${id}">${content}</div>`
}

/** Text of others as it is, with its line breaks: controls, and marks that turn the direction of text, are shown as such. */
export function preserved(text: string): Markup {
  const shown = text.toWellFormed().replaceAll('\r\n', '\n')
  return new Markup(shown.split(KEPT_BLANKS).map(escapedPiece).join(''))
}

// A part of a text is escaped word by word, since a line of its own would lose its blanks.
const KEPT_BLANKS = /([\n\t ]+)/

function escapedPiece(piece: string, at: number): string {
  return at % 2 === 1 ? piece : html`${piece}`.text
}

export function code(text: string): Markup {
  return html`<pre tabindex="0"><code>${preserved(text)}</code></pre>`
}

export function select(
  name: string,
  options: readonly (readonly [value: string, label: string])[],
  chosen: string | null,
): Markup {
  return html`<select name="${name}">
    ${options.map(
      ([value, label]) => html`<option value="${value}" ${value === chosen ? 'selected' : ''}>${label}</option>`,
    )}
  </select>`
}
