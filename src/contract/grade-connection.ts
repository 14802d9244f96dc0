import type { Endpoint } from './endpoint.ts'
import { cannotTell, fail, pass, warn, type Finding } from './finding.ts'
import { evidenceOf, meaningOf, plain, wordsOf } from './reading.ts'
import { allReplies, type Seen } from './seen.ts'

const DAY_MS = 86_400_000
const FEW_DAYS = 14
/** Authorities renew certificates when a third of their time is left; those for six days are never good for fourteen. */
const RENEWAL_SHARE = 1 / 3

/** Is the way there private, and does it lead to the right place? */
export function gradeHttps(seen: Partial<Seen>, endpoint: Endpoint): Finding {
  const { printableUrl, hostname, isTls, isInClear, ca } = endpoint
  const fix = 'Serve it over HTTPS, with a certificate of a public authority for this name'
  if (isInClear) return fail(`Nothing was sent, as it would travel in the clear: ${printableUrl}`, fix)
  if (!isTls) return warn('Plain http, which is good for this machine alone', `${fix}, before a campaign calls it`)
  const answer = seen.valid?.answer
  if (answer?.kind === 'failed' && answer.code === 'tls') {
    const install = 'Install a certificate of a public authority for this name, together with its chain'
    return fail(plain(answer.message), install, { error: answer.code })
  }
  if (answer === undefined || answer.kind === 'failed') return cannotTell('No connection was made: see valid_call')
  const authority = ca === null ? 'a public authority' : 'an authority that is trusted here (--ca)'
  return pass(`The certificate is of ${authority}, and for ${hostname}`)
}

/** How long will the certificate last? */
export function gradeCertificate({ certificate }: Pick<Seen, 'certificate'>, now: number): Finding {
  if (certificate === null) return cannotTell('The certificate could not be looked at')
  const { validFrom, validUntil } = certificate
  const leftMs = validUntil - now
  const daysLeft = Math.floor(leftMs / DAY_MS)
  const evidence = { days_left: daysLeft, valid_until: new Date(validUntil).toISOString() }
  const message = `The certificate is valid for another ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}`
  const isLate = daysLeft < FEW_DAYS && leftMs < (validUntil - validFrom) * RENEWAL_SHARE
  if (!isLate) return pass(message, evidence)
  return warn(message, 'Renew it now, and have it renewed by itself: once it has expired, every call fails', evidence)
}

/** Are there redirects? They are not followed: credentials would follow them too. */
export function gradeRedirects(seen: Partial<Seen>): Finding {
  const redirect = allReplies(seen).find((reply) => meaningOf(reply) === 'redirect')
  if (redirect !== undefined) {
    const { location = null } = redirect.headers
    const fix = 'Answer at this very address, or give senders the one that it leads to'
    const message = `A call was ${wordsOf(redirect)}, and redirects are not followed`
    return fail(message, fix, { ...evidenceOf(redirect), location })
  }
  if (seen.valid?.answer.kind !== 'answered') return cannotTell('No answer came: see valid_call')
  return pass('No call was redirected')
}

/** Does a connection carry more than one call? */
export function gradeKeepAlive({ keepAlive }: Pick<Seen, 'keepAlive'>): Finding {
  const [first, ...later] = keepAlive
  if (first?.answer.kind !== 'answered') return cannotTell('No answer came')
  const kept = later.filter((reply) => reply.wasReusedConnection && reply.answer.kind === 'answered').length
  const evidence = {
    calls: keepAlive.length,
    on_a_kept_connection: kept,
    connection: first.headers['connection'] ?? null,
  }
  if (kept === later.length) return pass('Connections are kept from call to call', evidence)
  const message = `Of ${keepAlive.length} calls one after the other, ${kept} could use the connection of the one before`
  const fix =
    'Keep connections open (HTTP/1.1 keep-alive, 5 s or more): a new one for each call costs more than the call'
  return warn(message, fix, evidence)
}

const CLOCK_LIMIT_S = 30
/** IMF-fixdate, the only form that may be sent (RFC 9110 §5.6.7). */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/** Do the two clocks agree? */
export function gradeClock({ valid }: Pick<Seen, 'valid'>): Finding {
  if (valid.answer.kind !== 'answered') return cannotTell('No answer came: see valid_call')
  const { date } = valid.headers
  const at = typeof date === 'string' && HTTP_DATE.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(at)) {
    return cannotTell('The answer has no Date that can be read', 'Send a Date header in the form of RFC 9110', {
      date: date ?? null,
    })
  }
  const begun = valid.endedAt - valid.latencyMs
  // A Date is cut to whole seconds, and was made at some moment of the call.
  const skewMs = at > valid.endedAt ? at - valid.endedAt : Math.min(0, at + 1000 - begun)
  const skew = Math.round(skewMs / 1000)
  const evidence = { date, skew_s: skew }
  if (Math.abs(skew) <= CLOCK_LIMIT_S) return pass('Its clock and this one agree', evidence)
  const message = `Its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} this one`
  const fix = 'Set the clock that is wrong by NTP: signatures and dates in Retry-After are read by it'
  return warn(message, fix, evidence)
}
