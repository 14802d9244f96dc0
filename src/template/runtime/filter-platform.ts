import { createHash, createHmac } from 'node:crypto'
import { optionalText, textArgument } from './argument.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { RenderFault } from './fault.ts'
import { sortedJsonText } from './json-text.ts'
import { isMapping } from './dict.ts'
import { floatFrom, indexFrom, isNumber, toDouble } from './number.ts'
import { parseFloatText } from './number-text.ts'
import { parseIsoTime, parseTime } from './parse-time.ts'
import { plainText } from './print.ts'
import { isTrue } from './iterate.ts'
import { padText } from './text-layout.ts'
import { formatTime } from './strftime.ts'
import { mapText } from './safe-text.ts'
import { checkedMoment } from './zone.ts'
import { Markup, Undefined, checkedText, isText, kindOf, rawText, undefinedFault, type Rendering } from './value.ts'

function fromJson(value: unknown): unknown {
  if (value instanceof Undefined) throw undefinedFault(value)
  if (isMapping(value) || Array.isArray(value)) return value
  const text = value instanceof Markup ? value.text : plainText(value)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new RenderFault('expected a text that is JSON, got another')
  }
}

function toJson(value: unknown, indent: unknown, { dialect }: Rendering): Markup {
  const by = isText(indent) ? rawText(indent) : null
  const width = indexFrom(indent ?? null)
  const blanks = width === null ? by : padText('', Math.min(width, 20), { side: 'left', fill: ' ' })
  return new Markup(sortedJsonText(value, blanks), dialect)
}

/** Epoch milliseconds of UNIX seconds (a number or digits) or of an ISO 8601 text. */
function momentFrom(value: unknown, zone: string, { zones }: Rendering): number {
  if (value instanceof Undefined) throw undefinedFault(value)
  if (isNumber(value)) return Math.round(toDouble(value) * 1000)
  if (!isText(value)) throw new RenderFault(`expected UNIX seconds or a date, got ${kindOf(value)}`)
  const seconds = parseFloatText(rawText(value))
  return seconds === null ? parseIsoTime(rawText(value), { zone, zones }) : Math.round(seconds * 1000)
}

/** `cs`, `cs_CZ`, or a country such as `US`, whose main language is taken. */
function localeFrom(name: string): Intl.Locale {
  try {
    return new Intl.Locale(/^[A-Z]{2}$/.test(name) ? `und-${name}` : name.replace('_', '-')).maximize()
  } catch (cause) {
    throw new RenderFault('expected a format such as "%d/%m/%Y" or a locale such as "US", got another text', { cause })
  }
}

function fromTimestamp(value: unknown, [format, tz]: readonly unknown[], rendering: Rendering): string {
  const zone = optionalText(tz, '`tz`') ?? rendering.timezone
  const atMs = momentFrom(value, zone, rendering)
  const pattern = optionalText(format, '`fmt`') ?? '%Y-%m-%d %H:%M:%S'
  if (pattern.includes('%')) return formatTime(atMs, pattern, { zone, zones: rendering.zones })
  const offsetMs = rendering.zones.offsetMs(zone, checkedMoment(atMs))
  return new Intl.DateTimeFormat(localeFrom(pattern), {
    timeZone: 'UTC',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  }).format(atMs + offsetMs)
}

function toTimestamp(value: unknown, [format, tz]: readonly unknown[], rendering: Rendering): unknown {
  const zone = optionalText(tz, '`tz`') ?? rendering.timezone
  const pattern = optionalText(format, '`fmt`')
  const atMs =
    pattern === null
      ? momentFrom(value, zone, rendering)
      : parseTime(textArgument(value, 'the date'), pattern, { zone, zones: rendering.zones })
  return atMs % 1000 === 0 ? atMs / 1000 : floatFrom(atMs / 1000)
}

function hash(algorithm: string): Methods[string] {
  return defineMethod('', (value) =>
    createHash(algorithm)
      .update(plainText(defined(value)), 'utf8')
      .digest('hex'),
  )
}

function defined(value: unknown): unknown {
  if (value instanceof Undefined) throw undefinedFault(value)
  return value
}

/** Standard or URL-safe alphabet, with or without padding; strict about anything else. */
function decodeBase64(text: string): string {
  const compact = text.replace(/\s/g, '').replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
  if (!/^[A-Za-z0-9+/]*$/.test(compact) || compact.length % 4 === 1) {
    throw new RenderFault('expected a text in Base64, got another')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(compact, 'base64'))
  } catch {
    throw new RenderFault('expected Base64 of a UTF-8 text, got other bytes')
  }
}

const PATTERN_LIMIT = 1000

function regexFrom(pattern: string, isIgnoringCase: boolean): RegExp {
  const flags = isIgnoringCase ? 'gi' : 'g'
  if (pattern.length > PATTERN_LIMIT) throw new RenderFault(`expected a pattern of at most ${PATTERN_LIMIT} characters`)
  try {
    return new RegExp(pattern, `${flags}u`)
  } catch (cause) {
    throw new RenderFault('expected a regular expression, got a text that is none', { cause })
  }
}

/** `\1` and `\g<name>` stand for groups, as in Python; a `$` is a `$`. */
function replaceByPattern(value: unknown, [find, by, ignorecase]: readonly unknown[]): string | Markup {
  const regex = regexFrom(textArgument(find, '`find`'), isTrue(ignorecase ?? false))
  const replacement = (optionalText(by, '`replace`') ?? '')
    .replaceAll('$', '$$$$')
    .replace(/\\(?:(\d)|g<(\w+)>)/g, (_, digit?: string, name?: string) => {
      return digit === undefined ? (/^\d+$/.test(name!) ? `$${name!}` : `$<${name!}>`) : `$${digit}`
    })
  return mapText(value, (text) => checkedText(text.replace(regex, replacement)))
}

const jsonFilter = defineMethod('indent=', (value, { values: [indent] }, rendering) => toJson(value, indent, rendering))

export const PLATFORM_FILTERS: Methods = {
  tojson: jsonFilter,
  json: jsonFilter,
  from_json: defineMethod('', fromJson),
  from_timestamp: defineMethod('fmt=, tz=', (value, { values }, rendering) => fromTimestamp(value, values, rendering)),
  to_timestamp: defineMethod('fmt=, tz=', (value, { values }, rendering) => toTimestamp(value, values, rendering)),
  md5: hash('md5'),
  sha1: hash('sha1'),
  sha256: hash('sha256'),
  hmac_sha256: defineMethod('key', (value, { values: [key] }) =>
    createHmac('sha256', textArgument(key, '`key`'))
      .update(plainText(defined(value)), 'utf8')
      .digest('hex'),
  ),
  base64encode: defineMethod('', (value) => Buffer.from(plainText(value), 'utf8').toString('base64')),
  base64decode: defineMethod('', (value) => decodeBase64(plainText(value))),
  regex_replace: defineMethod('find, replace=, ignorecase=', (value, { values }) => replaceByPattern(value, values)),
}
