import autocannon from 'autocannon'
import type { ApiProcess } from './api-process.ts'
import { USER } from './api-process.ts'

export interface Attack {
  readonly connections: number
  readonly seconds: number
}

/** What a server did while it was called as fast as it answered. */
export interface Figures {
  readonly connections: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p97Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly accepted: number
  /** Of the accepted ones alone: answers that shed are quick, and would flatter. */
  readonly acceptedP99Ms: number
  /** 429 and 503. */
  readonly shed: number
  /** What else became of requests, and how often: another status, a broken connection by its code, no answer within 10 s. */
  readonly errors: Readonly<Record<string, number>>
  /** CPU time of the server for each answer; null where the system does not tell. */
  readonly cpuMicros: number | null
}

const AUTHORIZATION = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`
let sequence = 0

/** Calls `/v1/messages` with autocannon; each call is a customer of its own, or its answer would come from the store. */
export async function attack(api: ApiProcess, { connections, seconds }: Attack): Promise<Figures> {
  const cpuBefore = api.cpuMs()
  const spans: number[] = []
  let shed = 0
  let others = 0
  const errors: Record<string, number> = {}
  const noteError = (kind: string): void => {
    errors[kind] = (errors[kind] ?? 0) + 1
  }
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: api.url,
        connections,
        duration: seconds,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: AUTHORIZATION },
        requests: [
          {
            method: 'POST',
            path: '/v1/messages',
            setupRequest: (request) => ({
              ...request,
              headers: { ...request.headers, 'idempotency-key': `load-${++sequence}` },
              body: `{"customer_id":"c-${sequence}","to":"+420777000000","text":"Hello from the load test"}`,
            }),
          },
        ],
      },
      (error: unknown, found) => (error ? reject(error) : resolve(found)),
    )
    instance.on('response', (...[, status, , spanMs]) => {
      if (status === 200) spans.push(spanMs)
      else if (status === 429 || status === 503) shed += 1
      else {
        others += 1
        noteError(`status ${status}`)
      }
    })
    instance.on('reqError', (error: NodeJS.ErrnoException) => noteError(error.code ?? error.message))
  })
  const cpuAfter = api.cpuMs()
  spans.sort((a, b) => a - b)
  const answers = spans.length + shed + others
  return {
    connections,
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p97Ms: result.latency.p97_5,
    p99Ms: result.latency.p99,
    maxMs: result.latency.max,
    accepted: spans.length,
    acceptedP99Ms: spans[Math.floor(spans.length * 0.99)] ?? 0,
    shed,
    errors,
    cpuMicros: cpuBefore === null || cpuAfter === null ? null : ((cpuAfter - cpuBefore) * 1000) / answers,
  }
}
