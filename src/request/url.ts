/** Longer paths are cut: a log line has to stay readable. */
const PATH_LIMIT = 200

/**
 * Makes a URL printable: user-info and query values are left out, control characters are encoded.
 *
 * What cannot be parsed is not printed at all: a password could hide anywhere in it.
 *
 * @example redactUrl('https://acme:pw@sms.example.com/v1?key=1') // 'https://sms.example.com/v1?…'
 */
export function redactUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null) return '(not a URL)'
  if (url.host === '') return `${url.protocol}…`
  const path = url.pathname.length > PATH_LIMIT ? `${url.pathname.slice(0, PATH_LIMIT)}…` : url.pathname
  return `${url.protocol}//${url.host}${path}${url.search === '' ? '' : '?…'}`
}

/** Where calls go: one scheme, host and port. */
export interface Target {
  readonly isTls: boolean
  /** A name, or an address without brackets. */
  readonly hostname: string
  readonly port: number
  readonly origin: string
}

/** @throws {RangeError} when `origin` is not a bare `http(s)://host[:port]`; user-info is never echoed. */
export function targetFromOrigin(origin: string): Target {
  const url = URL.parse(origin)
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  // Anything beyond scheme, host and port makes the two differ.
  if (url === null || !isHttp || url.href !== `${url.origin}/`) {
    throw new RangeError(`expected \`origin\` to be like https://host:port, got ${redactUrl(origin)}`)
  }
  const isTls = url.protocol === 'https:'
  return {
    isTls,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    origin: url.origin,
  }
}
