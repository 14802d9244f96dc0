import { printable } from './text-layout.ts'

/** Text that is HTML already: what `html` puts in as it is. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Part = Markup | string | number | readonly Part[]

/**
 * Puts HTML together: whatever is not markup is escaped, for text as well as for attributes in quotation marks.
 *
 * @example html`<b title="${name}">${name}</b>`
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, at) => text + textOf(parts[at - 1] ?? '') + string))
}

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escaped(part)
  return part.map(textOf).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Controls and marks that turn the direction of text are made visible: strangers wrote some of it. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/** A sentence of ours, in which what is to be typed stands between backticks. */
export function sentence(text: string): Part {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : padded(part)))
}

const BLANK = new Markup(' ')

/** `printable` trims: the blanks beside a command have to stay. */
function padded(text: string): Part {
  return [/^\s/.test(text) ? BLANK : '', text, /\s$/.test(text) ? BLANK : '']
}
