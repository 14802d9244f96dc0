import { charactersOf, lengthOf, splitLines } from './characters.ts'
import { RenderFault } from './fault.ts'
import { checkedText, checkedTextLength } from './value.ts'

/** Fills a text up to a width; `both` puts the odd blank where Python does. */
export function padText(
  text: string,
  width: number,
  { side, fill }: { side: 'left' | 'right' | 'both'; fill: string },
): string {
  const missing = width - lengthOf(text)
  if (missing <= 0) return text
  checkedTextLength(width)
  if (side === 'left') return text + fill.repeat(missing)
  if (side === 'right') return fill.repeat(missing) + text
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return fill.repeat(left) + text + fill.repeat(missing - left)
}

export function expandTabs(text: string, size: number): string {
  let column = 0
  let result = ''
  for (const character of text) {
    if (character === '\t') {
      const width = size > 0 ? size - (column % size) : 0
      checkedTextLength(result.length + width)
      result += ' '.repeat(width)
      column += width
    } else {
      result += character
      column = character === '\n' || character === '\r' ? 0 : column + 1
    }
  }
  return result
}

export interface Truncation {
  readonly length: number
  readonly isCuttingWords: boolean
  readonly end: string
  /** A text that is longer by no more than this is left alone. */
  readonly leeway: number
}

export function checkTruncation({ length, end, leeway }: Truncation): void {
  if (length >= lengthOf(end) && leeway >= 0) return
  throw new RenderFault('expected `length` to be at least that of `end`, and `leeway` zero or more, got less')
}

/** Jinja2's `truncate`: the end mark counts into the length. */
export function truncateText(text: string, { length, isCuttingWords, end, leeway }: Truncation): string {
  const characters = charactersOf(text)
  if (characters.length <= length + leeway) return text
  const kept = characters.slice(0, Math.max(0, length - lengthOf(end))).join('')
  if (isCuttingWords) return kept + end
  const blank = kept.lastIndexOf(' ')
  return (blank === -1 ? kept : kept.slice(0, blank)) + end
}

/** Jinja2's `indent`: all lines but the first and empty ones, unless asked for. */
export function indentText(
  text: string,
  by: string,
  { isFirst, isBlank }: { isFirst: boolean; isBlank: boolean },
): string {
  const lines = `${text}\n`
  checkedTextLength(text.length + by.length * lines.split('\n').length)
  if (isBlank) {
    const [first = '', ...rest] = splitLines(lines)
    const indented = [first, ...rest.map((line) => by + line)].join('\n')
    return isFirst ? by + indented : indented
  }
  const [first = '', ...rest] = splitLines(lines)
  const indented = [first, ...rest.map((line) => (line === '' ? line : by + line))].join('\n')
  return isFirst ? by + indented : indented
}

export interface Wrapping {
  readonly width: number
  readonly isBreakingWords: boolean
  readonly isBreakingHyphens: boolean
  readonly joint: string
}

/** Jinja2's `wordwrap`: each line of the text is filled on its own. */
export function wrapText(text: string, wrapping: Wrapping): string {
  if (wrapping.width < 1) throw new RenderFault('expected `width` to be at least 1, got less')
  const lines = splitLines(text).map((line) => {
    return wrapLine(chunksOf(line, wrapping.isBreakingHyphens), wrapping).join(wrapping.joint)
  })
  return checkedText(lines.join(wrapping.joint))
}

const BLANKS = '[\\t\\n\\v\\f\\r ]'
const PART = '[\\p{L}\\p{N}_!"\'&.,?]'
const LETTER = '[\\p{L}_]'
/**
 * Where a line may be broken, as in Python's `textwrap`: at blanks, behind the hyphen of a compound word, around a dash
 * of two hyphens or more.
 */
const CHUNK = new RegExp(
  `${BLANKS}+|(?<=${PART})-{2,}(?=[\\p{L}\\p{N}_])|(?!${BLANKS})[^]+?` +
    `(?:-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${PART}-))(?=${LETTER}-?${LETTER})|(?=${BLANKS}|$)|(?<=${PART})(?=-{2,}[\\p{L}\\p{N}_]))`,
  'gu',
)
const BLANK_CHUNK = new RegExp(`(${BLANKS}+)`)

function chunksOf(line: string, isBreakingHyphens: boolean): string[] {
  const chunks = isBreakingHyphens ? line.match(CHUNK) : line.split(BLANK_CHUNK)
  return (chunks ?? []).filter((chunk) => chunk !== '')
}

function wrapLine(chunks: readonly string[], wrapping: Wrapping): string[] {
  const { width } = wrapping
  const lines: string[] = []
  const left = chunks.toReversed()
  while (left.length > 0) {
    if (left.at(-1)!.trim() === '' && lines.length > 0) left.pop()
    const line: string[] = []
    let length = 0
    while (left.length > 0 && length + lengthOf(left.at(-1)!) <= width) {
      length += lengthOf(left.at(-1)!)
      line.push(left.pop()!)
    }
    if (left.length > 0 && lengthOf(left.at(-1)!) > width) breakChunk(left, line, { ...wrapping, room: width - length })
    if (line.length > 0 && line.at(-1)!.trim() === '') line.pop()
    if (line.length > 0) lines.push(line.join(''))
  }
  return lines
}

/** Breaks a chunk that is longer than a line: behind a hyphen if there is one in the room left, else anywhere. */
function breakChunk(left: string[], line: string[], { room: space, ...how }: Wrapping & { room: number }): void {
  if (how.isBreakingWords) {
    const characters = charactersOf(left.pop()!)
    const hyphen = characters.slice(0, space).lastIndexOf('-')
    const isAtHyphen = how.isBreakingHyphens && characters.slice(0, Math.max(0, hyphen)).some((one) => one !== '-')
    const end = isAtHyphen ? hyphen + 1 : space
    line.push(characters.slice(0, end).join(''))
    left.push(characters.slice(end).join(''))
  } else if (line.length === 0) {
    line.push(left.pop()!)
  }
}
