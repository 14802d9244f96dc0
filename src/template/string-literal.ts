import { invalidTemplate, type Source } from './template-problem.ts'

const ESCAPE = /\\(?:\n|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g
const SIMPLE: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Decodes a quoted text with Python's escapes: `\n`, `\x41`, `\u010d`, `\U0001f600`, `\101`; an unknown one stays as it is. */
export function decodeStringLiteral(quoted: string, source: Source, start: number): string {
  const body = quoted.slice(1, -1)
  if (!body.includes('\\')) return body
  return body.replace(ESCAPE, (whole, ...groups: unknown[]) => {
    const [hex2, hex4, hex8, octal, single] = groups as [string?, string?, string?, string?, string?]
    const hex = hex2 ?? hex4 ?? hex8
    const code = hex === undefined ? (octal === undefined ? null : parseInt(octal, 8)) : parseInt(hex, 16)
    if (code !== null && code <= 0x10ffff) return String.fromCodePoint(code)
    if (single !== undefined && !'xuUN'.includes(single)) return SIMPLE[single] ?? whole
    if (single === undefined && code === null) return ''
    const offset = start + 1 + (groups[5] as number)
    throw invalidTemplate(source, offset, 'expected an escape such as `\\n` or `\\u010d`, got another')
  })
}
