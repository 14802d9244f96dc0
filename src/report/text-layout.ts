// Controls and the marks that turn the direction of text: what a receiver wrote must not drive a terminal.
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Makes a stranger's text one harmless line: blanks and line breaks are single blanks, other controls are shown as such. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(/\s+/g, ' ').trim().replaceAll(UNPRINTABLE, escaped)
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

export function cut(text: string, width: number): string {
  const characters = Array.from(text)
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}

// What stands between backticks is to be typed, so it is kept in one piece.
const WORD = /(?:`[^`]*`|\S)+/g

/** Breaks a text into lines of at most `width` characters, where its words allow it. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const [word] of text.matchAll(WORD)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}

/**
 * Writes how long something took or takes, in at most two units.
 *
 * @example formatSpan(911) // '911 ms'
 * @example formatSpan(355_123) // '5 min 55 s'
 */
export function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return ms < 10_000 ? `${Math.round(ms / 100) / 10} s` : `${seconds} s`
  if (seconds < 3600) return twoUnits(Math.floor(seconds / 60), 'min', { rest: seconds % 60, restUnit: 's' })
  const minutes = Math.round(seconds / 60)
  return twoUnits(Math.floor(minutes / 60), 'h', { rest: minutes % 60, restUnit: 'min' })
}

function twoUnits(value: number, unit: string, { rest, restUnit }: { rest: number; restUnit: string }): string {
  return rest === 0 ? `${number(value)} ${unit}` : `${number(value)} ${unit} ${rest} ${restUnit}`
}
