import type { Campaign } from '../campaign/campaign.ts'
import type { Problem } from '../errors.ts'
import { checkHeader } from '../request/request.ts'

/** What every request carries already: the request id in one of these would take its place, credentials included. */
const TAKEN = /^(authorization|content-type|accept|user-agent|x-hookcast-.*)$/i

/** Finds a header for the request id that may not be sent, or that says something else; other headers are checked as they are read. */
export function headerProblems({ webhook, file }: Campaign): Problem[] {
  const { header } = webhook.idempotency
  const refusal = TAKEN.test(header)
    ? `expected no header \`${header}\`: it says something else`
    : checkHeader(header, '')
  if (refusal === null) return []
  return [{ file, line: null, column: null, message: `webhook.idempotency.header: ${refusal}` }]
}
