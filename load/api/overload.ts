import { setTimeout as sleep } from 'node:timers/promises'
import { attack } from './attack.ts'
import type { Attack, Figures } from './attack.ts'
import { REFERENCE_API, startApi, USER } from './api-process.ts'
import type { ApiProcess } from './api-process.ts'

export interface Overload {
  readonly figures: Figures
  readonly peakBytes: number | null
  /** From the end of the load until calls were answered with 200 within 100 ms again, five in a row; null: not within 15 s. */
  readonly recoveredMs: number | null
}

/** A provider that is far slower than what comes: 16 pieces of work at once, 20 ms each, 800 a second. */
const SETTINGS = { PROVIDER_DELAY_MS: '20', QUEUE_LIMIT: '1000' } as const
const GIVE_UP_MS = 15_000
const WELL_MS = 100

/** Calls with far more than it can take, then waits until all is well. */
export async function runOverload(load: Attack): Promise<Overload> {
  await using api = await startApi(REFERENCE_API, SETTINGS)
  await attack(api, { connections: 50, seconds: 2 })
  const figures = await attack(api, load)
  if (!api.isAlive()) throw new Error('The reference API ended under the load')
  return { figures, recoveredMs: await recoveryMs(api), peakBytes: api.peakBytes() }
}

async function recoveryMs(api: ApiProcess): Promise<number | null> {
  const startedAt = performance.now()
  let inARow = 0
  let firstAt = 0
  for (let n = 0; performance.now() - startedAt < GIVE_UP_MS; n++) {
    const sentAt = performance.now()
    const isWell = (await callOnce(api, n)) === 200 && performance.now() - sentAt < WELL_MS
    if (isWell && inARow === 0) firstAt = sentAt
    inARow = isWell ? inARow + 1 : 0
    if (inARow === 5) return firstAt - startedAt
    await sleep(50)
  }
  return null
}

async function callOnce(api: ApiProcess, n: number): Promise<number> {
  const answer = await fetch(`${api.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${btoa(`${USER.name}:${USER.password}`)}`,
      'idempotency-key': `recovery-${n}`,
    },
    body: '{"customer_id":"c-1","to":"+420777000000","text":"Are you well?"}',
  })
  await answer.arrayBuffer()
  return answer.status
}
