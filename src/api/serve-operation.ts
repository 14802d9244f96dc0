import type { Context } from 'hono'
import { mayReadPersonalData, type Actor } from '../access/access.ts'
import { ApiError } from '../errors.ts'
import { jsonResponse } from './answer-headers.ts'
import type { Operation } from './operation.ts'
import { readBody, readParams, readQuery, type ReadBody } from './read-request.ts'
import { unknownCaller, type ApiServices } from './services.ts'

/** Answers one request: who is it, may they, what do they want, was it done before, do it. */
export async function serveOperation(operation: Operation, context: Context, services: ApiServices): Promise<Response> {
  const actor = operation.isSigned === true ? STRANGER : authenticate(operation, context, services)
  if (operation.isSigned !== true) authorize(operation, actor)
  const params = readParams(operation, context)
  const query = readQuery(operation, context)
  operation.refuse(params as never, services)
  if (operation.method !== 'post' || operation.isRaw === true)
    return await answer({ body: undefined, upload: null, digest: '' })
  const key = keyOf(context)
  const read = await readBody(operation, context, services)
  try {
    if (key === null || operation.isHarmless === true) return await answer(read)
    return await once(key, read)
  } finally {
    if (read.upload !== null) services.uploads.drop(read.upload)
  }

  async function handle({ body, upload }: ReadBody): Promise<unknown> {
    // The operation's own schemas have made these, which its type says where it is defined.
    const taken = { params, query, body, upload, actor, services, context } as never
    return await operation.handle(taken)
  }

  async function answer(read: ReadBody): Promise<Response> {
    return responseFrom(await handle(read))
  }

  function responseFrom(value: unknown): Response {
    if (value instanceof Response) return value
    const { isUnlimited, status = 200 } = operation
    return isUnlimited === true ? jsonResponse(context, value, status) : context.json(value as object, status)
  }

  async function once(key: string, read: ReadBody): Promise<Response> {
    const { method, url } = context.req
    const { pathname, search } = new URL(url)
    const request = `${method} ${pathname}${search} ${read.digest}`
    let first: Response | null = null
    const repeated = await services.repeats.once({ token: actor.id, key, request }, async () => {
      const value = await handle(read)
      first = responseFrom(value)
      const location = first.headers.get('Location')
      return { status: first.status, location, body: JSON.stringify(operation.kept(value)) }
    })
    if (repeated === null) return first!
    const headers = new Headers({ 'Content-Type': 'application/json', 'Idempotency-Replayed': 'true' })
    if (repeated.location !== null) headers.set('Location', repeated.location)
    return new Response(repeated.body, { status: repeated.status, headers })
  }
}

/** Nobody is asked for a token without one: a token that is unknown is counted, one that is missing is not. */
function authenticate({ isUnlimited }: Operation, context: Context, services: ApiServices): Actor {
  const { tokens, callRate } = services
  const [, text] = /^Bearer +(\S+) *$/i.exec(context.req.header('Authorization') ?? '') ?? []
  if (text === undefined) {
    throw new ApiError('HOOKCAST_API_DENIED', 'expected a token in `Authorization: Bearer …`, got none', {
      status: 401,
    })
  }
  const actor = tokens.verify(text)
  if (actor === null) throw unknownCaller('The token is unknown, expired or revoked', context, services)
  const retryAfterMs = isUnlimited === true ? 0 : callRate.take(actor.id)
  if (retryAfterMs === 0) return actor
  throw new ApiError('HOOKCAST_API_LIMIT', 'Too many requests with this token', { status: 429, retryAfterMs })
}

/** Nobody, until the handler has seen a signature. */
const STRANGER: Actor = { id: 'signed', name: 'signed', role: 'app', grants: [], app: null, capabilities: null }

/** @throws {ApiError} HOOKCAST_API_DENIED, when the role of somebody does not let them. */
export function authorize({ roles, isPersonal }: Operation, actor: Actor): void {
  if (!roles.includes(actor.role)) {
    const message = `expected a token of role ${roles.join(', ')}, got one of role ${actor.role}`
    throw new ApiError('HOOKCAST_API_DENIED', message, { status: 403 })
  }
  if (isPersonal === true && !mayReadPersonalData(actor)) {
    const message = 'This shows customers: expected a token with the grant personal_data, got one without'
    throw new ApiError('HOOKCAST_API_DENIED', message, { status: 403 })
  }
}

/** Of printable characters, as the draft has it: 1 to 255 of them. */
const KEY = /^[\x21-\x7E]{1,255}$/

function keyOf(context: Context): string | null {
  const key = context.req.header('Idempotency-Key')
  if (key === undefined) return null
  if (KEY.test(key)) return key
  const message = 'expected Idempotency-Key to be 1 to 255 printable characters, got something else'
  throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 400 })
}
