import { createAuthenticator } from '../auth.ts'
import { objectFrom, textOf } from './verifier.ts'
import type { CreateVerifier } from './verifier.ts'

/**
 * Verifies Cross River: Basic credentials, which are all the proof there is; a secret is `user:password`.
 *
 * The body is not signed, and `lastAttemptedAt` changes with each attempt: the event's id alone tells a repeat.
 * @see Cross River COS API, "Webhook registrations".
 */
export const createCrossRiverVerifier: CreateVerifier = (secrets) => {
  const authenticate = createAuthenticator(
    secrets.map((secret) => {
      const colon = secret.indexOf(':')
      if (colon < 1 || colon === secret.length - 1) throw new RangeError('to be user:password')
      return { name: secret.slice(0, colon), password: secret.slice(colon + 1) }
    }),
  )
  return ({ raw, headers }) => {
    if (authenticate(headers.authorization) === null) return null
    const body = objectFrom(raw.toString('utf8'))
    return { id: textOf(body?.['id']), type: textOf(body?.['eventName']), payload: body }
  }
}
