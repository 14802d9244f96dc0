/** A token of RFC 9110 §5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** What the connection itself needs: a campaign that set one of these would break the framing or the routing. */
const OWNED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Receivers resolve these (RFC 3986 §5.2.4): a customer called `..` would reach another resource. */
const DOT_SEGMENT = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i

/**
 * Says in words why a header may not be sent; null when it may. The words hold the name, never the value.
 *
 * Values are visible ASCII, space and tab: undici would send `é` as one Latin-1 byte, which receivers read as they please.
 *
 * @see RFC 9110 §5.5, §7.6.1.
 */
export function checkHeader(name: string, value: string): string | null {
  if (!NAME.test(name))
    return 'expected a header name to be letters, digits and - . _ and the like, got another character'
  const lowerName = name.toLowerCase()
  if (OWNED.has(lowerName) || lowerName.startsWith('proxy-')) {
    return `expected no header \`${name}\`: it belongs to the connection and is set by hookcast`
  }
  if (lowerName === 'accept-encoding') return `expected no header \`${name}\`: answers are read uncompressed`
  const found = oddCharacter(value, 0x20)
  return found === null ? null : `expected header \`${name}\` to be visible ASCII, got ${found}`
}

/**
 * Says in words why a path and query may not be sent; null when they may. The words do not hold the path.
 *
 * @see RFC 9112 §3.2.1.
 */
export function checkPath(path: string): string | null {
  if (!path.startsWith('/')) return 'expected a path to begin with /'
  if (path.startsWith('//')) return 'expected a path to begin with one /, got two'
  const found = oddCharacter(path, 0x21)
  if (found !== null) return `expected a path to be percent-encoded, got ${found}`
  if (path.includes('\\')) return 'expected a path to be percent-encoded, got a backslash'
  if (path.includes('#')) return 'expected a path to end before its fragment, got #'
  return DOT_SEGMENT.test(path) ? 'expected a path without . and .. segments, got one' : null
}

function oddCharacter(text: string, lowest: number): string | null {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if ((code >= lowest && code <= 0x7e) || (code === 0x09 && lowest === 0x20)) continue
    return `${nameOf(code)} at character ${at + 1}`
  }
  return null
}

function nameOf(code: number): string {
  if (code === 0x0d || code === 0x0a) return 'a line break'
  if (code === 0x20) return 'a space'
  if (code < 0x20 || code === 0x7f) return 'a control character'
  return 'a character outside ASCII'
}
