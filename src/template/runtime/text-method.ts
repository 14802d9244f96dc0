import { charactersOf, isAllSpace, lengthOf, splitLines, stripText } from './characters.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { RenderFault } from './fault.ts'
import { formatBraces } from './format-brace.ts'
import { listFrom } from './iterate.ts'
import { isMapping, mappingGet } from './dict.ts'
import { optionalText, textArgument, wholeArgument } from './argument.ts'
import { escapedText } from './operator.ts'
import { mapText, textLike } from './safe-text.ts'
import { capitalize, isLowerText, isTitleText, isUpperText, swapCase, titleLetters } from './text-case.ts'
import { expandTabs, padText } from './text-layout.ts'
import { replaceText, splitText } from './text-split.ts'
import { Markup, Tuple, checkedText, kindOf, rawText } from './value.ts'

type Text = string | Markup

function strip(side: 'both' | 'left' | 'right'): Methods[string] {
  return defineMethod<Text>('characters=', (self, { values: [characters] }) =>
    mapText(self, (text) => stripText(text, side, optionalText(characters, 'the characters'))),
  )
}

function change(convert: (text: string) => string): Methods[string] {
  return defineMethod<Text>('', (self) => mapText(self, convert))
}

function check(test: (text: string) => boolean): Methods[string] {
  return defineMethod<Text>('', (self) => test(rawText(self)))
}

function justify(side: 'left' | 'right' | 'both'): Methods[string] {
  return defineMethod<Text>('width, fill=', (self, { values: [width, fill] }) =>
    mapText(self, (text) =>
      padText(text, wholeArgument(width, 'the width'), { side, fill: optionalText(fill, 'the fill') ?? ' ' }),
    ),
  )
}

/** `startswith` and `endswith` take one text or a tuple of them. */
function edge(test: (text: string, part: string) => boolean): Methods[string] {
  return defineMethod<Text>('part, start=, end=', (self, { values: [part, start, end] }) => {
    const text = cut(rawText(self), start, end)
    const parts = part instanceof Tuple ? part.items : [part]
    return parts.some((one) => test(text, textArgument(one, 'what to look for')))
  })
}

function cut(text: string, start: unknown, end: unknown): string {
  if ((start ?? null) === null && (end ?? null) === null) return text
  const from = (start ?? null) === null ? 0 : wholeArgument(start, 'the start')
  const to = (end ?? null) === null ? undefined : wholeArgument(end, 'the end')
  return charactersOf(text).slice(from, to).join('')
}

/** The place of a part, in characters, or -1. */
function place(find: (text: string, part: string) => number): Methods[string] {
  return defineMethod<Text>('part, start=, end=', (self, { values: [part, start, end] }) =>
    placeOf(rawText(self), { find, part, start, end }),
  )
}

interface Search {
  readonly find: (text: string, part: string) => number
  readonly part: unknown
  readonly start: unknown
  readonly end: unknown
}

function placeOf(text: string, { find, part, start, end }: Search): number {
  const from = (start ?? null) === null ? 0 : wholeArgument(start, 'the start')
  const skipped = from < 0 ? Math.max(0, lengthOf(text) + from) : from
  const inside = cut(text, start, end)
  const at = find(inside, textArgument(part, 'what to look for'))
  return at === -1 ? -1 : skipped + lengthOf(inside.slice(0, at))
}

function index(find: (text: string, part: string) => number): Methods[string] {
  return defineMethod<Text>('part, start=, end=', (self, { values: [part, start, end] }) => {
    const found = placeOf(rawText(self), { find, part, start, end })
    if (found === -1) throw new RenderFault('expected the part to stand in the text, got none')
    return found
  })
}

/** `split` and `rsplit`. */
function split(isFromRight: boolean): Methods[string] {
  return defineMethod<Text>('sep=, maxsplit=', (self, { values: [sep, maxsplit] }) => {
    const most = maxsplit === undefined ? -1 : wholeArgument(maxsplit, '`maxsplit`')
    const parts = splitText(rawText(self), optionalText(sep, 'the separator'), { most, isFromRight })
    return parts.map((part) => textLike(self, part))
  })
}

function partition(isFromRight: boolean): Methods[string] {
  return defineMethod<Text>('sep', (self, { values: [sep] }) => {
    const separator = textArgument(sep, 'the separator')
    if (separator === '') throw new RenderFault('expected the separator to be a text, got an empty one')
    const text = rawText(self)
    const at = isFromRight ? text.lastIndexOf(separator) : text.indexOf(separator)
    const parts =
      at === -1
        ? isFromRight
          ? ['', '', text]
          : [text, '', '']
        : [text.slice(0, at), separator, text.slice(at + separator.length)]
    return new Tuple(parts.map((part) => textLike(self, part)))
  })
}

