import { Pool } from 'undici'
import { systemClock } from '../../src/clock.ts'
import type { Receiver } from './receiver.ts'
import { TOKEN } from './service.ts'

/** What became of the messages of one round. */
export interface Sent {
  readonly count: number
  readonly refused: number
  readonly missing: number
  readonly acceptedMs: number
  readonly deliveredMs: number
  /** From asking to the 202, each. */
  readonly acceptWaits: readonly number[]
  /** From the 202 to its arrival, each. */
  readonly ways: readonly number[]
}

/** Until everything was delivered; then what is missing is missing. */
const LONGEST_MS = 60_000

/** Sends messages to a service over Svix's API, at a steady rate. */
export class Sender implements AsyncDisposable {
  readonly #pool: Pool
  readonly #receiver: Receiver

  constructor(url: string, receiver: Receiver) {
    this.#pool = new Pool(url, { connections: 64 })
    this.#receiver = receiver
  }

  async ask<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await this.#pool.request({ method, path, headers, ...sent })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${text}`)
    return JSON.parse(text) as T
  }

  /** An app whose messages are each for one of its endpoints, by channel. */
  async prepare(
    app: string,
    { endpoints, port }: { readonly endpoints: number; readonly port: number },
  ): Promise<void> {
    await this.ask('POST', '/api/v1/app?get_if_exists=true', { name: app, uid: app })
    for (let n = 0; n < endpoints; n++) {
      const endpoint = { url: `http://127.0.0.1:${port}/${n}`, uid: `${app}-${n}`, channels: [`c${n}`] }
      await this.ask('PUT', `/api/v1/app/${app}/endpoint/${endpoint.uid}`, endpoint)
    }
  }

  async send(
    app: string,
    { rate, count, endpoints }: { readonly rate: number; readonly count: number; readonly endpoints: number },
  ): Promise<Sent> {
    const accepted = new Map<string, number>()
    const acceptWaits: number[] = []
    let refused = 0
    const sendOne = async (n: number): Promise<void> => {
      const at = performance.now()
      const payload = { type: 'load', data: { n, text: 'x'.repeat(900) } }
      try {
        const message = { eventType: 'load', channels: [`c${n % endpoints}`], payload }
        const { id } = await this.ask<{ readonly id: string }>('POST', `/api/v1/app/${app}/msg`, message)
        acceptWaits.push(performance.now() - at)
        accepted.set(id, performance.now())
      } catch {
        refused++
      }
    }
    const beganAt = performance.now()
    const sending: Promise<void>[] = []
    while (sending.length < count) {
      const due = Math.min(count, Math.floor(((performance.now() - beganAt) * rate) / 1000))
      while (sending.length < due) sending.push(sendOne(sending.length))
      await systemClock.sleep(1)
    }
    await Promise.all(sending)
    const acceptedMs = performance.now() - beganAt
    const { arrived } = this.#receiver
    const missing = (): number => [...accepted.keys()].filter((id) => !arrived.has(id)).length
    while (missing() > 0 && performance.now() - beganAt < acceptedMs + LONGEST_MS) await systemClock.sleep(50)
    const times = [...accepted].flatMap(([id, at]) => (arrived.has(id) ? [[at, arrived.get(id)!] as const] : []))
    const ways = times.map(([at, arrivedAt]) => Math.max(0, arrivedAt - at))
    const deliveredMs = times.reduce((last, [, arrivedAt]) => Math.max(last, arrivedAt), beganAt) - beganAt
    return { count, refused, missing: missing(), acceptedMs, deliveredMs, acceptWaits, ways }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }
}

export function quantile(found: readonly number[], share: number): number {
  const sorted = found.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
