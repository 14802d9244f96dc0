import { PROFILES } from './built-in.ts'
import type { HmacProof, Profile } from './definition.ts'
import { prefixParts } from './hmac-proof.ts'

/** A signature scheme as `events.profiles` in hookcast.yaml writes it. */
export interface ProfileDefinition {
  /** The header that holds the signature. */
  readonly header: string
  /** What is signed; `{body}` once, `{id}`, `{timestamp}` and `{type}` as one likes. */
  readonly content: string
  readonly hash: HmacProof['hash']
  /** `HEX` is upper-case hex. */
  readonly encoding: HmacProof['encoding']
  readonly prefix?: string
  readonly key_encoding: HmacProof['keyEncoding']
  /** Between the signatures while a secret is replaced; without it the newest secret signs alone. */
  readonly separator?: ' ' | ','
  /** Headers beside the signature's, with the same placeholders. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Makes a profile of a definition: the rules are those of `svix`, the proof is the definition's.
 *
 * @throws {RangeError} with what was expected and what was got.
 */
export function defineProfile(name: string, definition: ProfileDefinition): Profile {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    throw new RangeError(
      `expected a profile's name to be lower-case letters, digits and -, got ${JSON.stringify(name)}`,
    )
  }
  if (Object.hasOwn(PROFILES, name)) throw new RangeError(`profile exists: ${name}; choose another name`)
  const { header, content, hash, encoding, key_encoding, prefix = '', separator = null, headers = {} } = definition
  const proof: HmacProof = {
    kind: 'hmac',
    header,
    content,
    hash,
    encoding,
    prefix,
    separator,
    keyEncoding: key_encoding,
    headers,
  }
  checkTexts(proof)
  const { rotation } = PROFILES['svix']!
  return {
    ...PROFILES['svix']!,
    name,
    proof,
    rotation: separator === null ? { ...rotation, mostSecrets: 1 } : rotation,
  }
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const PLACEHOLDER = /\{([^{}]*)\}/g

function checkTexts(proof: HmacProof): void {
  const { header, content, prefix, separator, headers } = proof
  for (const name of [header, ...Object.keys(headers)]) {
    if (!HEADER_NAME.test(name)) throw new RangeError(`expected a header's name, got ${JSON.stringify(name)}`)
  }
  if (content.split('{body}').length !== 2) {
    throw new RangeError(`expected \`content\` to hold {body} once, got ${JSON.stringify(content)}`)
  }
  const texts = { content: content.replace('{body}', ''), prefix, ...headers }
  for (const [key, text] of Object.entries(texts)) checkPlaceholders(key, text)
  if (separator === ' ' && prefixParts(proof).each.includes(' ')) {
    throw new RangeError(
      `expected \`prefix\` to be without spaces beside the separator " ", got ${JSON.stringify(prefix)}`,
    )
  }
  checkTimestampIsSent(proof)
}

function checkPlaceholders(key: string, text: string): void {
  for (const [placeholder, name] of text.matchAll(PLACEHOLDER)) {
    if (name !== 'id' && name !== 'timestamp' && name !== 'type') {
      throw new RangeError(`expected \`${key}\` to hold {id}, {timestamp} or {type}, got ${placeholder}`)
    }
  }
  if (/\p{Cc}/u.test(text)) throw new RangeError(`expected \`${key}\` to be without control characters`)
}

/** A receiver cannot check what it is not told. */
function checkTimestampIsSent({ content, prefix, headers }: HmacProof): void {
  const sent = [prefix, ...Object.values(headers)].join(' ')
  for (const placeholder of ['{id}', '{timestamp}']) {
    if (content.includes(placeholder) && !sent.includes(placeholder)) {
      throw new RangeError(
        `expected \`prefix\` or \`headers\` to hold ${placeholder}, which \`content\` signs, got none`,
      )
    }
  }
}
