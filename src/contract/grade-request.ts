import { cannotTell, fail, pass, warn, type Finding } from './finding.ts'
import { CONSEQUENCES, evidenceOf, isTaken, meaningOf, redirected, statusOf, wordsOf } from './reading.ts'
import type { Seen } from './seen.ts'

/** What every receiver has to take from one customer: then a 413 is never one customer's fault. */
export const LARGE_BYTES = 2 * 1024 * 1024

/** Does a template that makes no JSON stop the campaign? */
export function gradeBrokenJson({ broken }: Pick<Seen, 'broken'>): Finding {
  const evidence = evidenceOf(broken)
  const message = `A body that breaks off was ${wordsOf(broken)}`
  const fix = 'Answer with 400 when the body is not JSON: the campaign is wrong then, for everybody'
  const meaning = meaningOf(broken)
  if (statusOf(broken) === 400) return pass(message, evidence)
  if (statusOf(broken) === 429) return cannotTell(message, null, evidence)
  if (meaning === null) return fail(message, fix, evidence)
  if (meaning === 'stops_all' || meaning === 'stops_chunk') {
    return warn(`${message}, ${CONSEQUENCES[meaning]}`, fix, evidence)
  }
  return redirected(broken) ?? fail(`${message}, ${CONSEQUENCES[meaning]}`, fix, evidence)
}

/** Is a request that comes twice known the second time? */
export function gradeDuplicateKey({ valid, duplicate: [first, second] }: Pick<Seen, 'valid' | 'duplicate'>): Finding {
  const replayed = second.headers['idempotency-replayed'] ?? null
  const evidence = { ...evidenceOf(second), idempotency_replayed: replayed }
  const message = `The same request, sent again under its key, was ${wordsOf(second)}`
  const fix = 'Remember keys (Idempotency-Key) for a day or more, and answer a known one as you did the first time'
  if (meaningOf(first) !== 'success') return cannotTell(`The first of the two was ${wordsOf(first)}`, null, evidence)
  if (String(replayed).toLowerCase() === 'true') return pass('A key that comes again is known', evidence)
  if (statusOf(second) === 409) return pass(`${message}: it is known`, evidence)
  const meaning = meaningOf(second)
  if (meaning === 'stops_all' || meaning === 'stops_chunk') {
    return fail(`${message}, ${CONSEQUENCES[meaning]}`, fix, evidence)
  }
  if (isSame(first, second)) {
    // Whether it was done twice cannot be seen from here, least of all where every call gets the same answer.
    return pass(
      `A key that comes again gets the same answer${isSame(first, valid) ? ', as every key does' : ''}`,
      evidence,
    )
  }
  return redirected(second) ?? cannotTell(`${message}, which does not show that it is known`, fix, evidence)
}

function isSame({ answer: a }: Seen['valid'], { answer: b }: Seen['valid']): boolean {
  return a.kind === 'answered' && b.kind === 'answered' && a.httpStatus === b.httpStatus && a.body === b.body
}

/** Is a request refused for its size that one customer can need? */
export function gradeLargeBody({ large }: Pick<Seen, 'large'>): Finding {
  const evidence = { bytes: LARGE_BYTES, ...evidenceOf(large) }
  const message = `A valid body of 2 MiB was ${wordsOf(large)}`
  const fix = 'Take bodies up to 2 MiB a customer, in your API and in every proxy before it'
  const meaning = meaningOf(large)
  if (isTaken(large)) return pass(message, evidence)
  if (statusOf(large) === 429) return cannotTell(message, null, evidence)
  if (meaning === null)
    return large.answer.kind === 'failed' ? silence(large.answer.code) : fail(message, fix, evidence)
  if (meaning === 'success') return fail(`${message}, and refused for what is in it`, fix, evidence)
  return redirected(large) ?? fail(`${message}, ${CONSEQUENCES[meaning]}`, fix, evidence)

  function silence(code: string): Finding {
    // Two megabytes take their time on a slow line: that is not the API's.
    return code === 'timeout' ? cannotTell(message, null, evidence) : fail(message, fix, evidence)
  }
}
