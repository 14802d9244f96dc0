import { hash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32
const PREFIX_LENGTH = 9

/**
 * Makes the text of a token, which is shown once and kept nowhere.
 *
 * Shape: `hc_` and 256 random bits in base64url, 46 characters
 */
export function createTokenText(): string {
  return `hc_${randomBytes(TOKEN_BYTES).toString('base64url')}`
}

/**
 * Gives what is kept of a token.
 *
 * Slow hashes protect passwords, which people choose and attackers guess; nobody guesses 256 random bits, and a plain hash
 * is found by its index.
 *
 * @see OWASP Password Storage Cheat Sheet: of secrets with low entropy only.
 */
export function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** Gives the beginning of a token, by which people tell theirs apart: 36 of its 256 bits. */
export function prefixOf(token: string): string {
  return token.slice(0, PREFIX_LENGTH)
}
