import { hasMalformedPlaceholder, placeholderNames, substitute, unescapePlaceholders } from './secret-text.ts'
import { hasTemplate, mapLiteral, withoutSpans } from './template-span.ts'

/** A webhook's URL, taken apart: what is constant, and what is rendered. */
export interface WebhookUrl {
  readonly origin: string
  readonly isLoopbackLiteral: boolean
  /** Plain http to another machine. */
  readonly isInsecure: boolean
  readonly path: string
  /** The template reaches into the path, not only into the query. */
  readonly hasPathTemplate: boolean
}

export interface UrlRules {
  readonly isInsecureHttpAllowed: boolean
  /** The value of a variable; null when it may not be read or is not set (which has been reported). */
  readonly valueOf: (name: string) => string | null
  readonly report: (message: string) => void
}

/** Scheme and authority; each `${NAME}` counts as one letter of them. */
const ORIGIN = /^((?:\$\{\w+\}|[A-Za-z][A-Za-z0-9+.-]*):\/\/)?((?:\$\{\w+\}|[^/?#])*)(.*)$/s

const USER_INFO =
  'expected webhook.url to hold no user name or password, got some: they go under webhook.auth, as { type: basic, username, password }'

/** Mail and database ports: a request there is a message to a server that is none of HTTP's. */
const REFUSED_PORTS: ReadonlySet<string> = new Set(['0', '22', '25', '6379'])

/**
 * Checks a written URL and takes it apart; null when it cannot be used (each reason is reported).
 *
 * Characters that WHATWG `URL` would silently delete or move (tab, line break, backslash) are refused before it sees them:
 * it reads `http:\\a.example` and `/a<CR><LF>X-Evil: 1` as something else than what was written.
 * @see RFC 3986, section 3; WHATWG URL, "basic URL parser".
 */
export function parseWebhookUrl(written: string, rules: UrlRules): WebhookUrl | null {
  const match = ORIGIN.exec(written)
  const [scheme = '', authority = '', rest = ''] = match?.slice(1) ?? []
  const refusal = textRefusal(written, scheme, authority) ?? pathRefusal(rest)
  if (refusal !== null) {
    rules.report(refusal)
    return null
  }
  const origin = originFrom(scheme + authority, rules)
  if (origin === null) return null
  const host = authority.replace(/:[^:\]]*$/, '')
  const path = mapLiteral(unescapePlaceholders(rest), encodeLiteral)
  const masked = withoutSpans(path, '\0')
  return {
    origin: origin.origin,
    isInsecure: crossesNetworkPlain(origin),
    isLoopbackLiteral: !host.includes('$') && isLoopbackHost(host),
    path: masked.startsWith('/') ? path : `/${path}`,
    hasPathTemplate: masked.replace(/\?[^]*$/, '').includes('\0'),
  }
}

/** Removes what a URL must not show: user-info and query. */
export function printableUrl(url: string): string {
  return url.replace(/^([^/?#]*\/\/)?[^/?#]*@/, '$1…@').replace(/[?#][^]*$/, '?…')
}

function textRefusal(written: string, scheme: string, authority: string): string | null {
  const literal = withoutSpans(written, '')
  if (/[\p{Cc}\\]|\s/u.test(literal)) {
    return 'expected webhook.url to hold no space, control character or backslash, got one: write it percent-encoded'
  }
  if (hasTemplate(scheme + authority)) {
    return 'expected scheme, host and port of webhook.url to be constant, got a template there: templates are for path and query'
  }
  if (authority.includes('@')) {
    return USER_INFO
  }
  if (hasMalformedPlaceholder(scheme + authority)) {
    return 'expected each ${ in webhook.url to begin a ${NAME}, got something else: $${ stands for the text itself'
  }
  const isWhole = scheme !== '' || authority.startsWith('${')
  return isWhole
    ? null
    : `expected webhook.url to begin with https://, got ${JSON.stringify(printableUrl(written).slice(0, 80))}`
}

function pathRefusal(path: string): string | null {
  const [name] = placeholderNames(withoutSpans(path, ''))
  if (name !== undefined) {
    return `\${${name}} is not allowed in path and query of webhook.url: use a header of type secret, or params`
  }
  const literal = withoutSpans(path, '\0')
  if (literal.includes('#')) return 'expected webhook.url to hold no fragment, got one: # is written %23'
  if (
    literal
      .replace(/\?[^]*$/, '')
      .split('/')
      .some(isDotSegment)
  ) {
    return 'expected webhook.url to hold no . or .. segment, got one'
  }
  return null
}

function isDotSegment(segment: string): boolean {
  return /^(\.|%2e){1,2}$/i.test(segment)
}

function originFrom(written: string, { valueOf, report, isInsecureHttpAllowed }: UrlRules): URL | null {
  let isMissing = false
  const resolved = substitute(written, (name) => {
    const value = valueOf(name)
    isMissing ||= value === null
    return value ?? ''
  })
  if (isMissing) return null
  const refusal = originRefusal(resolved.replace(/\/$/, ''), { isInsecureHttpAllowed, written })
  if (refusal === null) return new URL(resolved)
  report(refusal)
  return null
}

/** Never shows what a variable held: only the writer's own text. */
function originRefusal(
  resolved: string,
  { isInsecureHttpAllowed, written }: { isInsecureHttpAllowed: boolean; written: string },
): string | null {
  const shown = JSON.stringify(printableUrl(written).slice(0, 80))
  if (/[\p{Cc}\\\s]/u.test(resolved))
    return `expected ${shown} to hold no space, control character or backslash, got one`
  // `https:a.example` and `https:///a.example` parse too, as something that nobody wrote.
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^/]/i.exec(resolved)?.[1]
  const url = URL.parse(resolved)
  if (scheme === undefined || url === null) return `expected webhook.url to be a URL with a host, got ${shown}`
  if (!/^https?$/i.test(scheme)) return schemeRefusal(shown)
  if (url.username !== '' || url.password !== '') return USER_INFO
  if (url.pathname + url.search + url.hash !== '/') {
    return `expected the variable in ${shown} to hold scheme, host and port only, got more`
  }
  if (REFUSED_PORTS.has(url.port)) return `expected webhook.url to name a port of an HTTP server, got ${url.port}`
  if (isInsecureHttpAllowed || !crossesNetworkPlain(url)) return null
  return `${schemeRefusal(shown)}: plain http needs insecure_http: true`
}

function crossesNetworkPlain(url: URL): boolean {
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname)
}

function schemeRefusal(shown: string): string {
  return `expected webhook.url to begin with https://, got ${shown}`
}

/** As it is written, so that no resolver has a say: `localhost` and its subdomains are loopback by RFC 6761, section 6.3. */
function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase()
  return (
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name) ||
    name === '[::1]' ||
    name === 'localhost' ||
    name.endsWith('.localhost')
  )
}

/** Percent-encodes what RFC 3986 allows in no URL, such as `č` and `"`; what is encoded already stays. */
function encodeLiteral(text: string): string {
  return text.replaceAll(/[^\w\-.~:/?#[\]@!$&'()*+,;=%]+/g, (part) => encodeURIComponent(part.toWellFormed()))
}
