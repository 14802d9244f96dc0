/**
 * A receiver that answers as it is told and notes when calls began: `fork('scripted-receiver.ts', [script as JSON])`.
 * It tells its port once it listens, and what it has seen whenever it is sent anything.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How it answers. Each answer is 200 after `delayMs` unless something here says otherwise. */
export interface Script {
  readonly delayMs: number
  /** So many of a thousand calls are answered after `slowMs` instead. */
  readonly slowPerMille?: number
  readonly slowMs?: number
  /** This call is answered 401 (1-based). */
  readonly refuseAt?: number
  /** The first call with each key is answered `status`; keys end in `-<number>` below `keys`. */
  readonly failOnce?: { readonly keys: number; readonly status: number }
}

/** Instants are epoch ms with fractions. */
export interface Seen {
  readonly calls: number
  readonly firstAt: number | null
  readonly lastAt: number | null
  /** The longest time without a call, when it was over, and how many had come before. */
  readonly longestGap: { readonly ms: number; readonly endedAt: number; readonly callsBefore: number } | null
  /** When the 401 left. */
  readonly refusedAt: number | null
  /** With `failOnce`: waits from that answer to the next call of the same key, ms, in order of size: least, 1 %, half, 99 %, most. */
  readonly waits: readonly number[]
  /** With `failOnce`: how many came again. */
  readonly again: number
  readonly mostInFlight: number
  /** With `failOnce`: calls that came again, in each second from the first of them. */
  readonly againPerSecond: readonly number[]
}

const script = JSON.parse(process.argv[2] ?? '{}') as Script
const OK = '{"success":true}'
const HEADERS = { 'content-type': 'application/json', 'content-length': OK.length }
const now = (): number => performance.timeOrigin + performance.now()

let calls = 0
let firstAt: number | null = null
let lastAt: number | null = null
let longestGap: Seen['longestGap'] = null
let refusedAt: number | null = null
let inFlight = 0
let mostInFlight = 0
const failedAt = new Float64Array(script.failOnce?.keys ?? 0)
const waits: number[] = []
const againPerSecond: number[] = []
let firstAgainAt = 0

function statusFor(n: number, key: string): number {
  if (n === script.refuseAt) return 401
  if (script.failOnce === undefined) return 200
  const seq = Number(key.slice(key.lastIndexOf('-') + 1))
  const failed = failedAt[seq]
  const at = now()
  if (failed === undefined || failed === 0) {
    failedAt[seq] = at
    return script.failOnce.status
  }
  firstAgainAt ||= at
  const second = Math.floor((at - firstAgainAt) / 1000)
  againPerSecond[second] = (againPerSecond[second] ?? 0) + 1
  waits.push(at - failed)
  return 200
}

function answer(response: ServerResponse, status: number): void {
  inFlight--
  response.writeHead(status, HEADERS).end(OK)
  if (status === 401) refusedAt = now()
}

const server = createServer({ keepAliveTimeout: 3_600_000, requestTimeout: 0, noDelay: true }, (request, response) => {
  const at = now()
  const gapMs = at - (lastAt ?? at)
  if (gapMs > (longestGap?.ms ?? 0)) longestGap = { ms: gapMs, endedAt: at, callsBefore: calls }
  const n = ++calls
  lastAt = at
  firstAt ??= at
  mostInFlight = Math.max(mostInFlight, ++inFlight)
  request.resume()
  request.once('end', () => {
    const status = statusFor(n, String(request.headers['idempotency-key'] ?? ''))
    const isSlow = script.slowPerMille !== undefined && (n * 7919) % 1000 < script.slowPerMille
    const delayMs = isSlow ? (script.slowMs ?? 0) : script.delayMs
    if (delayMs === 0) answer(response, status)
    else setTimeout(() => answer(response, status), delayMs)
  })
})

process.on('message', () => {
  const sorted = Float64Array.from(waits).toSorted()
  const at = (share: number): number[] =>
    sorted.length === 0 ? [] : [sorted[Math.floor(share * (sorted.length - 1))]!]
  const seen: Seen = {
    calls,
    firstAt,
    lastAt,
    longestGap,
    refusedAt,
    waits: [0, 0.01, 0.5, 0.99, 1].flatMap(at),
    again: waits.length,
    mostInFlight,
    againPerSecond: Array.from(againPerSecond, (count) => count ?? 0),
  }
  process.send?.(seen)
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', 4096, () => process.send?.((server.address() as AddressInfo).port))
