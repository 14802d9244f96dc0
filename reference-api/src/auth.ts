import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { CODES, Refusal } from './answer.ts'

export interface User {
  readonly name: string
  readonly password: string
}

/** Answers whose credentials a header holds, or null. */
export type Authenticator = (authorization: string | undefined) => string | null

/**
 * Checks Basic credentials (RFC 7617, UTF-8) in constant time and at almost no cost: one short SHA-256 a request,
 * however many users there are.
 *
 * The expected headers are hashed once, at start, together with a random salt. A request's header is hashed with
 * the same salt and looked up: how far two digests agree says nothing about the header, because nobody outside
 * knows the salt. The last word is a `timingSafeEqual` over digests, which always have the same length.
 * The same name may stand twice: both passwords are valid while one replaces the other.
 *
 * @see RFC 7617 §2; RFC 9110 §11.1 (the scheme's name is case-insensitive).
 */
export function createAuthenticator(users: readonly User[]): Authenticator {
  const salt = randomBytes(32).toString('hex')
  const digestOf = (header: string): string => hash('sha256', salt + header, 'hex')
  const known = new Map(
    users.map((user) => {
      const digest = digestOf(basicHeader(user.name, user.password))
      return [digest, { name: user.name, bytes: Buffer.from(digest) }]
    }),
  )
  const look = (header: string): string | null => {
    const digest = digestOf(header)
    const found = known.get(digest)
    return found && timingSafeEqual(found.bytes, Buffer.from(digest)) ? found.name : null
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
