import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { setTimeout as sleep } from 'node:timers/promises'
import { busy, CODES, failure, Refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import { unauthorized } from './auth.ts'
import type { Authenticator } from './auth.ts'
import { parseJson } from './body.ts'
import type { BodyReader } from './body.ts'
import { checkValue } from './check-value.ts'
import { DRIP_MS } from './faults.ts'
import type { Fault, FaultSource } from './faults.ts'
import { claimKey, fieldOf, findKey } from './idempotency.ts'
import type { IdempotencyRules, KeyFound } from './idempotency.ts'
import type { Log } from './log.ts'
import type { Reply, Route } from './route.ts'
import type { Claim, Store } from './store/store.ts'

export type AppContext = Context<{ Bindings: HttpBindings }>

export interface Parts {
  readonly authenticate: Authenticator
  readonly bodies: BodyReader
  readonly idempotency: IdempotencyRules
  readonly store: Store
  readonly faults: FaultSource | null
  readonly log: Log
}

const BODY_LIMIT_BYTES = 2 * 1024 * 1024

/**
 * Makes the handler of a route. The order is the contract: who are you, how large is it, is it JSON, has it the
 * right keys, has it the right values. What comes first never depends on what comes later.
 */
export function createHandler(route: Route, parts: Parts): (c: AppContext) => Promise<Response> {
  return async (c) => {
    const startedAt = performance.now()
    const exchange: Exchange = { c, fault: null }
    const answer = await serve(route, parts, exchange).catch((error: unknown) => answerFrom(error, route, parts.log))
    const level = answer.status < 400 ? 'debug' : answer.status < 500 ? 'warn' : 'error'
    parts.log.write(level, 'request.answered', {
      method: route.method,
      route: route.path,
      status: answer.status,
      duration_ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
    })
    return respond(answer, exchange)
  }
}

interface Exchange {
  readonly c: AppContext
  /** A fault that spoils the answer itself. */
  fault: Fault | null
}

async function serve(route: Route, parts: Parts, exchange: Exchange): Promise<Answer> {
  const { incoming } = exchange.c.env
  const user = parts.authenticate(incoming.headers.authorization)
  if (user === null) throw unauthorized()

  const raw = await parts.bodies.read(incoming, route.bodyLimitBytes ?? BODY_LIMIT_BYTES)
  const body = route.body === null && raw.length === 0 ? null : parseJson(raw)

  const found: KeyFound = route.method === 'GET' ? { kind: 'none' } : findKey(parts.idempotency, incoming.headers, body)
  if (found.kind === 'bad') {
    return failure([{ code: CODES.keyValue, description: 'The idempotency key in the body cannot be used.' }])
  }
  if (parts.faults) await misbehave(parts.faults, exchange, { body, raw, found })

  const handle = async (): Promise<Reply> => {
    const value = checkBody(route, parts.idempotency, body)
    if (!value.ok) return { success: false, errors: value.errors }
    return route.handle({ body: value.value, params: exchange.c.req.param() as Record<string, string>, user })
  }
  if (found.kind === 'none') return settle(parts.store, null, await handle())

  const claim = await claimKey(parts.store, [user, route.method, exchange.c.req.path, found.key], raw)
  if ('status' in claim) return claim
  try {
    return await settle(parts.store, claim, await handle())
  } catch (error) {
    await parts.store.release(claim)
    throw error
  }
}

async function settle(store: Store, claim: Claim | null, reply: Reply): Promise<Answer> {
  const answer = reply.success ? success(reply.fields) : failure(reply.errors)
  const work = reply.success ? (reply.work ?? []) : []
  if (claim === null && work.length === 0) return answer
  const settled = await store.settle(claim, answer, work)
  if (settled === 'full') throw busy(429, 'The work queue is full.')
  if (settled === 'lost') throw busy(503, 'This instance was away for too long; another may have the request.')
  return answer
}

function checkBody(route: Route, rules: IdempotencyRules, body: unknown): ReturnType<typeof checkValue> {
  if (route.body === null) return { ok: true, value: null }
  if (rules.field === null || typeof body !== 'object' || body === null) return checkValue(route.body, body)
  const field = fieldOf(rules.field)
  const shape: unknown = 'shape' in route.body ? route.body.shape : {}
  if (Object.hasOwn(shape as object, field)) return checkValue(route.body, body)
  const { [field]: _key, ...rest } = body as Record<string, unknown>
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
    const headers = fault.retryAfter === null ? {} : { 'Retry-After': String(fault.retryAfter) }
    throw new Refusal(
      fault.status,
      { code: fault.status * 10, description: 'A fault was asked for (FAULTS).' },
      headers,
    )
  } else exchange.fault = fault
}

/** Turns whatever was thrown into an answer. Only what nobody foresaw is logged with its message. */
export function answerFrom(error: unknown, route: Pick<Route, 'method' | 'path'>, log: Log): Answer {
  if (error instanceof Refusal) return error.answer
  log.write('error', 'request.crashed', {
    method: route.method,
    route: route.path,
    error: error instanceof Error ? `${error.name}: ${error.stack?.split('\n')[1]?.trim() ?? ''}` : typeof error,
  })
  return new Refusal(500, { code: CODES.internal, description: 'Something went wrong here. Try again later.' }).answer
}

function respond(answer: Answer, { c, fault }: Exchange): Response | Promise<Response> {
  if (fault?.kind === 'reset') {
    c.env.incoming.socket.resetAndDestroy()
    return RESPONSE_ALREADY_SENT
  }
  if (fault?.kind === 'drip') return drip(answer, c)
  return toResponse(answer)
}

export function toResponse({ status, text, headers }: Answer): Response {
  return new Response(text, { status, headers: { 'Content-Type': 'application/json', ...headers } })
}

async function drip(answer: Answer, c: AppContext): Promise<Response> {
  const { outgoing } = c.env
  outgoing.writeHead(answer.status, { 'Content-Type': 'application/json' })
  for (const byte of Buffer.from(answer.text)) {
    if (outgoing.destroyed) break
    outgoing.write(Buffer.of(byte))
    await sleep(DRIP_MS)
  }
  outgoing.end()
  return RESPONSE_ALREADY_SENT
}
