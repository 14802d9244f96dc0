import { Script } from 'node:vm'
import { formatProblem, type TemplateError } from '../errors.ts'
import { Template, type CompiledTemplate } from './render-template.ts'
import { SuppressedByTemplate } from './runtime/runtime.ts'

export interface RenderJob {
  readonly context: Record<string, unknown>
  readonly seed: string
}

export type RenderResult =
  | { readonly kind: 'rendered'; readonly parts: readonly string[] }
  | { readonly kind: 'suppressed'; readonly reason: string | null }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly line: number | null
      readonly column: number | null
    }

export interface BlockResult {
  /** Of the first jobs, in order; at least one, and fewer than there were jobs after a render that took too long. */
  readonly results: readonly RenderResult[]
}

/**
 * Renders rows in blocks inside one `vm` call with a time limit, the only way to end a template that never returns
 * without ending its process. Setting up a call costs as much as dozens of renders, so a block shares one.
 *
 * A row that is running when the time is up fails if it had (nearly) the whole limit to itself. If it began late in
 * the call, it is not in the results, and the next call renders it alone.
 */
export interface BlockRenderer {
  render(jobs: readonly RenderJob[]): BlockResult
}

/** A row that ran for this share of the limit would not have made it alone either. */
const FULL_SHARE = 0.9
/** The limit is wall time: a row that got less than this share of it on a processor was starved, and is tried again. */
const STARVED_SHARE = 0.5
const TRIES = 3

class Block {
  readonly #templates: readonly Template[]
  readonly #rowTimeoutMs: number
  readonly #script: Script
  readonly #handle: symbol
  #isNextAlone = false
  #jobs: readonly RenderJob[] = []
  #results: RenderResult[] = []
  #rowStartedAt = 0

  constructor(templates: readonly Template[], rowTimeoutMs: number) {
    this.#templates = templates
    this.#rowTimeoutMs = rowTimeoutMs
    this.#handle = Symbol.for('hookcast.template.block')
    this.#script = new Script("globalThis[Symbol.for('hookcast.template.block')]()", { filename: 'block.js' })
  }

  render(jobs: readonly RenderJob[]): BlockResult {
    if (jobs.length === 0) return { results: [] }
    this.#jobs = this.#isNextAlone ? jobs.slice(0, 1) : jobs
    this.#isNextAlone = false
    this.#results = []
    for (let left = TRIES; left > 0 && this.#results.length === 0; left -= 1) {
      const before = process.threadCpuUsage()
      if (!this.#call()) continue
      const { user, system } = process.threadCpuUsage(before)
      const isStarved = (user + system) / 1000 < this.#rowTimeoutMs * STARVED_SHARE
      this.#timeOut(isStarved && left > 1)
    }
    this.#jobs = []
    return { results: this.#results }
  }

  /** One `vm` call; true when its time ran out before the last row. */
  #call(): boolean {
    Object.defineProperty(globalThis, this.#handle, { value: () => this.#run(), configurable: true })
    try {
      this.#script.runInThisContext({ timeout: this.#rowTimeoutMs })
      return false
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      return this.#results.length < this.#jobs.length
    } finally {
      Reflect.deleteProperty(globalThis, this.#handle)
    }
  }

  /** Runs inside the `vm` call: it may end at any point, and what is in `#results` then stands. */
  #run(): void {
    for (const job of this.#jobs) {
      this.#rowStartedAt = performance.now()
      this.#results.push(this.#renderRow(job))
    }
  }

  #timeOut(isStarved: boolean): void {
    for (const template of this.#templates) template.recover()
    const ranMs = performance.now() - this.#rowStartedAt
    const isLate = ranMs < this.#rowTimeoutMs * FULL_SHARE
    if (this.#results.length > 0 && (isLate || isStarved)) {
      this.#isNextAlone = true
    } else if (!isStarved) {
      const message = `Rendering took longer than ${this.#rowTimeoutMs} ms`
      this.#results.push({ kind: 'failed', message, line: null, column: null })
    }
  }

  #renderRow({ context, seed }: RenderJob): RenderResult {
    try {
      return { kind: 'rendered', parts: this.#templates.map((template) => template.render(context, { seed })) }
    } catch (error) {
      if (error instanceof SuppressedByTemplate) return { kind: 'suppressed', reason: error.reason }
      const failure = error as TemplateError
      return { kind: 'failed', message: formatProblem(failure), line: failure.line, column: failure.column }
    }
  }
}

/** Renders several templates (URL, headers, body) for a block of rows; see {@link BlockRenderer}. */
export function createBlockRenderer(
  templates: readonly CompiledTemplate[],
  { rowTimeoutMs }: { readonly rowTimeoutMs: number },
): BlockRenderer {
  const compiled = templates.map((template) => {
    if (template instanceof Template) return template
    throw new TypeError('expected `templates` to be made by compileTemplate, got something else')
  })
  return new Block(compiled, rowTimeoutMs)
}
