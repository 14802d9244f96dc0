import { escapeHtml, escapeJson } from './dialect.ts'
import { jsonText } from './json-text.ts'
import { dataText, textOf } from './print.ts'
import { Markup, Undefined } from './value.ts'

/** Inside a JSON string: data is escaped, none and undefined are nothing, safe text is printed as it is. */
export function printInString(value: unknown): string {
  if (typeof value === 'string') return escapeJson(value)
  if (typeof value === 'number') return textOf(value)
  if (value instanceof Markup) return value.text
  return escapeJson(dataText(value))
}

/** Outside of JSON strings: data is a JSON value, undefined is nothing, safe text is printed as it is. */
export function printValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Markup) return value.text
  return value instanceof Undefined ? '' : jsonText(value)
}

export function printHtml(value: unknown): string {
  return value instanceof Markup ? value.text : escapeHtml(textOf(value))
}
