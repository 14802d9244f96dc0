import type { Reply } from './caller.ts'
import type { Credentials } from './endpoint.ts'
import { cannotTell, fail, pass, warn, type Finding } from './finding.ts'
import { CONSEQUENCES, evidenceOf, meaningOf, redirected, statusOf, wordsOf } from './reading.ts'
import type { Seen } from './seen.ts'

/** Is somebody let in who should not be? */
export function gradeRefusal(reply: Reply, { valid, whom }: { readonly valid: Reply; readonly whom: string }): Finding {
  const evidence = evidenceOf(reply)
  const message = `A call ${whom} was ${wordsOf(reply)}`
  const fix = `Answer a call ${whom} with 401 and WWW-Authenticate, before looking at anything else of it`
  const status = statusOf(reply)
  const meaning = meaningOf(reply)
  if (status === 401) return pass(message, evidence)
  if (meaningOf(valid) !== 'success' && status === statusOf(valid)) {
    return cannotTell(`${message}, as a valid one was: see valid_call`, null, evidence)
  }
  if (status === 403) return warn(`${message}, which does not say what is wrong`, fix, evidence)
  if (status === 429) return cannotTell(message, null, evidence)
  if (meaning === null) return fail(message, fix, evidence)
  return redirected(reply) ?? fail(`${message}, ${CONSEQUENCES[meaning]}`, fix, evidence)
}

/** Does a 401 say how to do better? */
export function gradeChallenge(
  { noCredentials, wrongCredentials }: Pick<Seen, 'noCredentials' | 'wrongCredentials'>,
  credentials: Credentials,
): Finding {
  const refused = [noCredentials, wrongCredentials].filter((reply) => statusOf(reply) === 401)
  if (refused.length === 0) return cannotTell('No call was answered with 401')
  const challenges = refused.map(({ headers }) => headers['www-authenticate'] ?? '').map(String)
  const fix =
    'Send WWW-Authenticate with every 401, such as Basic realm="api", charset="UTF-8" (RFC 9110, section 11.6.1)'
  const evidence = { www_authenticate: challenges[0] === '' ? null : challenges[0] }
  if (challenges.some((challenge) => challenge.trim() === '')) {
    return warn('A 401 came without WWW-Authenticate', fix, evidence)
  }
  const scheme = { basic: 'Basic', bearer: 'Bearer', headers: null, none: null }[credentials.kind]
  const names = scheme === null || challenges.every((challenge) => new RegExp(`\\b${scheme}\\b`, 'i').test(challenge))
  if (!names) return warn(`WWW-Authenticate does not name ${scheme}, which is what was sent`, fix, evidence)
  return pass('A 401 says by WWW-Authenticate what it wants', evidence)
}
