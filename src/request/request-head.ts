import type { Call } from './exchange.ts'
import { isOwned, isToken } from './header.ts'

/** No control character, so no line break: a value can't become a header of its own. */
const ODD_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const ODD_PATH = /[^\x21-\x7e\x80-\xff]/

/** Names that were looked at: campaigns have a few, and each comes with every call. */
const knownNames = new Set<string>()
const MOST_NAMES = 1000

/**
 * Writes the request line and the headers, up to the empty line.
 *
 * @throws {RangeError} when they would be another request than was meant.
 * @see RFC 9112 §3, §6.2
 */
export function headOf({ method, path, headers, body }: Call, host: string): string {
  if (!path.startsWith('/') || ODD_PATH.test(path)) throw refusal('invalid request path')
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!
    const value = headers[at + 1]!
    if (!knownNames.has(name)) checkName(name)
    if (ODD_VALUE.test(value)) throw refusal(`invalid ${name} header`)
    head += `${name}: ${value}\r\n`
  }
  if (body !== null) return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`
  return method === 'GET' || method === 'DELETE' ? `${head}\r\n` : `${head}content-length: 0\r\n\r\n`
}

function checkName(name: string): void {
  if (!isToken(name)) throw refusal('invalid header name')
  if (isOwned(name)) throw refusal(`invalid header ${name}, which is set by the connection`)
  if (knownNames.size < MOST_NAMES) knownNames.add(name)
}

function refusal(found: string): RangeError {
  return new RangeError(`expected \`call\` to be a request that can be sent, got ${found}`)
}
