import { parse } from 'yaml'
import { z } from 'zod'
import type { EventTypeIn } from '../../events/events.ts'
import { eventTypeIn } from './event-types.ts'
import { invalid } from './failure.ts'
import { checkBody } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

export const imports: readonly Route[] = [
  { method: 'post', path: '/event-type/import/openapi', access: 'admin', handle: importOpenApi },
]

const IMPORT = z.object({
  spec: z.record(z.string(), z.unknown()).nullish(),
  specRaw: z.string().nullish(),
  dryRun: z.boolean().default(false),
  replaceAll: z.boolean().default(false),
})
const MEDIA = z.looseObject({
  schema: z.record(z.string(), z.unknown()).optional(),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.looseObject({ value: z.unknown() })).optional(),
})
const OPERATION = z.looseObject({
  summary: z.string().optional(),
  description: z.string().optional(),
  deprecated: z.boolean().optional(),
  requestBody: z.looseObject({ content: z.record(z.string(), MEDIA).optional() }).optional(),
  'x-svix-group-name': z.string().optional(),
  'x-svix-feature-flag': z.string().optional(),
  'x-svix-feature-flags': z.array(z.string()).optional(),
})
const DOCUMENT = z.looseObject({
  webhooks: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  'x-webhooks': z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).optional() }).optional(),
})

/** Takes the webhooks of an OpenAPI document as event types: those that there are not yet, and those that say something else now. */
async function importOpenApi({ body, events }: Call): Promise<Answer> {
  const { spec, specRaw, dryRun, replaceAll } = checkBody(IMPORT, body)
  const asked = eventTypesOf(documentFrom(spec ?? null, specRaw ?? null))
  const { eventTypes } = events
  const changed = asked.filter((eventType) => !isSame(eventTypes.find(eventType.name), eventType))
  const names = new Set(asked.map(({ name }) => name))
  const everything = { limit: Number.MAX_SAFE_INTEGER, cursor: null, order: 'ascending' } as const
  const gone = replaceAll
    ? eventTypes.list(everything, { withArchived: false }).rows.filter(({ name }) => !names.has(name))
    : []
  if (!dryRun) {
    for (const eventType of changed) await eventTypes.put(eventType)
    for (const { name } of gone) await eventTypes.update(name, { isArchived: true })
  }
  const modified = [...changed, ...gone].map(({ name }) => name)
  return { status: 200, body: { data: { modified, to_modify: dryRun ? changed.map(plannedOut) : null } } }
}

function documentFrom(spec: object | null, specRaw: string | null): z.infer<typeof DOCUMENT> {
  if ((spec === null) === (specRaw === null)) {
    throw invalid(['body', 'spec'], 'expected either `spec` or `specRaw`, got both or none')
  }
  const place = spec === null ? 'specRaw' : 'spec'
  const result = DOCUMENT.safeParse(spec ?? parsed(specRaw!))
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw invalid(['body', place, ...path.map(String)], message)
}

function parsed(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 })
  } catch {
    throw invalid(['body', 'specRaw'], 'expected `specRaw` to be YAML or JSON without aliases, got something else')
  }
}

function eventTypesOf(document: z.infer<typeof DOCUMENT>): readonly EventTypeIn[] {
  const shared = document.components?.schemas ?? {}
  return Object.entries(document.webhooks ?? document['x-webhooks'] ?? {}).map(([name, item]) => {
    const result = OPERATION.safeParse(item['post'] ?? item['put'] ?? {})
    if (!result.success) throw invalid(['body', 'spec', 'webhooks', name], result.error.issues[0]!.message)
    const operation = result.data
    const media = operation.requestBody?.content?.['application/json']
    return eventTypeIn({
      name,
      description: operation.description ?? operation.summary ?? '',
      archived: false,
      deprecated: operation.deprecated ?? false,
      schemas:
        media?.schema === undefined ? null : { 1: { ...wholeSchema(media.schema, shared), ...examplesOf(media) } },
      featureFlag: operation['x-svix-feature-flag'],
      featureFlags: operation['x-svix-feature-flags'],
      groupName: operation['x-svix-group-name'] ?? name.split('.')[0] ?? null,
    })
  })
}

function examplesOf({ example, examples }: z.infer<typeof MEDIA>): object {
  const shown = [
    ...(example === undefined ? [] : [example]),
    ...Object.values(examples ?? {}).map(({ value }) => value),
  ]
  return shown.length === 0 ? {} : { examples: shown }
}

/** A schema that stands by itself: what it refers to lies in its `definitions`. */
function wholeSchema(schema: object, shared: Readonly<Record<string, unknown>>): object {
  const definitions: Record<string, unknown> = {}
  const collect = (name: string): void => {
    if (Object.hasOwn(definitions, name) || !Object.hasOwn(shared, name)) return
    // Before what it refers to: that may be itself.
    definitions[name] = true
    definitions[name] = withOwn(shared[name], collect)
  }
  const whole = withOwn(schema, collect) as object
  return Object.keys(definitions).length === 0 ? whole : { ...whole, definitions }
}

const SHARED = '#/components/schemas/'

function withOwn(value: unknown, onUsed: (name: string) => void): unknown {
  if (Array.isArray(value)) return value.map((entry) => withOwn(entry, onUsed))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      if (key !== '$ref' || typeof entry !== 'string' || !entry.startsWith(SHARED)) return [key, withOwn(entry, onUsed)]
      const name = entry.slice(SHARED.length)
      onUsed(name)
      return [key, `#/definitions/${name}`]
    }),
  )
}

function isSame(known: EventTypeIn | null, asked: EventTypeIn): boolean {
  return known !== null && JSON.stringify(plannedOut(known)) === JSON.stringify(plannedOut(asked)) && !known.isArchived
}

function plannedOut({ name, description, schemas, isDeprecated, groupName, featureFlags }: EventTypeIn): object {
  return { name, description, schemas, deprecated: isDeprecated, groupName, featureFlags }
}