export const TEXT_METHODS: Methods = {
  upper: change((text) => text.toUpperCase()),
  lower: change((text) => text.toLowerCase()),
  casefold: change((text) => text.toLowerCase().replaceAll('ß', 'ss')),
  capitalize: change(capitalize),
  title: change(titleLetters),
  swapcase: change(swapCase),
  strip: strip('both'),
  lstrip: strip('left'),
  rstrip: strip('right'),
  split: split(false),
  rsplit: split(true),
  splitlines: defineMethod<Text>('keepends=', (self, { values: [keepends] }) =>
    splitLines(rawText(self), keepends === true).map((line) => textLike(self, line)),
  ),
  partition: partition(false),
  rpartition: partition(true),
  join: defineMethod<Text>('items', (self, { values: [items] }) => {
    const list = listFrom(items)
    if (!(self instanceof Markup)) {
      return checkedText(list.map((item) => textArgument(item, 'each item to join')).join(self))
    }
    return new Markup(checkedText(list.map((item) => escapedText(item, self.dialect)).join(self.text)), self.dialect)
  }),
  replace: defineMethod<Text>('old, new, count=', (self, { values: [old, by, count] }) =>
    mapText(self, (text) =>
      replaceText(text, textArgument(old, '`old`'), {
        by: textArgument(by, '`new`'),
        count: count === undefined ? -1 : wholeArgument(count, '`count`'),
      }),
    ),
  ),
  startswith: edge((text, part) => text.startsWith(part)),
  endswith: edge((text, part) => text.endsWith(part)),
  removeprefix: defineMethod<Text>('prefix', (self, { values: [prefix] }) =>
    mapText(self, (text) => {
      const start = textArgument(prefix, 'the prefix')
      return text.startsWith(start) ? text.slice(start.length) : text
    }),
  ),
  removesuffix: defineMethod<Text>('suffix', (self, { values: [suffix] }) =>
    mapText(self, (text) => {
      const end = textArgument(suffix, 'the suffix')
      return end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text
    }),
  ),
  find: place((text, part) => text.indexOf(part)),
  rfind: place((text, part) => text.lastIndexOf(part)),
  index: index((text, part) => text.indexOf(part)),
  rindex: index((text, part) => text.lastIndexOf(part)),
  count: defineMethod<Text>('part, start=, end=', (self, { values: [part, start, end] }) => {
    const text = cut(rawText(self), start, end)
    const wanted = textArgument(part, 'what to count')
    return wanted === '' ? lengthOf(text) + 1 : text.split(wanted).length - 1
  }),
  center: justify('both'),
  ljust: justify('left'),
  rjust: justify('right'),
  zfill: defineMethod<Text>('width', (self, { values: [width] }) =>
    mapText(self, (text) => {
      const sign = /^[+-]/.exec(text)?.[0] ?? ''
      const wanted = wholeArgument(width, 'the width') - sign.length
      return sign + padText(text.slice(sign.length), wanted, { side: 'right', fill: '0' })
    }),
  ),
  expandtabs: defineMethod<Text>('tabsize=', (self, { values: [size] }) =>
    mapText(self, (text) => expandTabs(text, size === undefined ? 8 : wholeArgument(size, '`tabsize`'))),
  ),
  format: defineMethod<Text>('*values, **names', (self, { rest, keywords }) =>
    formatBraces(self, { positional: rest, keywords: new Map(keywords) }),
  ),
  format_map: defineMethod<Text>('names', (self, { values: [names] }) => {
    if (!isMapping(names)) throw new RenderFault(`expected a mapping, got ${kindOf(names)}`)
    const found = {
      has: (name: string) => mappingGet(names, name) !== undefined,
      get: (name: string) => mappingGet(names, name),
    }
    return formatBraces(self, { positional: [], keywords: found as ReadonlyMap<string, unknown> })
  }),
  isdigit: check((text) => /^\p{Nd}+$/u.test(text)),
  isnumeric: check((text) => /^\p{N}+$/u.test(text)),
  isdecimal: check((text) => /^\p{Nd}+$/u.test(text)),
  isalpha: check((text) => /^\p{L}+$/u.test(text)),
  isalnum: check((text) => /^[\p{L}\p{N}]+$/u.test(text)),
  isspace: check(isAllSpace),
  isupper: check(isUpperText),
  islower: check(isLowerText),
  istitle: check(isTitleText),
  isascii: check((text) => /^[\u0000-\u007f]*$/.test(text)), // eslint-disable-line no-control-regex
  isidentifier: check((text) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text)),
}
