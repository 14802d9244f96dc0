import { CODES, Refusal } from '../answer.ts'
import type { Answer } from '../answer.ts'
import { unauthorized } from '../auth.ts'
import { answerOnce, keyUse } from '../idempotency.ts'
import type { Store } from '../store/store.ts'
import { createBridgeVerifier } from './bridge.ts'
import { createCrossRiverVerifier } from './crossriver.ts'
import { createReceeveVerifier } from './receeve.ts'
import { createSvixVerifier } from './svix.ts'
import type { CreateVerifier, Received, Verifier, WebhookSource } from './verifier.ts'

/** How each vendor proves that an event is its own. */
export const VERIFIERS: Readonly<Record<WebhookSource, CreateVerifier>> = {
  svix: createSvixVerifier,
  standard: createSvixVerifier,
  bridge: createBridgeVerifier,
  crossriver: createCrossRiverVerifier,
  receeve: createReceeveVerifier,
}

export interface WebhookParts {
  readonly source: WebhookSource
  readonly verify: Verifier
  readonly store: Store
}

/** Everything else about the request is part of the proof: repeats of an event may differ in their bytes. */
const NO_BODY = Buffer.alloc(0)

/**
 * Takes an event: proof, then id, then the queue. A repeat of an event gets the first one's answer.
 *
 * @throws {Refusal} 401 without a proof, 400 without an id, 429 when the queue is full.
 */
export async function receiveEvent({ source, verify, store }: WebhookParts, received: Received): Promise<Answer> {
  const event = verify(received)
  if (event === null) throw unproven(source)
  if (!/^[\x21-\x7e]{1,128}$/.test(event.id)) {
    throw new Refusal(400, { code: CODES.keyMissing, description: 'The event has no id that could be used.' })
  }
  const id = `${source}:${event.id}`
  const payload = { source, type: event.type, data: event.payload }
  return answerOnce(store, keyUse(`webhook ${id}`, NO_BODY), () => ({
    success: true,
    fields: {},
    work: [{ kind: 'event', id, payload }],
  }))
}

function unproven(source: WebhookSource): Refusal {
  if (source === 'crossriver') return unauthorized()
  const problem = { code: CODES.unauthorized, description: 'The proof is missing, wrong or too old.' }
  return new Refusal(401, problem, { 'WWW-Authenticate': 'Signature realm="webhooks"' })
}
