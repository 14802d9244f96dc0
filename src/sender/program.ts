import type { CustomerRow, SpoolRow } from '../audience/audience.ts'
import type { TemplateText } from '../campaign/campaign.ts'
import {
  compileTemplate,
  createBlockRenderer,
  MAX_ROOT_OUTPUT_BYTES,
  type BlockRenderer,
  type CompileOptions,
  type TemplatePayload,
} from '../template/template.ts'
import type { RequestDefinition, SenderSetup } from './sender-setup.ts'

/** A render that takes longer fails its row, and nothing else. */
const ROW_TIMEOUT_MS = 1000

/** A run's templates, compiled, and what else is the same for all of its deliveries. */
export interface Program {
  readonly definition: RequestDefinition
  /** Path, headers, body: of a batch the root. */
  readonly renderer: BlockRenderer
  /** The pieces of a batch; null when every customer has a request of its own. */
  readonly customerRenderer: BlockRenderer | null
  readonly headerNames: readonly string[]
  readonly hasBody: boolean
  /** Its URL differs from the one whose place under the credentials' prefix was checked with the campaign. */
  readonly isUrlChecked: boolean
  /** Headers that are the same for every delivery, flat. */
  readonly constantHeaders: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
  /** What templates saw is asked for again once the answer is there. */
  readonly areContextsKept: boolean
}

const CONTENT_TYPES = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
} as const

/** Compiles what the deliveries of a run are made from; done once. */
export function programFrom(setup: SenderSetup, definition: RequestDefinition): Program {
  const compile = (template: TemplateText, payload: TemplatePayload, more: Partial<CompileOptions> = {}) =>
    compileTemplate(template.text, {
      ...more,
      payload,
      name: template.file,
      line: template.line,
      places: template.places,
      jsonEscape: definition.jsonEscape,
      isLegacyLoopScope: definition.isLegacyLoopScope,
      timezone: definition.timezone,
    })
  const { batch } = definition
  const body = definition.method === 'GET' ? null : (batch?.root ?? definition.body)
  const templates = [
    compile(definition.path, 'url'),
    ...definition.headers.map(({ value }) => compile(value, 'header')),
    ...(body === null
      ? []
      : [compile(body, definition.payload, batch === null ? {} : { maxOutputBytes: MAX_ROOT_OUTPUT_BYTES })]),
  ]
  const own = new Set([...definition.headers, ...setup.secretHeaders].map(({ name }) => name.toLowerCase()))
  const constant: [string, string][] = [
    ['User-Agent', setup.userAgent],
    ['Accept', 'application/json, text/plain;q=0.5'],
    ['X-Hookcast-Run', setup.definition.runId],
  ]
  if (body !== null) constant.push(['Content-Type', CONTENT_TYPES[definition.payload]])
  if (setup.isTest) constant.push(['X-Hookcast-Test', '1'])
  if (setup.authorization !== null) constant.push(['Authorization', setup.authorization.value])
  const campaign = { id: definition.campaign, name: definition.campaign }
  return {
    definition,
    renderer: createBlockRenderer(templates, { rowTimeoutMs: ROW_TIMEOUT_MS }),
    customerRenderer:
      batch === null
        ? null
        : createBlockRenderer([compile(batch.customer, definition.payload, { isFragment: true })], {
            rowTimeoutMs: ROW_TIMEOUT_MS,
          }),
    headerNames: definition.headers.map(({ name }) => name),
    hasBody: body !== null,
    isUrlChecked: definition.path.text.includes('{') || definition !== setup.definition,
    constantHeaders: [
      ...constant.filter(([name]) => !own.has(name.toLowerCase())),
      ...setup.secretHeaders.map(({ name, value }): [string, string] => [name, value]),
    ].flat(),
    areContextsKept: Object.keys(definition.eventProperties).length > 0 || setup.isTest || setup.isRehearsal,
    attributes: {
      campaign,
      scenario: campaign,
      action: campaign,
      project: definition.project,
      params: definition.params,
    },
  }
}

/** Where and when a delivery is made, as its templates see it. */
export interface Occasion {
  readonly requestId: string
  readonly chunk: number
  readonly chunkStartedAt: number
  /** What an earlier run sent, that is repeated. */
  readonly kept: SpoolRow['kept']
  readonly isTest: boolean
  /** What brought the customer; null without, and for a batch. */
  readonly event?: SpoolRow['event']
}

/** What every template of a delivery sees. */
export function deliveryContext({ attributes, definition }: Program, occasion: Occasion): Record<string, unknown> {
  const { kept, requestId, isTest, event } = occasion
  return {
    ...attributes,
    run: { id: definition.runId, chunk: kept?.chunk ?? occasion.chunk },
    request: { id: requestId, test: isTest },
    time: Math.floor((kept?.time ?? occasion.chunkStartedAt) / 1000),
    ...(event == null ? {} : { event: JSON.parse(event.text) as unknown }),
  }
}

/** What the templates of one customer see. */
export function customerContext(
  program: Program,
  occasion: Occasion,
  { row, customerId }: { readonly row: CustomerRow; readonly customerId: string },
): Record<string, unknown> {
  const context = deliveryContext(program, occasion)
  const ownIds = row['customer_ids']
  context['customer'] = row
  context['customer_ids'] = {
    registered: customerId,
    ...(typeof ownIds === 'object' && !Array.isArray(ownIds) ? ownIds : {}),
  }
  return context
}
