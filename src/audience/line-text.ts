import { isUtf8 } from 'node:buffer'
import type { Line } from './cut-lines.ts'
import { RowFault } from './fault.ts'
import { TOO_LONG } from './row-limits.ts'

/**
 * Finds what keeps a line from being text in its source's encoding; null when nothing does.
 *
 * Other encodings were turned into UTF-8 on the way in, with U+FFFD in place of bytes that have no meaning: such a
 * character is the trace of them (one that the source really wrote is refused too, as it says that text was lost earlier).
 */
export function findTextFault(line: Line, text: string, encoding: string): RowFault | null {
  if (line.isTooLong) return new RowFault(TOO_LONG)
  if (!line.isUtf8) {
    const at = firstInvalidByte(line.bytes.subarray(line.start, line.end))
    const byte = line.bytes[line.start + at]?.toString(16).padStart(2, '0')
    const place = `byte 0x${byte} at offset ${line.offset + at}`
    return new RowFault(`expected UTF-8 text (\`encoding\` names another, such as windows-1252), got ${place}`)
  }
  if (encoding !== 'utf-8' && text.includes('\uFFFD')) {
    return new RowFault(`expected text in ${encoding}, got bytes without a meaning in it`)
  }
  return null
}

/** The text of a line; bytes that are not UTF-8 show as U+FFFD and are found by {@link findTextFault}. */
export function lineText({ bytes, start, end }: Line): string {
  return bytes.toString('utf8', start, end)
}

function firstInvalidByte(bytes: Buffer): number {
  const decoded = Buffer.from(bytes.toString('utf8'))
  let at = 0
  while (at < bytes.length && bytes[at] === decoded[at]) at++
  while (at > 0 && !isUtf8(bytes.subarray(0, at))) at--
  return at
}
