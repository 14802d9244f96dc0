import { charactersOf, splitWords, stripText } from './characters.ts'
import { RenderFault } from './fault.ts'
import { checkedText, checkedTextLength } from './value.ts'

/** Cuts at a separator, or at runs of white space without one, at most so often; a negative number has no limit. */
export function splitText(
  text: string,
  separator: string | null,
  { most, isFromRight }: { most: number; isFromRight: boolean },
): string[] {
  if (separator === '') throw new RenderFault('expected the separator to be a text, got an empty one')
  if (separator === null) return most < 0 ? splitWords(text) : splitBlanks(text, most, isFromRight)
  const parts = text.split(separator)
  if (most < 0 || parts.length <= most + 1) return parts
  return isFromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)]
}

/** The blanks around a word go; those on the far side of the last cut stay. */
function splitBlanks(text: string, most: number, isFromRight: boolean): string[] {
  const side = isFromRight ? 'right' : 'left'
  const parts: string[] = []
  const words = isFromRight ? splitWords(text).toReversed() : splitWords(text)
  let rest = stripText(text, side, null)
  for (const word of words.slice(0, most)) {
    parts.push(word)
    rest = isFromRight ? rest.slice(0, rest.length - word.length) : rest.slice(word.length)
    rest = stripText(rest, side, null)
  }
  if (rest !== '') parts.push(rest)
  return isFromRight ? parts.toReversed() : parts
}

/** Replaces up to `count` times, all for a negative count; an empty `old` stands between all characters. */
export function replaceText(text: string, old: string, { by, count }: { by: string; count: number }): string {
  if (count === 0) return text
  const parts = old === '' ? ['', ...charactersOf(text), ''] : text.split(old)
  const isAll = count < 0 || parts.length - 1 <= count
  const pieces = isAll ? parts : [...parts.slice(0, count), parts.slice(count).join(old)]
  checkedTextLength(text.length + by.length * (pieces.length - 1))
  return checkedText(pieces.join(by))
}
