import type { Endpoint } from './endpoint.ts'
import { cannotTell, type CheckId, type Finding } from './finding.ts'
import { gradeSuccessBody, gradeValidCall } from './grade-answer.ts'
import { gradeCertificate, gradeClock, gradeHttps, gradeKeepAlive, gradeRedirects } from './grade-connection.ts'
import { gradeChallenge, gradeRefusal } from './grade-credentials.ts'
import { gradeFailureBody } from './grade-failure.ts'
import { gradeConnections, gradeLatency } from './grade-load.ts'
import { gradeBrokenJson, gradeDuplicateKey, gradeLargeBody } from './grade-request.ts'
import type { ProbeId, Seen } from './seen.ts'

/** What else a check is graded by. */
export interface Surroundings {
  readonly endpoint: Endpoint
  /** Epoch ms. */
  readonly at: number
}

/** One check: what it has to have seen, and what it makes of that. */
export interface ContractCheck {
  readonly probes: readonly ProbeId[]
  readonly grade: (seen: Partial<Seen>, surroundings: Surroundings) => Finding
}

/** A check is graded when all its probes were made; what others saw beside them may be looked at too. */
function check<K extends ProbeId>(
  probes: readonly K[],
  grade: (seen: Pick<Seen, K> & Partial<Seen>, surroundings: Surroundings) => Finding,
): ContractCheck {
  return { probes, grade: (seen, surroundings) => grade(seen as Pick<Seen, K> & Partial<Seen>, surroundings) }
}

export const CHECKS: Readonly<Record<CheckId, ContractCheck>> = {
  https: check(['valid'], (seen, { endpoint }) => gradeHttps(seen, endpoint)),
  certificate: check(['valid', 'certificate'], (seen, { endpoint, at }) =>
    endpoint.isTls ? gradeCertificate(seen, at) : cannotTell('Plain http has no certificate'),
  ),
  no_redirect: check(['valid'], gradeRedirects),
  no_credentials: check(['valid', 'noCredentials'], ({ valid, noCredentials }) =>
    gradeRefusal(noCredentials, { valid, whom: 'without credentials' }),
  ),
  wrong_credentials: check(['valid', 'wrongCredentials'], ({ valid, wrongCredentials }) =>
    gradeRefusal(wrongCredentials, { valid, whom: 'with wrong credentials' }),
  ),
  www_authenticate: check(['valid', 'noCredentials', 'wrongCredentials'], (seen, { endpoint }) =>
    gradeChallenge(seen, endpoint.credentials),
  ),
  valid_call: check(['valid'], (seen, { endpoint }) => gradeValidCall(seen, endpoint)),
  success_body: check(['valid'], (seen, { endpoint }) => gradeSuccessBody(seen, endpoint)),
  failure_body: check(['valid', 'spoiled'], (seen, { endpoint }) => gradeFailureBody(seen, endpoint)),
  broken_json: check(['valid', 'broken'], gradeBrokenJson),
  duplicate_key: check(['valid', 'duplicate'], gradeDuplicateKey),
  large_body: check(['valid', 'large'], gradeLargeBody),
  keep_alive: check(['valid', 'keepAlive'], gradeKeepAlive),
  clock: check(['valid'], gradeClock),
  latency_1: check(['valid', 'load1'], ({ load1 }) => gradeLatency(load1)),
  latency_50: check(['valid', 'load50'], ({ load50 }) => gradeLatency(load50)),
  connections: check(['valid', 'connections'], ({ connections }) => gradeConnections(connections)),
  // The burst before opens the connections that are measured here.
  latency_200: check(['valid', 'connections', 'load200'], ({ load200 }) => gradeLatency(load200)),
}
