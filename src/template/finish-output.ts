import { jsonFaultOffset } from './json-fault-offset.ts'
import type { TemplateMode } from './template-mode.ts'
import { RenderFault } from './runtime/runtime.ts'

/** The rendered text is not what its payload asks for; `offset` says where in it, when that is known. */
export class OutputFault extends RenderFault {
  readonly offset: number | null

  constructor(message: string, offset: number | null) {
    super(message)
    this.offset = offset
  }
}

export interface OutputRules {
  readonly mode: TemplateMode
  readonly isFragment: boolean
  readonly maxOutputBytes: number
}

/** Checks a rendered text and brings it into its final form. */
export function finishOutput(text: string, { mode, isFragment, maxOutputBytes }: OutputRules): string {
  if (text.length * 3 > maxOutputBytes && Buffer.byteLength(text) > maxOutputBytes) {
    throw new OutputFault(`expected at most ${maxOutputBytes} bytes of output, got more`, null)
  }
  switch (mode.payload) {
    case 'json':
      if (!isFragment) parseJson(text)
      return text
    case 'form':
      return isFragment ? text : formFromJson(parseJson(text))
    case 'url':
      return checkUrl(text)
    case 'header':
      return checkHeader(text)
    case 'text':
    case 'xml':
      return text
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // V8 quotes the text in its message, and the text is a customer's: only the position is told.
    const offset = jsonFaultOffset(text)
    const before = text.slice(0, offset).split('\n')
    const place = `position ${offset} (line ${before.length}, column ${before.at(-1)!.length + 1} of the rendered text)`
    throw new OutputFault(`expected the rendered text to be JSON, got something else at ${place}`, offset)
  }
}

function formText(value: unknown): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new OutputFault('expected texts, numbers, true, false, none or lists of them in a form, got deeper data', null)
}

/** `application/x-www-form-urlencoded` of a mapping; a list repeats its key (WHATWG URL §5.2). */
function formFromJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OutputFault(
      'expected a form to be a mapping such as {"to": "{{ customer.phone }}"}, got something else',
      null,
    )
  }
  const form = new URLSearchParams()
  for (const [key, item] of Object.entries(value)) {
    for (const one of Array.isArray(item) ? (item as unknown[]) : [item]) form.append(key, formText(one))
  }
  return form.toString()
}

const URL_LENGTH_LIMIT = 8000
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0001-\u001f\u007f]/
// eslint-disable-next-line no-control-regex
const MARKED_EMPTY = /\/\0+(?=[/?]|$)/
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=[/?]|$)/i

/**
 * A path and query, ready to send: what was printed into it can add no segment, leave none empty, and climb nowhere.
 */
function checkUrl(text: string): string {
  const marked = text.replace(/[^\u0000-\u007e]+|[ "<>^`{|}]/g, encodeURIComponent) // eslint-disable-line no-control-regex
  if (CONTROL.test(marked)) throw new OutputFault('expected no control character in the URL, got one', null)
  const queryAt = marked.indexOf('?')
  const path = queryAt === -1 ? marked : marked.slice(0, queryAt)
  if (MARKED_EMPTY.test(path))
    throw new OutputFault('expected a value in each part of the path, got an empty one', null)
  const url = marked.replaceAll('\0', '')
  const plainPath = path.replaceAll('\0', '')
  if (!url.startsWith('/')) throw new OutputFault('expected the path to begin with `/`, got another character', null)
  if (url.startsWith('//') || url.includes('\\'))
    throw new OutputFault('expected a path, got one that names a host', null)
  if (DOT_SEGMENT.test(plainPath))
    throw new OutputFault('expected no part of the path to be `.` or `..`, got one', null)
  if (url.includes('#')) throw new OutputFault('expected no `#` in the URL, got one', null)
  if (url.length > URL_LENGTH_LIMIT) {
    throw new OutputFault(`expected a URL of at most ${URL_LENGTH_LIMIT} characters, got a longer one`, null)
  }
  return url
}

const HEADER_LENGTH_LIMIT = 8000
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

/** A header's value, trimmed: visible ASCII, blanks and tabs (RFC 9110 §5.5). */
function checkHeader(text: string): string {
  const value = text.trim()
  if (/[\r\n\0]/.test(value)) throw new OutputFault('expected a header of one line, got a line break or NUL', null)
  if (!HEADER_VALUE.test(value)) {
    throw new OutputFault(
      'expected a header in ASCII, got other characters: `urlencode` them, or put them in the body',
      null,
    )
  }
  if (value.length > HEADER_LENGTH_LIMIT) {
    throw new OutputFault(`expected a header of at most ${HEADER_LENGTH_LIMIT} characters, got a longer one`, null)
  }
  return value
}
