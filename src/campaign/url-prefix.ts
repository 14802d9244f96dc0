/**
 * Says whether credentials bound to `prefix` may be sent to `url`: the same origin, and the same leading path segments.
 *
 * `https://a.example/api/v1` covers `/api/v1` and `/api/v1/send`, never `/api/v10` or `/api/v2`. A path is also looked at
 * as a careless server would read it, with `%2F` and `%2E` decoded: `/api/v1/..%2Fadmin` is not below `/api/v1`.
 * @see RFC 3986, section 5.2.4; RFC 7617, section 2.2 (protection space).
 */
export function isAtOrBelow(prefix: string, url: string): boolean {
  const bound = URL.parse(prefix)
  const target = URL.parse(url)
  if (bound === null || target === null || bound.origin === 'null' || bound.origin !== target.origin) return false
  if (target.username !== '' || target.password !== '') return false
  const base = bound.pathname.replace(/\/+$/, '')
  if (base === '') return true
  return isBelow(base, target.pathname) && isBelow(looselyRead(base), looselyRead(target.pathname))
}

function isBelow(base: string, path: string): boolean {
  return path === base || path.startsWith(`${base}/`)
}

/** Two rounds: `%252e` is undone by two servers in a row. */
function looselyRead(path: string): string {
  let read = path
  for (let round = 0; round < 2; round++) {
    read = read.replaceAll(/%(2e|2f|5c|25)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  }
  const segments: string[] = []
  for (const segment of read.split(/[/\\]/).slice(1)) {
    // Parameters after a semicolon are dropped by some servers before they look for dots.
    const name = segment.replace(/;.*$/, '')
    if (name === '..') segments.pop()
    else if (name !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}
