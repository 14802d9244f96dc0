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
  if (separator === null) return splitBlanks(text, most, isFromRight)
  const parts = text.split(separator)
  if (most < 0 || parts.length <= most + 1) return parts
  return isFromRight
    ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
    : [...parts.slice(0, most), parts.slice(most).join(separator)]
}

function splitBlanks(text: string, most: number, isFromRight: boolean): string[] {
  const words = splitWords(text)
  if (most < 0 || words.length <= most) return words
  const parts: string[] = []
  let rest = stripText(text, 'both', null)
  while (parts.length < most) {
    const word = isFromRight ? words[words.length - 1 - parts.length]! : words[parts.length]!
    parts.push(word)
    rest = isFromRight
      ? stripText(rest.slice(0, rest.length - word.length), 'right', null)
      : stripText(rest.slice(word.length), 'left', null)
  }
  const all = rest === '' ? parts : [...parts, rest]
  return isFromRight ? all.toReversed() : all
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
