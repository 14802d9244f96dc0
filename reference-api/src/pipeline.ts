import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressCheck } from './address.ts'
import { busy, CODES, failure, Refusal } from './answer.ts'
import type { Answer, Reply } from './answer.ts'
import { unauthorized } from './auth.ts'
import type { Authenticator } from './auth.ts'
import { parseJson } from './body.ts'
import type { BodyReader } from './body.ts'
import { checkValue } from './check-value.ts'
import type { Checked } from './check-value.ts'
import { DRIP_MS } from './faults.ts'
import type { Fault, FaultSource } from './faults.ts'
import { answerOnce, fieldOf, findKey, keyUse } from './idempotency.ts'
import type { IdempotencyRules, KeyFound } from './idempotency.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Route } from './route.ts'
import { StoreUnavailable } from './store/store.ts'
import type { Store } from './store/store.ts'
import type { Turns } from './turns.ts'
import { parseXml } from './xml.ts'

export type AppContext = Context<{ Bindings: HttpBindings }>

export interface Parts {
  readonly checkAddress: AddressCheck
  readonly authenticate: Authenticator
  readonly bodies: BodyReader
  readonly turns: Turns
  readonly idempotency: IdempotencyRules
  readonly store: Store
  readonly faults: FaultSource | null
  readonly metrics: Metrics
  readonly log: Log
}

/** Far more than one customer's request can hold, so that a 413 is never one customer's fault. */
export const BODY_LIMIT_BYTES = 2 * 1024 * 1024

/** A request in our hands; `fault` is set when its answer is to be spoiled. */
export interface Exchange {
  readonly c: AppContext
  fault: Fault | null
}

/** Makes a handler of whatever gives an answer: errors become answers, and each request is counted and logged. */
export function createHandler(
  { method, path }: Pick<Route, 'method' | 'path'>,
  { metrics, log }: Pick<Parts, 'metrics' | 'log'>,
  serve: (exchange: Exchange) => Promise<Answer>,
): (c: AppContext) => Promise<Response> {
  const counts = metrics.route(method, path)
  return async (c) => {
    const startedAt = performance.now()
    const exchange: Exchange = { c, fault: null }
    let answer: Answer
    try {
      answer = await serve(exchange)
    } catch (error) {
      answer = answerFrom(error, path, log)
    }
    const { status } = answer
    const durationMs = performance.now() - startedAt
    counts.note(status, durationMs)
    const level = status < 400 ? 'debug' : status < 500 ? 'warn' : 'error'
    if (log.has(level))
      log.write(level, 'request.answered', { method, route: path, status, ms: Math.round(durationMs) })
    return exchange.fault === null ? toResponse(answer) : spoil(answer, c, exchange.fault)
  }
}

/**
 * Serves a route. The order is the contract: who are you, how large is it, is it JSON, has it the right keys, has it
 * the right values. What comes first never depends on what comes later.
 */
export function serveRoute(route: Route, parts: Parts): (exchange: Exchange) => Promise<Answer> {
  const { idempotency, store, faults } = parts
  const hasParams = route.path.includes(':')
  const parse = route.format === 'xml' ? parseXml : parseJson
  return async (exchange) => {
    const { incoming } = exchange.c.env
    parts.checkAddress(incoming)
    const user = parts.authenticate(incoming.headers.authorization)
    if (user === null) throw unauthorized()

    const raw = await parts.bodies.read(incoming, route.bodyLimitBytes ?? BODY_LIMIT_BYTES, route.format)
    if (!parts.turns.take()) await parts.turns.next()
    const body = route.body === null && raw.length === 0 ? null : parse(raw)

    const found: KeyFound = route.method === 'GET' ? { kind: 'none' } : findKey(idempotency, incoming.headers, body)
    if (found.kind === 'bad') {
      return failure([{ code: CODES.keyValue, description: 'The idempotency key in the body cannot be used.' }])
    }
    if (faults) await misbehave(faults, exchange, { body, raw, found })

    const run = (): Reply | Promise<Reply> => {
      const checked = checkBody(route, idempotency, body)
      if (!checked.ok) return { success: false, errors: checked.errors }
      const params = hasParams ? (exchange.c.req.param() as Record<string, string>) : {}
      return route.handle({ body: checked.value, params, user })
    }
    if (found.kind === 'none') return await answerOnce(store, null, run)
    return await answerOnce(store, keyUse(`${user} ${route.method} ${exchange.c.req.path} ${found.key}`, raw), run)
  }
}

/** A field that carries the idempotency key passes although the schema does not name it. */
function checkBody(route: Route, { field }: IdempotencyRules, body: unknown): Checked<unknown> {
  if (route.body === null) return { ok: true, value: null }
  if (field === null || typeof body !== 'object' || body === null) return checkValue(route.body, body)
  const name = fieldOf(field)
  const shape: unknown = 'shape' in route.body ? route.body.shape : {}
  if (Object.hasOwn(shape as object, name)) return checkValue(route.body, body)
  const { [name]: _key, ...rest } = body as Record<string, unknown>
  return checkValue(route.body, rest)
}

async function misbehave(
  faults: FaultSource,
  exchange: Exchange,
  { body, raw, found }: { body: unknown; raw: Buffer; found: KeyFound },
): Promise<void> {
  const key = found.kind === 'key' ? found.key : ''
  const customer = (body as { customer_id?: unknown } | null)?.customer_id
  const fault = faults.next(typeof customer === 'string' ? customer : key || raw.toString('utf8'), key)
  if (fault?.kind === 'delay') await sleep(fault.delayMs)
  else if (fault?.kind === 'status') {
    const problem = { code: fault.status * 10, description: 'A fault was asked for (FAULTS).' }
    throw new Refusal(
      fault.status,
      problem,
      fault.retryAfter === null ? {} : { 'Retry-After': String(fault.retryAfter) },
    )
  } else exchange.fault = fault
}

/** Turns whatever was thrown into an answer. Of what nobody foresaw only name and place are logged: messages may quote data. */
function answerFrom(error: unknown, path: string, log: Log): Answer {
  if (error instanceof Refusal) return error.answer
  if (error instanceof StoreUnavailable) return busy(503, 'The store cannot be reached at the moment.', 5).answer
  const place = error instanceof Error ? `${error.name} ${error.stack?.split('\n    at ')[1] ?? ''}` : typeof error
  log.write('error', 'request.crashed', { route: path, error: place })
  return new Refusal(500, { code: CODES.internal, description: 'Something went wrong here. Try again later.' }).answer
}

const JSON_HEADERS = { 'Content-Type': 'application/json' } as const

function toResponse({ status, text, headers }: Answer): Response {
  return new Response(text, { status, headers: headers ? { ...JSON_HEADERS, ...headers } : JSON_HEADERS })
}

/** The faults that hit after the work was done: the sender is left in doubt. */
async function spoil(answer: Answer, c: AppContext, fault: Fault): Promise<Response> {
  if (fault.kind === 'drip') await drip(answer, c)
  else c.env.incoming.socket.resetAndDestroy()
  return RESPONSE_ALREADY_SENT
}

async function drip(answer: Answer, c: AppContext): Promise<void> {
  const { outgoing } = c.env
  outgoing.writeHead(answer.status, JSON_HEADERS)
  for (const byte of Buffer.from(answer.text)) {
    if (outgoing.destroyed) return
    outgoing.write(Buffer.of(byte))
    await sleep(DRIP_MS)
  }
  outgoing.end()
}
