import { SPACE_CLASS, lengthOf, quoteText, splitLines } from './characters.ts'
import { isMapping, mappingEntries } from './dict.ts'
import { order } from './compare.ts'
import { reprOf } from './print.ts'
import { Tuple } from './value.ts'

const WIDTH = 80
const WORD = new RegExp(`[^${SPACE_CLASS}]+[${SPACE_CLASS}]*|[${SPACE_CLASS}]+`, 'g')

interface Item {
  readonly head: string
  readonly value: unknown
}

interface Parts {
  readonly open: string
  readonly close: string
  readonly items: readonly Item[]
}

/** The parts of a container, a mapping's sorted by key when its keys can be; null for anything else. */
function partsOf(value: unknown): Parts | null {
  if (isMapping(value)) {
    const items = sorted(mappingEntries(value)).map(([key, item]) => ({ head: `${reprOf(key)}: `, value: item }))
    return { open: '{', close: '}', items }
  }
  if (Array.isArray(value)) return { open: '[', close: ']', items: value.map(plain) }
  // The groups of `groupby` print as they are, as in Python.
  if (!(value instanceof Tuple) || value.names.length > 0) return null
  return { open: '(', close: value.items.length === 1 ? ',)' : ')', items: value.items.map(plain) }
}

function plain(value: unknown): Item {
  return { head: '', value }
}

function sorted(pairs: readonly (readonly [unknown, unknown])[]): readonly (readonly [unknown, unknown])[] {
  try {
    return pairs.toSorted(([left], [right]) => order(left, right))
  } catch {
    return pairs
  }
}

function flatRepr(value: unknown): string {
  const parts = partsOf(value)
  if (parts === null) return reprOf(value)
  return parts.open + parts.items.map((item) => item.head + flatRepr(item.value)).join(', ') + parts.close
}

/** Python's `pprint`: like a printed value, with mappings sorted, one item a line where a line is too short. */
export function prettyRepr(value: unknown): string {
  // Finds lists that hold themselves, and texts that are too long.
  reprOf(value)
  return indented(value, { indent: 0, allowance: 0, isOutermost: true })
}

interface Room {
  readonly indent: number
  /** What has to fit on the last line after it: closing brackets, a comma. */
  readonly allowance: number
  readonly isOutermost: boolean
}

function indented(value: unknown, room: Room): string {
  const { indent, allowance } = room
  const flat = flatRepr(value)
  if (lengthOf(flat) <= WIDTH - indent - allowance) return flat
  const parts = partsOf(value)
  if (parts === null) return typeof value === 'string' ? brokenText(value, room) : flat
  const last = parts.items.length - 1
  const lines = parts.items.map(({ head, value: item }, index) => {
    const after = index === last ? allowance + parts.close.length : 1
    return head + indented(item, { indent: indent + 1 + lengthOf(head), allowance: after, isOutermost: false })
  })
  return parts.open + lines.join(`,\n${' '.repeat(indent + 1)}`) + parts.close
}

/** A long text as several that stand one below the other, broken after line breaks and blanks. */
function brokenText(text: string, { indent: outer, allowance: after, isOutermost }: Room): string {
  const [indent, allowance] = isOutermost ? [outer + 1, after + 1] : [outer, after]
  const width = WIDTH - indent
  const lines = splitLines(text, true)
  const chunks = lines.flatMap((line, index) => {
    const isLast = index === lines.length - 1
    const whole = quoteText(line)
    return lengthOf(whole) <= width - (isLast ? allowance : 0)
      ? [whole]
      : brokenLine(line, width, isLast ? allowance : 0)
  })
  if (chunks.length === 1) return chunks[0]!
  const joined = chunks.join(`\n${' '.repeat(indent)}`)
  return isOutermost ? `(${joined})` : joined
}

function brokenLine(line: string, width: number, allowance: number): string[] {
  const words = line.match(WORD)!
  const chunks: string[] = []
  let current = ''
  words.forEach((word, index) => {
    const most = index === words.length - 1 ? width - allowance : width
    if (lengthOf(quoteText(current + word)) <= most) {
      current += word
    } else {
      if (current !== '') chunks.push(quoteText(current))
      current = word
    }
  })
  return [...chunks, quoteText(current)]
}
