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

export const triggerText = (id: string, n: number): string =>
  JSON.stringify({
    id,
    type: TYPE,
    customer: { customer_id: `c-${n}`, email: `somebody-${n}@example.com`, plan: 'free', points: n },
    event: { source: 'load' },
  })

/** Posts `count` triggers one by one, each at its own time; one whose connection breaks is sent again until it is accepted. */
export async function sendSteadily(
  url: string,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<readonly Accepted[]> {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const accepted: Accepted[] = []
  const pending: Promise<void>[] = []
  const begin = performance.now()
  for (let n = 0; n < count;) {
    const due = Math.min(count, Math.ceil(((performance.now() - begin) * perSecond) / 1000))
    for (; n < due; n++) pending.push(send(n, begin + (n * 1000) / perSecond))
    await systemClock.sleep(1)
  }
  await Promise.all(pending)
  await pool.close()
  return accepted

  async function send(n: number, dueAt: number): Promise<void> {
    const id = `t-${n}`
    const body = triggerText(id, n)
    for (let tries = 1; ; tries++) {
      const answer = await post(body)
      if (answer === null) {
        await systemClock.sleep(AGAIN_MS)
        continue
      }
      if (answer.status !== 202) throw new Error(`Not accepted: ${answer.status} ${answer.text}`)
      const counts = JSON.parse(answer.text) as { readonly accepted: number; readonly duplicate: number }
      if (counts.accepted + counts.duplicate !== 1) throw new Error(`Not accepted: ${answer.text}`)
      const wasDuplicate = counts.duplicate === 1
      accepted.push({ id, waitMs: performance.now() - dueAt, at: Date.now(), tries, wasDuplicate })
      return
    }
  }

  async function post(body: string): Promise<{ readonly status: number; readonly text: string } | null> {
    try {
      const answer = await pool.request({ method: 'POST', path: '/v1/triggers', headers, body })
      return { status: answer.statusCode, text: await answer.body.text() }
    } catch {
      return null
    }
  }
}
