import type { Answer } from '../campaign/outcome.ts'
import type { TemplateText } from '../campaign/campaign.ts'
import {
  compileTemplate,
  createBlockRenderer,
  type BlockRenderer,
  type CompiledTemplate,
} from '../template/template.ts'
import type { RequestDefinition, SenderSetup } from './sender-setup.ts'
import type { PreparedDelivery } from './task.ts'

/** An answered delivery whose properties are to be rendered. */
export interface PropertyJob {
  readonly ready: PreparedDelivery
  readonly answer: Extract<Answer, { kind: 'answered' }>
  /** Of a batch: the customer, and what the answer's items say of them. */
  readonly member?: {
    readonly context: Readonly<Record<string, unknown>>
    readonly item: unknown
    readonly seq: number
  }
}

export interface RenderedProperties {
  /** JSON text, or null without properties. */
  readonly properties: string | null
  readonly warning: string | null
}

interface Program {
  readonly names: readonly string[]
  readonly together: BlockRenderer
  readonly alone: readonly BlockRenderer[]
}

interface RenderJob {
  readonly context: Record<string, unknown>
  readonly seed: string
}

/** Renders `event_properties` once answers are there; one that fails is left out with a warning, never a failed send. */
export class PropertyRenderer {
  readonly #handling: SenderSetup['responseHandling']
  readonly #programs = new Map<RequestDefinition, Program>()
  #answer: PropertyJob['answer'] | null = null
  #body: unknown

  constructor(setup: SenderSetup) {
    this.#handling = setup.responseHandling
    for (const definition of [setup.definition, ...Object.values(setup.kept)]) {
      const properties = Object.entries(definition.eventProperties)
      if (properties.length === 0) continue
      const templates = properties.map(([, template]) => compileProperty(template, definition))
      this.#programs.set(definition, {
        names: properties.map(([name]) => name),
        together: createBlockRenderer(templates, LIMIT),
        alone: templates.map((template) => createBlockRenderer([template], LIMIT)),
      })
    }
  }

  isWanted(definition: RequestDefinition): boolean {
    return this.#programs.has(definition)
  }

  /** Renders a group in one go, in its order: a call into the time-limited world is dear, a render in it is not. */
  render(jobs: readonly PropertyJob[]): RenderedProperties[] {
    const rendered: RenderedProperties[] = []
    while (rendered.length < jobs.length) {
      const { definition } = jobs[rendered.length]!.ready
      const rest = jobs.slice(rendered.length)
      const end = rest.findIndex(({ ready }) => ready.definition !== definition)
      const block = (end === -1 ? rest : rest.slice(0, end)).map((job) => this.#renderJob(job))
      const program = this.#programs.get(definition)!
      const { results } = program.together.render(block)
      results.forEach((result, i) => {
        rendered.push(
          result.kind === 'rendered'
            ? {
                properties: JSON.stringify(Object.fromEntries(program.names.map((name, n) => [name, result.parts[n]]))),
                warning: null,
              }
            : renderAlone(program, block[i]!),
        )
      })
    }
    return rendered
  }

  #renderJob({ ready, answer, member }: PropertyJob): RenderJob {
    if (member === undefined) {
      const response = { status: answer.httpStatus, body: bodyOf(answer, this.#handling) }
      return { context: { ...ready.context, response }, seed: ready.requestId }
    }
    // Parsed once for all customers of the batch.
    if (this.#answer !== answer) this.#body = bodyOf(answer, this.#handling)
    this.#answer = answer
    const response = { status: answer.httpStatus, body: this.#body }
    const item = member.item === undefined ? {} : { item: member.item }
    return { context: { ...member.context, response, ...item }, seed: `${ready.requestId}.${member.seq}` }
  }
}

const LIMIT = { rowTimeoutMs: 1000 } as const

function compileProperty(template: TemplateText, definition: RequestDefinition): CompiledTemplate {
  return compileTemplate(template.text, {
    payload: 'text',
    name: template.file,
    line: template.line,
    places: template.places,
    isLegacyLoopScope: definition.isLegacyLoopScope,
    timezone: definition.timezone,
  })
}

/** The way for a row of which at least one property fails: the others are kept. */
function renderAlone({ names, alone }: Program, job: RenderJob): RenderedProperties {
  const properties: Record<string, string> = {}
  let warning: string | null = null
  names.forEach((name, i) => {
    const result = alone[i]!.render([job]).results[0]
    if (result?.kind === 'rendered') properties[name] = result.parts[0]!
    else
      warning ??= `event_properties.${name}: ${result?.kind === 'failed' ? result.message : 'the template suppressed it'}`
  })
  return { properties: JSON.stringify(properties), warning }
}

function bodyOf(answer: PropertyJob['answer'], handling: SenderSetup['responseHandling']): unknown {
  if (handling === 'discard') return undefined
  if (handling === 'text' || answer.isTruncated) return answer.body
  try {
    return JSON.parse(answer.body) as unknown
  } catch {
    return answer.body
  }
}
