import { readVariable } from './environment-variable.ts'
import { placeholderNames, substitute } from './secret-text.ts'

/** A proxy's URL taken apart. */
export interface EgressProxy {
  /** `http://proxy:3128`; never with credentials. */
  readonly origin: string
  /** Null without user-info. */
  readonly credentials: { readonly username: string; readonly password: string } | null
}

/**
 * Puts the variables of a proxy's URL in and takes it apart; gives words after "expected … to" when it cannot be used,
 * which never hold a value.
 *
 * A variable in the user-info is taken as it is: a password may hold `@`, `/` and `%`. One that stands for the whole URL
 * has them percent-encoded, as URLs have.
 *
 * @see RFC 3986 §3.2.1 (user-info), RFC 7617 §2 (no colon in a user name).
 */
export function readEgressProxy(text: string, valueOf: (name: string) => string): EgressProxy | string {
  const url = URL.parse(resolved(text, valueOf))
  if (url === null) return 'be a URL such as "http://proxy:3128", got something else'
  if (!/^https?:$/.test(url.protocol)) return `begin with http:// or https://, got ${url.protocol}//`
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return 'end after the port, got more'
  const { username, password } = url
  if (username === '' && password === '') return { origin: url.origin, credentials: null }
  const credentials = { username: decoded(username), password: decoded(password) }
  if (credentials.username.includes(':')) return 'have no colon in its user name (RFC 7617), got one'
  if (/\p{Cc}/u.test(credentials.username + credentials.password)) return 'hold no control character, got one'
  return { origin: url.origin, credentials }
}

function resolved(text: string, valueOf: (name: string) => string): string {
  const [start = '', userInfo = ''] = /^[a-z+.-]+:\/\/([^/?#]*)(?=@)/i.exec(text) ?? []
  const encoded = substitute(userInfo, (name) => encodeURIComponent(valueOf(name).toWellFormed()))
  const scheme = start.slice(0, start.length - userInfo.length)
  return scheme + encoded + substitute(text.slice(start.length), valueOf)
}

/** The proxy as far as it can be shown: where a variable is not set its name stands. */
export function describeEgressProxy(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const isKnown = placeholderNames(text).every((name) => readVariable(env, name) !== null)
  const proxy = isKnown ? readEgressProxy(text, (name) => readVariable(env, name) ?? '') : null
  if (proxy !== null && typeof proxy !== 'string') return proxy.origin
  return text.replace(/\/\/[^/?#]*@/, '//')
}

/** A `%` that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
