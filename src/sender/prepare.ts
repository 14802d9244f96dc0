import { hash } from 'node:crypto'
import { customerIdOf, parseSpoolLine, type SpoolRow } from '../audience/audience.ts'
import type { Verdict } from '../campaign/delivery.ts'
import { isAtOrBelow } from '../campaign/url-prefix.ts'
import { requestIdOf } from '../campaign/run-id.ts'
import {
  compileTemplate,
  createBlockRenderer,
  type BlockRenderer,
  type RenderResult,
  type TemplatePayload,
} from '../template/template.ts'
import type { Method, TemplateText } from '../campaign/campaign.ts'
import type { RequestDefinition, SenderSetup } from './sender-setup.ts'

/** A delivery in a sender's hands. */
export interface Task {
  readonly sliceId: number
  readonly chunk: number
  readonly chunkStartedAt: number
  readonly seq: number
  readonly attempt: number
  readonly isInDoubt: boolean
  readonly digest: string | null
  readonly line: string
}

export interface PreparedRequest {
  readonly method: Method
  readonly path: string
  readonly headers: readonly string[]
  readonly body: string | null
  /** What the templates gave: path, headers, body. */
  readonly parts: readonly string[]
}

/** A task that is ready to be called. */
export interface PreparedDelivery {
  readonly kind: 'request'
  readonly task: Task
  readonly customerId: string
  readonly request: PreparedRequest
  readonly context: Readonly<Record<string, unknown>>
  readonly definition: RequestDefinition
  readonly requestId: string
  /** The request is one of an earlier run. */
  readonly isKept: boolean
}

/** A task that was decided without a call. */
export interface DecidedTask {
  readonly kind: 'decided'
  readonly task: Task
  readonly customerId: string
  readonly verdict: Verdict
}

export type Prepared = PreparedDelivery | DecidedTask

/** A render that takes longer fails its row, and nothing else. */
const ROW_TIMEOUT_MS = 1000

interface Program {
  readonly definition: RequestDefinition
  readonly renderer: BlockRenderer
  readonly headerNames: readonly string[]
  readonly hasBody: boolean
  /** Its URL differs from the one whose place under the credentials' prefix was checked with the campaign. */
  readonly isUrlChecked: boolean
  /** Headers that are the same for every delivery, flat. */
  readonly constantHeaders: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Turns rows into requests: parse, render, check. Rendering is deterministic, so a retry has the same bytes. */
export class Preparer {
  readonly #setup: SenderSetup
  readonly #programs = new Map<string, Program>()

  /** @throws {TemplateError} HOOKCAST_TEMPLATE_INVALID: compiling is the first thing that a sender does. */
  constructor(setup: SenderSetup) {
    this.#setup = setup
    this.#programs.set(setup.definition.runId, programFrom(setup, setup.definition))
    for (const [runId, definition] of Object.entries(setup.kept))
      this.#programs.set(runId, programFrom(setup, definition))
  }

