import { optionalText, optionalWhole, textArgument, wholeArgument } from './argument.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { isMapping, mappingEntries } from './dict.ts'
import { encodeUrl, escapeHtml, unescapeHtml } from './dialect.ts'
import { RenderFault } from './fault.ts'
import { formatPercent } from './format-percent.ts'
import { isTrue, iterate, lengthFrom, unpack } from './iterate.ts'
import { dataText, itemsOf, plainText, textOf } from './print.ts'
import { charactersOf, splitWords, stripText } from './characters.ts'
import { escapedText } from './operator.ts'
import { prettyRepr } from './pretty-print.ts'
import { mapText, textLike } from './safe-text.ts'
import { capitalize, titleWords } from './text-case.ts'
import {
  checkTruncation,
  indentText,
  padText,
  truncateText,
  wrapText,
  type Truncation,
  type Wrapping,
} from './text-layout.ts'
import { replaceText, splitText } from './text-split.ts'
import { linkUrls } from './url-link.ts'
import { Dict } from './dict.ts'
import { Markup, Stream, Tuple, Undefined, isText, kindOf, rawText, undefinedFault, type Rendering } from './value.ts'

/** A text filter: anything else is printed first; what comes out is safe when what went in was. */
function text(change: (text: string) => string): Methods[string] {
  return defineMethod('', (value) => mapText(value, change))
}

function escape(value: unknown, rendering: Rendering): Markup {
  if (value instanceof Markup) return value
  return new Markup(escapedText(value, rendering.dialect), rendering.dialect)
}

function replace(value: unknown, bounds: readonly unknown[], rendering: Rendering): string | Markup {
  const [old, by, count] = bounds
  const options = { by: plainText(by), count: optionalWhole(count, '`count`', -1) }
  if (!rendering.isEscaping) return replaceText(textOf(value), plainText(old), options)
  const isForced = [old, by].some((part) => part instanceof Markup && !part.isLiteral)
  const subject = isForced ? escape(value, rendering) : value
  if (!(subject instanceof Markup)) return replaceText(plainText(subject), plainText(old), options)
  if (subject.dialect.name !== 'html' && subject.raw !== subject.text) {
    return textLike(subject, replaceText(subject.raw, plainText(old), options))
  }
  const escaped = { ...options, by: escapedText(by, subject.dialect) }
  return new Markup(replaceText(subject.text, escapedText(old, subject.dialect), escaped), subject.dialect)
}

/** Quotes a value for a query (`+` for blanks) or a path (`/` stays). */
function quoteUrl(value: unknown, isQuery: boolean): string {
  const encoded = encodeUrl(isText(value) ? rawText(value) : textOf(value))
  return isQuery ? encoded.replaceAll('%20', '+') : encoded.replaceAll('%2F', '/')
}

function urlencode(value: unknown, rendering: Rendering): unknown {
  const pairs = isMapping(value) ? mappingEntries(value) : isText(value) ? null : itemsOf(value)
  const quoted =
    pairs === null
      ? quoteUrl(value, false)
      : Array.from(pairs, (pair) => {
          const [key, item] = Array.isArray(pair) ? (pair as unknown[]) : unpack(pair, 2)
          return `${quoteUrl(key, true)}=${quoteUrl(item, true)}`
        }).join('&')
  return rendering.dialect.name === 'url' && rendering.isEscaping ? new Markup(quoted, rendering.dialect) : quoted
}

const ATTRIBUTE_KEY = /[\s/>=]/

function xmlAttributes(value: unknown, isSpaced: boolean, rendering: Rendering): unknown {
  if (!isMapping(value)) throw new RenderFault(`expected a mapping, got ${kindOf(value)}`)
  const parts: string[] = []
  for (const [key, item] of mappingEntries(value)) {
    if (item === null || item instanceof Undefined) continue
    const name = plainText(key)
    if (ATTRIBUTE_KEY.test(name)) throw new RenderFault('expected an attribute name without blanks, `/`, `>` and `=`')
    parts.push(`${escapeHtml(name)}="${item instanceof Markup ? item.text : escapeHtml(textOf(item))}"`)
  }
  const joined = (isSpaced && parts.length > 0 ? ' ' : '') + parts.join(' ')
  return rendering.isEscaping ? new Markup(joined, rendering.dialect) : joined
}

function stripTags(markup: string): string {
  const withoutComments = markup.replace(/<!--[^]*?-->/g, '')
  return unescapeHtml(splitWords(withoutComments.replace(/<[^>]*>/g, '')).join(' '))
}

/** In HTML the lines of a safe text are joined as plain text, as in Jinja2. */
function wrap(value: unknown, how: Wrapping): string | Markup {
  const whole = textOnly(value)
  if (whole instanceof Markup && whole.dialect.name === 'html') return wrapText(whole.text, how)
  return mapText(whole, (text) => wrapText(text, how))
}

/** A list or mapping that is short enough is left alone, as in Jinja2. */
function truncate(value: unknown, how: Truncation): unknown {
  checkTruncation(how)
  const isShort = !isText(value) && (lengthFrom(value) ?? Infinity) <= how.length + how.leeway
  return isShort ? value : mapText(textOnly(value), (whole) => truncateText(whole, how))
}

