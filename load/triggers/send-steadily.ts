import { Pool } from 'undici'
import { systemClock } from '../../src/clock.ts'
import { TOKEN, TYPE } from './service.ts'

/** What became of one trigger. */
export interface Accepted {
  readonly id: string
  /** From when it was due to be sent, whatever became of those before, to its 202; over all tries. */
  readonly waitMs: number
  /** Epoch ms of its 202. */
  readonly at: number
  /** More than one where the service was gone. */
  readonly tries: number
  /** An earlier try had been accepted, and its answer was lost. */
  readonly wasDuplicate: boolean
}

const CONNECTIONS = 100
const AGAIN_MS = 100
const MOST_TRIES = 300

export const triggerText = (id: string, n: number): string =>
  JSON.stringify({
    id,
    type: TYPE,
    customer: { customer_id: `c-${n}`, email: `somebody-${n}@example.com`, plan: 'free', points: n },
    event: { source: 'load' },
  })

/**
 * Posts `count` triggers one by one, each at its own time; one whose connection breaks is sent again until it is accepted.
 *
 * What it keeps of them lies in flat arrays, and it parses no more than it must: its own pauses would be told as the service's.
 */
export async function sendSteadily(
  url: string,
  { count, perSecond, prefix = 't' }: { readonly count: number; readonly perSecond: number; readonly prefix?: string },
): Promise<readonly Accepted[]> {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const headers = ['authorization', `Bearer ${TOKEN}`, 'content-type', 'application/json']
  const waitMs = new Float64Array(count)
  const at = new Float64Array(count)
  const tries = new Uint16Array(count)
  const wasDuplicate = new Uint8Array(count)
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  let left = count
  const begin = performance.now()
  for (let n = 0; n < count;) {
    const due = Math.min(count, Math.ceil(((performance.now() - begin) * perSecond) / 1000))
    for (; n < due; n++) send(n)
    await systemClock.sleep(1)
  }
  await done
  await pool.close()
  return Array.from(waitMs, (wait, n) => ({
    id: `${prefix}-${n}`,
    waitMs: wait,
    at: at[n]!,
    tries: tries[n]!,
    wasDuplicate: wasDuplicate[n] === 1,
  }))

  function send(n: number): void {
    tries[n]!++
    let status = 0
    let text = ''
    const request = { method: 'POST', path: '/v1/triggers', headers, body: triggerText(`${prefix}-${n}`, n) } as const
    pool.dispatch(request, {
      onRequestStart: () => undefined,
      onResponseStart: (_, code) => void (status = code),
      onResponseData: (_, bytes) => void (text += bytes.toString('latin1')),
      onResponseEnd: () => accept(n, status, text),
      onResponseError: (_, error) =>
        tries[n]! < MOST_TRIES ? void systemClock.after(AGAIN_MS, () => send(n)) : reject(error),
    })
  }

  function accept(n: number, status: number, text: string): void {
    wasDuplicate[n] = Number(text.includes('"duplicate":1'))
    if (status !== 202 || !(wasDuplicate[n] === 1 || text.includes('"accepted":1'))) {
      return reject(new Error(`Not accepted: ${status} ${text}`))
    }
    waitMs[n] = performance.now() - begin - (n * 1000) / perSecond
    at[n] = Date.now()
    if (--left === 0) resolve()
  }
}
