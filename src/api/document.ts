import { z } from 'zod'
import { ERROR_CODES } from '../errors.ts'
import type { Operation } from './operation.ts'
import { resultRecord, runProgress } from './run-schemas.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The control API as OpenAPI 3.1, made from the very operations that serve it.
 *
 * `x-roles` of an operation are the roles that may do it; `x-personal-data` says that a viewer needs the grant.
 */
export function openApi(operations: readonly Operation[], version: string, url = '/'): Json {
  const requests = schemasOf(
    operations.map(({ body }) => body),
    'input',
  )
  const answers = schemasOf(
    [...operations.map(({ answer }) => answer), problemDetails, runProgress, resultRecord],
    'output',
  )
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'hookcast control API',
      version,
      description: 'Campaigns, their runs, and customers’ personal data on a hookcast service.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    security: [{ token: [] }],
    tags: Array.from(new Set(operations.map(({ tag }) => tag)), (name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'A request that is repeated under the same key within 24 hours is done once',
          schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7E]+$' },
        },
      },
      responses: {
        Problem: {
          description: 'It was not done; why not',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      schemas: { ...requests, ...answers },
    },
  }
}

const problemDetails = z
  .object({
    type: z.string().describe('Leads to the page that explains the code'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERROR_CODES)).describe('Programs match on this'),
    todo: z.string(),
    problems: z
      .array(z.object({ at: z.string(), message: z.string() }))
      .describe('Each thing wrong: a place in the request or in a file, and what was expected there'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

function describe(operation: Operation): Json {
  const { id, tag, summary, description, roles, isPersonal, isSigned, method } = operation
  const parameters: Json[] = [
    ...parametersOf(operation, 'path'),
    ...parametersOf(operation, 'query'),
    ...(isSigned === true ? SIGNED.map(({ name, ...rest }) => ({ name, in: 'header', required: true, ...rest })) : []),
    ...(method === 'post' && isSigned !== true ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isSigned === true ? { security: [] } : {}),
    'x-roles': roles,
    ...(isPersonal === true ? { 'x-personal-data': true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(operation),
    responses: {
      [operation.status ?? 200]: { description: 'It is done', content: contentOf(operation) },
      '4XX': { $ref: '#/components/responses/Problem' },
      '5XX': { $ref: '#/components/responses/Problem' },
    },
  }
}

/** @see Standard Webhooks, "Webhook headers" */
const SIGNED = [
  {
    name: 'webhook-id',
    description: 'The same for each attempt to send it',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
  },
  {
    name: 'webhook-timestamp',
    description: 'Seconds since 1970, within five minutes of now',
    schema: { type: 'string', pattern: '^[0-9]{1,12}$' },
  },
  {
    name: 'webhook-signature',
    description: '`v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several with spaces between',
    schema: { type: 'string' },
  },
]

function parametersOf(operation: Operation, place: 'path' | 'query'): Json[] {
  const { shape } = place === 'path' ? operation.params : operation.query
  return Object.entries(shape).map(([name, schema]) => {
    const { $schema: _, description, ...rest } = parameterSchema(schema)
    return {
      name,
      in: place,
      ...(schema.safeParse(undefined).success ? {} : { required: true }),
      ...(description === undefined ? {} : { description }),
      schema: relocated(rest),
    }
  })
}

/** What is written in a URL is text; one that has to be a number is described as that. */
function parameterSchema(schema: z.ZodType): Json {
  const written = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return 'type' in written ? written : z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
}

function bodyOf({ body, uploads = {} }: Operation): Json {
  if (body === null) return {}
  const files = Object.keys(uploads).map((mediaType) => [mediaType, { schema: { type: 'string' } }])
  const content = { 'application/json': { schema: refTo(body) }, ...Object.fromEntries(files) }
  const isRequired = !body.safeParse({}).success
  return { requestBody: { ...(isRequired ? { required: true } : {}), content } }
}

function contentOf({ answer, stream }: Operation): Json {
  if (stream !== undefined)
    return Object.fromEntries(stream.map((mediaType) => [mediaType, { schema: { type: 'string' } }]))
  return { 'application/json': { schema: refTo(answer!) } }
}

function refTo(schema: z.ZodType): Json {
  return { $ref: `#/components/schemas/${nameOf(schema)}` }
}

function nameOf(schema: z.ZodType): string {
  const id = schema.meta()?.id
  if (id === undefined) throw new TypeError('expected the schema of a body to have an id, got none')
  return id
}

/** Every schema with a name becomes a component, and stands by reference where it is part of another. */
function schemasOf(schemas: readonly (z.ZodType | null)[], io: 'input' | 'output'): Json {
  const found: Record<string, Json> = {}
  for (const schema of schemas) {
    if (schema === null) continue
    const { $defs = {} } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
    for (const [name, part] of Object.entries($defs)) {
      const { id: _, ...own } = part as Record<string, unknown>
      found[name] = (io === 'input' ? relocated(own) : tolerant(relocated(own))) as Json
    }
  }
  return found
}

function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated)
  if (typeof value !== 'object' || value === null) return value
  const isInstant = 'format' in value && value.format === 'date-time'
  const told = Object.entries(value).filter(([key, part]) => !(isInstant && key === 'pattern') && !isSafeBound(part))
  const entries = told.map(([key, part]) => [
    key,
    key === '$ref' && typeof part === 'string' ? part.replace('#/$defs/', '#/components/schemas/') : relocated(part),
  ])
  return Object.fromEntries(entries) as unknown
}

/** Later versions may answer more: whoever reads must not refuse it. */
function tolerant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tolerant)
  if (typeof value !== 'object' || value === null) return value
  const told = Object.entries(value).filter(([key, part]) => key !== 'additionalProperties' || part !== false)
  return Object.fromEntries(told.map(([key, part]) => [key, tolerant(part)])) as unknown
}

/** What every number of JSON is between says nothing. */
function isSafeBound(value: unknown): boolean {
  return value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER
}