/** Some filters of Jinja2 take texts only, where others print first whatever they get. */
function textOnly(value: unknown): string | Markup {
  if (isText(value)) return value
  if (value instanceof Undefined) throw undefinedFault(value)
  throw new RenderFault(`expected a text, got ${kindOf(value)}`)
}

function reverse(value: unknown): unknown {
  if (isText(value)) return textLike(value, charactersOf(rawText(value)).toReversed().join(''))
  const items = [...iterate(value)].toReversed()
  return value instanceof Stream ? items : new Stream(items)
}

const escapeFilter = defineMethod('', (value, _, rendering) => escape(value, rendering))

export const TEXT_FILTERS: Methods = {
  upper: text((value) => value.toUpperCase()),
  lower: text((value) => value.toLowerCase()),
  capitalize: text(capitalize),
  title: text(titleWords),
  string: defineMethod('', (value) => (value instanceof Markup ? value : textOf(value))),
  trim: defineMethod('chars=', (value, { values: [chars] }) =>
    mapText(value, (whole) => stripText(whole, 'both', optionalText(chars, '`chars`'))),
  ),
  replace: defineMethod('old, new, count=', (value, { values }, rendering) => replace(value, values, rendering)),
  reverse: defineMethod('', reverse),
  truncate: defineMethod('length=, killwords=, end=, leeway=', (value, { values: [length, kill, end, leeway] }) =>
    truncate(value, {
      length: optionalWhole(length, '`length`', 255),
      isCuttingWords: isTrue(kill ?? false),
      end: optionalText(end, '`end`') ?? '...',
      leeway: optionalWhole(leeway, '`leeway`', 5),
    }),
  ),
  wordcount: defineMethod('', (value) => plainText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  wordwrap: defineMethod(
    'width=, break_long_words=, wrapstring=, break_on_hyphens=',
    (value, { values: [width, long, joint, hyphens] }) =>
      wrap(value, {
        width: optionalWhole(width, '`width`', 79),
        isBreakingWords: isTrue(long ?? true),
        isBreakingHyphens: isTrue(hyphens ?? true),
        joint: optionalText(joint, '`wrapstring`') ?? '\n',
      }),
  ),
  center: defineMethod('width=', (value, { values: [width] }) =>
    mapText(value, (whole) => padText(whole, optionalWhole(width, '`width`', 80), { side: 'both', fill: ' ' })),
  ),
  indent: defineMethod('width=, first=, blank=', (value, { values: [width, first, blank] }) => {
    const by = isText(width)
      ? rawText(width)
      : padText('', optionalWhole(width, '`width`', 4), { side: 'left', fill: ' ' })
    const options = { isFirst: isTrue(first ?? false), isBlank: isTrue(blank ?? false) }
    return mapText(textOnly(value), (whole) => indentText(whole, by, options))
  }),
  striptags: defineMethod('', (value) =>
    value instanceof Markup ? stripTags(value.raw) : stripTags(plainText(value)),
  ),
  format: defineMethod('*values, **names', (value, { rest, keywords }) => {
    if (rest.length > 0 && keywords.length > 0) throw new RenderFault('expected values or names to format, got both')
    const format = value instanceof Markup ? value : textOf(value)
    return formatPercent(format, keywords.length > 0 ? Dict.from(keywords) : new Tuple(rest))
  }),
  split: defineMethod('sep=, maxsplit=', (value, { values: [sep, maxsplit] }) => {
    const most = maxsplit === undefined ? -1 : wholeArgument(maxsplit, '`maxsplit`')
    return splitText(plainText(value), optionalText(sep, '`sep`'), { most, isFromRight: false })
  }),
  escape: escapeFilter,
  e: escapeFilter,
  forceescape: defineMethod('', (value, _, { dialect }) => {
    const shown = dialect.name === 'html' || value instanceof Markup ? textOf(value) : dataText(value)
    return new Markup(dialect.escape(shown), dialect)
  }),
  safe: defineMethod('', (value, _, { dialect }) =>
    value instanceof Markup ? new Markup(value.text, value.dialect) : new Markup(textOf(value), dialect),
  ),
  urlencode: defineMethod('', (value, _, rendering) => urlencode(value, rendering)),
  xmlattr: defineMethod('autospace=', (value, { values: [autospace] }, rendering) =>
    xmlAttributes(value, isTrue(autospace ?? true), rendering),
  ),
  urlize: defineMethod(
    'trim_url_limit=, nofollow=, target=, rel=, extra_schemes=',
    (value, { values: [limit, nofollow, target, rel, schemes] }, rendering) => {
      const linked = linkUrls(value instanceof Markup ? value.text : escapeHtml(textOf(value)), {
        limit: limit === undefined || limit === null ? null : wholeArgument(limit, '`trim_url_limit`'),
        rel: [isTrue(nofollow ?? false) ? 'nofollow' : '', optionalText(rel, '`rel`') ?? ''].join(' '),
        target: optionalText(target, '`target`'),
        schemes: (schemes ?? null) === null ? [] : Array.from(iterate(schemes), (one) => textArgument(one, 'a scheme')),
      })
      return rendering.isEscaping ? new Markup(linked, rendering.dialect) : linked
    },
  ),
  pprint: defineMethod('', (value) => prettyRepr(value)),
}
