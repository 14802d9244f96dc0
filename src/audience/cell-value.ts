import type { ColumnType } from '../campaign/campaign.ts'
import { RowFault } from './fault.ts'
import { parseJson, shorten } from './parse-json.ts'

const INTEGER = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  '1': true,
  false: false,
  no: false,
  '0': false,
}

const KIND: Readonly<Record<ColumnType, string>> = {
  string: 'a string',
  int: 'a whole number of at most 2^53',
  float: 'a number such as 3.5',
  bool: 'true or false (in CSV also yes or no, 1 or 0)',
  json: 'JSON',
}

/** Turns a CSV cell that is not empty into its column's type; undefined when nothing but blanks is in it. */
export function cellValue(cell: string, type: ColumnType): { readonly value: unknown } | undefined | RowFault {
  if (type === 'string') return { value: cell }
  const text = cell.trim()
  if (text === '') return undefined
  if (type === 'json') return parseJson(text)
  const value = scalarValue(text, type)
  return value === undefined ? new RowFault(KIND[type]) : { value }
}

function scalarValue(text: string, type: 'int' | 'float' | 'bool'): number | boolean | undefined {
  if (type === 'bool') return wordValue(text)
  const isNumber = type === 'int' ? INTEGER.test(text) : DECIMAL.test(text)
  const value = Number(text)
  const isExact = type === 'int' ? Number.isSafeInteger(value) : Number.isFinite(value)
  return isNumber && isExact ? value : undefined
}

function wordValue(text: string): boolean | undefined {
  const word = text.toLowerCase()
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
}

/** Whether a customer said yes: `true`, or what CSV and loosely typed sources write for it. Everything else is no. */
export function isConsent(value: unknown): boolean {
  if (typeof value === 'string') return wordValue(value.trim()) === true
  return value === true || value === 1
}

const IS_OF_TYPE: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  int: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  json: () => true,
}

/** Whether a value read from JSON is of its column's type; null is a missing one. */
export function isOfType(value: unknown, type: ColumnType): boolean {
  return value === null || IS_OF_TYPE[type](value)
}

/** The message for a value that does not fit; the one message that shows a customer's value, cut to 80 characters. */
export function misfit(column: string, type: ColumnType, value: unknown): string {
  const shown = typeof value === 'string' ? `"${shorten(value)}"` : JSON.stringify(value).slice(0, 80)
  return `expected \`${shorten(column)}\` to be ${KIND[type]}, got ${shown}`
}
