/**
 * The parts of a text that are Jinja: `{{ … }}`, `{% … %}`, `{# … #}`.
 *
 * Quoted texts are skipped, so that `{{ "}}" }}` is one span; an unclosed one reaches to the end (the compiler will say so).
 * @see Jinja documentation, "Synopsis" (default delimiters).
 */
const SPANS =
  /\{\{(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?!\}\})[^])*(?:\}\}|$)|\{%(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?!%\})[^])*(?:%\}|$)|\{#(?:(?!#\})[^])*(?:#\}|$)/g

export function hasTemplate(text: string): boolean {
  return /\{\{|\{%|\{#/.test(text)
}

/** Replaces each span; what is left is the writer's own text. */
export function withoutSpans(text: string, replacement: string): string {
  return text.replaceAll(SPANS, replacement)
}

/** Changes the writer's own text and leaves the spans as they are. */
export function mapLiteral(text: string, change: (literal: string) => string): string {
  let result = ''
  let end = 0
  for (const match of text.matchAll(SPANS)) {
    result += change(text.slice(end, match.index)) + match[0]
    end = match.index + match[0].length
  }
  return result + change(text.slice(end))
}
