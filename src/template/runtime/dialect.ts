import { RenderFault } from './fault.ts'
import type { Dialect } from './value.ts'

// eslint-disable-next-line no-control-regex
const JSON_SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/
const HTML_SPECIAL = /[&<>'"]/
const HTML_SPECIALS = /[&<>'"]/g
const HTML_ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' }
const HTML_NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/** The inside of a JSON string. A lone surrogate, which UTF-8 cannot carry, becomes its escape, such as `\ud800` (RFC 8259 §8.2). */
export function escapeJson(text: string): string {
  return JSON_SPECIAL.test(text) ? JSON.stringify(text).slice(1, -1) : text
}

function unescapeJson(text: string): string | null {
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return null
  }
}

export function escapeHtml(text: string): string {
  return HTML_SPECIAL.test(text) ? text.replace(HTML_SPECIALS, (character) => HTML_ENTITIES[character]!) : text
}

export function unescapeHtml(text: string): string {
  return text.replace(/&(#\d{1,7}|#[xX][\da-fA-F]{1,6}|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return HTML_NAMED[name] ?? whole
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/** What XML 1.0 cannot hold in any spelling. */
const XML_FORBIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const XML_SPACE = /[\t\n\r]/g

/** White space as references: a parser makes blanks of tabs and line breaks in attributes, and `\n` of `\r\n` (XML 1.0 §2.11, §3.3.3). */
function escapeXml(text: string): string {
  const forbidden = XML_FORBIDDEN.exec(text)
  if (forbidden !== null) {
    const code = forbidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    throw new RenderFault(`expected characters that XML 1.0 can hold, got U+${code}`)
  }
  return escapeHtml(text).replace(XML_SPACE, (space) => `&#${space.charCodeAt(0)};`)
}

const UNRESERVED = /[!'()*]/g

/** Percent-encodes all but the unreserved characters (RFC 3986 §2.3). */
export function encodeUrl(text: string): string {
  if (!text.isWellFormed()) throw new RenderFault('expected well-formed Unicode text, got half of a surrogate pair')
  return encodeURIComponent(text).replace(
    UNRESERVED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decodeUrl(text: string): string | null {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

export const JSON_DIALECT: Dialect = { name: 'json', escape: escapeJson, unescape: unescapeJson }
/** HTML text stays as it is when it is worked on, as in Jinja2: `'&lt;'|safe|upper` is `&LT;`. */
export const HTML_DIALECT: Dialect = { name: 'html', escape: escapeHtml, unescape: () => null }
export const XML_DIALECT: Dialect = { name: 'xml', escape: escapeXml, unescape: unescapeHtml }
export const URL_DIALECT: Dialect = { name: 'url', escape: encodeUrl, unescape: decodeUrl }