  /** Prepares a beginning of `tasks`, at least one: a slow render ends a block early so that calls in flight get their turn. */
  prepare(tasks: readonly Task[]): Prepared[] {
    const prepared: Prepared[] = []
    const block: { readonly task: Task; readonly spooled: SpoolRow; readonly customerId: string }[] = []
    let program: Program | undefined
    for (const task of tasks) {
      const spooled = parseSpoolLine(task.line)
      const customerId = customerIdOf(spooled.row ?? {}, {
        column: this.#setup.customerId,
        rowNumber: spooled.number ?? task.seq + 1,
      })
      if (spooled.verdict !== null) {
        // What the check decided comes out in its place: nothing after it may overtake what stands before it.
        if (block.length > 0) break
        prepared.push({ kind: 'decided', task, customerId, verdict: verdictFrom(spooled.verdict) })
        continue
      }
      const wanted = this.#programs.get(spooled.kept?.run_id ?? this.#setup.definition.runId)
      if (wanted === undefined) throw new TypeError(`expected the texts of run ${spooled.kept?.run_id} to be set up`)
      if (program !== undefined && wanted !== program) break
      program = wanted
      block.push({ task, spooled, customerId })
    }
    if (program === undefined) return prepared
    return [...prepared, ...this.#render(program, block)]
  }

  #render(
    program: Program,
    block: readonly { readonly task: Task; readonly spooled: SpoolRow; readonly customerId: string }[],
  ): Prepared[] {
    const jobs = block.map(({ task, spooled, customerId }) => {
      const requestId = spooled.kept?.request_id ?? requestIdOf(this.#setup.definition.runId, task.seq)
      return {
        context: contextOf(program, { task, spooled, customerId, requestId, isTest: this.#setup.isTest }),
        seed: requestId,
      }
    })
    const { results } = program.renderer.render(jobs)
    return results.map((result, i): Prepared => {
      const { task, customerId } = block[i]!
      const { context, seed: requestId } = jobs[i]!
      const isKept = block[i]!.spooled.kept !== null
      if (result.kind !== 'rendered') return { kind: 'decided', task, customerId, verdict: unrenderedVerdict(result) }
      const request = this.#requestFrom(program, result.parts, { requestId, attempt: task.attempt })
      if (typeof request === 'string')
        return { kind: 'decided', task, customerId, verdict: { kind: 'failed', reason: 'render', message: request } }
      if (task.digest !== null && digestOf(request) !== task.digest) {
        const message = 'the request came out different from the last attempt and was not sent'
        return { kind: 'decided', task, customerId, verdict: { kind: 'failed', reason: 'changed', message } }
      }
      return { kind: 'request', task, customerId, request, context, definition: program.definition, requestId, isKept }
    })
  }

  #requestFrom(
    program: Program,
    parts: readonly string[],
    { requestId, attempt }: { readonly requestId: string; readonly attempt: number },
  ): PreparedRequest | string {
    const path = parts[0]!
    if (!PATH.test(path))
      return `expected the rendered path to begin with "/" and hold visible ASCII only, got ${JSON.stringify(path.slice(0, 80))}`
    const { authorization, origin } = this.#setup
    if (authorization !== null && program.isUrlChecked && !isAtOrBelow(authorization.urlPrefix, origin + path)) {
      return `expected the rendered URL to be at or below ${authorization.urlPrefix}, where its credentials may go, got ${JSON.stringify(path.slice(0, 80))}`
    }
    const headers = [...program.constantHeaders]
    program.headerNames.forEach((name, i) => headers.push(name, parts[i + 1]!))
    headers.push(this.#setup.idempotencyHeader, requestId, ATTEMPT_HEADER, String(attempt))
    return {
      method: program.definition.method,
      path,
      headers,
      body: program.hasBody ? parts[parts.length - 1]! : null,
      parts,
    }
  }
}

const ATTEMPT_HEADER = 'X-Hookcast-Attempt'
const PATH = /^\/[\x21-\x7e]*$/

/**
 * Identifies what was rendered for a receiver, so that a retry can be proven to be the same.
 *
 * Constant headers are outside: a password may be rotated between two attempts, and the attempt is counted.
 *
 * Shape: SHA-256, base64url
 */
export function digestOf({ method, parts }: PreparedRequest): string {
  return hash('sha256', [method, ...parts].join('\0'), 'base64url')
}

const CONTENT_TYPES = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
} as const

function programFrom(setup: SenderSetup, definition: RequestDefinition): Program {
  const compile = (template: TemplateText, payload: TemplatePayload) =>
    compileTemplate(template.text, {
      payload,
      name: template.file,
      line: template.line,
      jsonEscape: definition.jsonEscape,
      isLegacyLoopScope: definition.isLegacyLoopScope,
      timezone: definition.timezone,
    })
  const body = definition.method === 'GET' ? null : definition.body
  const templates = [
    compile(definition.path, 'url'),
    ...definition.headers.map(({ value }) => compile(value, 'header')),
    ...(body === null ? [] : [compile(body, definition.payload)]),
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
    headerNames: definition.headers.map(({ name }) => name),
    hasBody: body !== null,
    isUrlChecked: definition.path.text.includes('{') || definition !== setup.definition,
    constantHeaders: [
      ...constant.filter(([name]) => !own.has(name.toLowerCase())),
      ...setup.secretHeaders.map(({ name, value }): [string, string] => [name, value]),
    ].flat(),
    attributes: {
      campaign,
      scenario: campaign,
      action: campaign,
      project: definition.project,
      params: definition.params,
    },
  }
}

function contextOf(
  { attributes, definition }: Program,
  delivery: {
    readonly task: Task
    readonly spooled: SpoolRow
    readonly customerId: string
    readonly requestId: string
    readonly isTest: boolean
  },
): Record<string, unknown> {
  const { task, spooled, customerId } = delivery
  const row = spooled.row ?? {}
  const ownIds = row['customer_ids']
  return {
    ...attributes,
    customer: row,
    customer_ids: { registered: customerId, ...(typeof ownIds === 'object' && !Array.isArray(ownIds) ? ownIds : {}) },
    run: { id: definition.runId, chunk: spooled.kept?.chunk ?? task.chunk },
    request: { id: delivery.requestId, test: delivery.isTest },
    time: Math.floor((spooled.kept?.time ?? task.chunkStartedAt) / 1000),
  }
}

function verdictFrom(verdict: NonNullable<SpoolRow['verdict']>): Verdict {
  if (verdict.status === 'suppressed') return { kind: 'suppressed', reason: verdict.reason, message: verdict.message }
  return { kind: 'failed', reason: 'row', message: verdict.message ?? 'the row could not be read' }
}

function unrenderedVerdict(result: Exclude<RenderResult, { kind: 'rendered' }>): Verdict {
  if (result.kind === 'suppressed') return { kind: 'suppressed', reason: 'template', message: result.reason }
  return { kind: 'failed', reason: 'render', message: result.message }
}
