import type { IncomingHttpHeaders } from 'node:http'

const BOM = 0xfeff

/** The last of a header's values: a proxy on the way adds its own after the origin's. */
export function lastHeader(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value.at(-1) : value) ?? null
}

/** The media type in lower case, without parameters; empty without a header. */
export function mediaTypeFrom(header: string | null): string {
  if (header === null) return ''
  const end = header.indexOf(';')
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase()
}

/**
 * Decodes a body as UTF-8, whatever its header says; a byte order mark is dropped, which `JSON.parse` would refuse.
 *
 * The half character at the end of a cut body is left out.
 */
export function decodeBody(chunks: readonly Buffer[], isCut: boolean): string {
  const bytes = bytesOf(chunks)
  if (isCut) return new TextDecoder().decode(bytes, { stream: true })
  const text = bytes.toString('utf8')
  return text.charCodeAt(0) === BOM ? text.slice(1) : text
}

/** The same, but a body that is not UTF-8 comes in base64, so that nothing of it is lost. */
export function decodeBytes(chunks: readonly Buffer[], isCut: boolean): string {
  const bytes = bytesOf(chunks)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut })
  } catch {
    return bytes.toString('base64')
  }
}

function bytesOf(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
}
