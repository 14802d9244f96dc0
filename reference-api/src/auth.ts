import { timingSafeEqual } from 'node:crypto'
import { CODES, Refusal } from './answer.ts'

export interface User {
  readonly name: string
  readonly password: string
}

/** Answers whose credentials a header holds, or null. */
export type Authenticator = (authorization: string | undefined) => string | null

/** Widths are multiples of this: how long a comparison takes tells no more about a password than this. */
const WIDTH_BYTES = 256

/**
 * Checks Basic credentials (RFC 7617, UTF-8) in constant time and at almost no cost: nothing is decoded or hashed.
 *
 * The expected headers are made once, at start, and padded with zeros to one width. A request's header is padded to
 * the same width and compared with each of them, to the last byte and to the last user, whichever it fits.
 * The same name may stand twice: both passwords are valid while one replaces the other.
 *
 * @see RFC 7617 §2; RFC 9110 §11.1 (the scheme's name is case-insensitive).
 */
export function createAuthenticator(users: readonly User[]): Authenticator {
  const headers = users.map(({ name, password }) => ({ name, header: basicHeader(name, password) }))
  const longest = Math.max(0, ...headers.map(({ header }) => header.length))
  const width = Math.ceil((longest + 1) / WIDTH_BYTES) * WIDTH_BYTES
  const known = headers.map(({ name, header }) => {
    const bytes = Buffer.alloc(width)
    bytes.write(header, 'latin1')
    return { name, bytes }
  })
  // One buffer for all requests: nothing is awaited between writing and reading it.
  const given = Buffer.alloc(width)
  const look = (header: string): string | null => {
    if (header.length > width) return null
    given.fill(0, given.write(header, 'latin1'))
    let found: string | null = null
    for (const { name, bytes } of known) if (timingSafeEqual(bytes, given)) found = name
    return found
  }
  return (authorization) => {
    if (!authorization || authorization.length > 8192) return null
    const name = look(authorization)
    if (name !== null) return name
    // The same credentials may be written in another way: `basic`, more spaces, base64 without padding.
    const token = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
    return token === undefined ? null : look(`Basic ${Buffer.from(token, 'base64').toString('base64')}`)
  }
}

/** The header that a client with these credentials sends. */
export function basicHeader(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`, 'utf8').toString('base64')}`
}

/** 401 with the challenge that RFC 9110 §15.5.2 asks for. */
export function unauthorized(): Refusal {
  const problem = { code: CODES.unauthorized, description: 'Credentials are missing or wrong (HTTP Basic, UTF-8).' }
  return new Refusal(401, problem, { 'WWW-Authenticate': 'Basic realm="api", charset="UTF-8"' })
}
