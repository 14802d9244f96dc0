import { z } from 'zod'
import type { Route } from './route.ts'

type Json = Readonly<Record<string, unknown>>

const PROBLEM: Json = {
  type: 'object',
  required: ['code', 'description'],
  properties: { code: { type: 'integer' }, description: { type: 'string' } },
}
const FAILURE: Json = {
  type: 'object',
  required: ['success', 'errors'],
  properties: { success: { const: false }, errors: { type: 'array', minItems: 1, items: PROBLEM } },
}
const SUCCESS: Json = {
  type: 'object',
  required: ['success'],
  properties: {
    success: { const: true },
    result: { type: 'object' },
    results: { type: 'array', items: { type: 'object' } },
  },
}

/** What each status says to the sender: the page and the specification print the same words. */
export const STATUSES: Readonly<Record<number, string>> = {
  200: 'Taken over (`success: true`), or wrong for this one customer (`success: false`).',
  400: 'Broken JSON or XML, or a missing or unknown key: the campaign is wrong, the sender stops.',
  401: 'Credentials are missing or wrong.',
  403: 'The address may not call.',
  404: 'No such route: the sender stops.',
  405: 'The route does not take this method.',
  409: 'The same request is still being worked on: again after `Retry-After`.',
  413: 'The body is too large.',
  415: 'The body is not announced as JSON (or XML, where that is taken) in UTF-8.',
  429: 'The work queue is full: again after `Retry-After`.',
  500: 'Something went wrong here: again later.',
  503: 'Not able to take it at the moment: again after `Retry-After`.',
}

/** The API as OpenAPI 3.1, made from the very routes that serve it. */
export function openApi(routes: readonly Route[], { isKeyRequired }: { readonly isKeyRequired: boolean }): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, isKeyRequired) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Receiving API for campaign webhooks',
      version: '1.0.0',
      description: 'Takes one request for one customer, or a batch of them, and answers by the contract in its README.',
    },
    security: [{ basic: [] }],
    paths,
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
  }
}

function operation(route: Route, isKeyRequired: boolean): Json {
  const parameters: Json[] = Array.from(route.path.matchAll(/:(\w+)/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  if (route.method !== 'GET') {
    const description = 'The same key with the same body gets the same answer, and is done once.'
    const schema = { type: 'string', minLength: 1, maxLength: 255 }
    parameters.push({ name: 'Idempotency-Key', in: 'header', required: isKeyRequired, schema, description })
  }
  const statuses = Object.keys(STATUSES)
    .map(Number)
    .filter((status) => status !== 404 && status !== 405)
  return {
    summary: route.summary,
    parameters,
    ...(route.body
      ? { requestBody: { required: true, content: { [mediaTypeOf(route)]: { schema: bodySchema(route) } } } }
      : {}),
    responses: Object.fromEntries(statuses.map((status) => [status, response(status)])),
  }
}

/** Of a route's body. */
export function mediaTypeOf({ format = 'json' }: Route): string {
  return `application/${format}`
}

function bodySchema(route: Route): Json {
  const { $schema: _version, ...schema } = z.toJSONSchema(route.body ?? z.null(), { io: 'input' })
  return schema
}

function response(status: number): Json {
  const headers: Record<string, Json> = {}
  const text = { schema: { type: 'string' } }
  if (status === 200)
    headers['Idempotency-Replayed'] = { ...text, description: '`true` when this answer was given before.' }
  if (status === 401) headers['WWW-Authenticate'] = text
  if (status === 409 || status === 429 || status === 503) headers['Retry-After'] = { schema: { type: 'integer' } }
  const schema = status === 200 ? { oneOf: [SUCCESS, FAILURE] } : FAILURE
  return { description: STATUSES[status], headers, content: jsonContent(schema) }
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } }
}
