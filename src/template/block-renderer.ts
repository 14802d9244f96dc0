import { Script } from 'node:vm'
import { TemplateError, formatProblem } from '../errors.ts'
import { Template } from './render-template.ts'
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
    Object.defineProperty(globalThis, this.#handle, { value: () => this.#run(), configurable: true })
    try {
      this.#script.runInThisContext({ timeout: this.#rowTimeoutMs })
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      this.#timeOut()
    } finally {
      Reflect.deleteProperty(globalThis, this.#handle)
      this.#jobs = []
    }
    return { results: this.#results }
  }

  /** Runs inside the `vm` call: it may end at any point, and what is in `#results` then stands. */
  #run(): void {
    for (const job of this.#jobs) {
      this.#rowStartedAt = performance.now()
      this.#results.push(this.#renderRow(job))
    }
  }

  #timeOut(): void {
    for (const template of this.#templates) template.recover()
    if (this.#results.length === this.#jobs.length) return
    const ranMs = performance.now() - this.#rowStartedAt
    if (ranMs < this.#rowTimeoutMs * FULL_SHARE) {
      this.#isNextAlone = true
      return
    }
    this.#results.push({
      kind: 'failed',
      message: `took longer than ${this.#rowTimeoutMs} ms`,
      line: null,
      column: null,
    })
  }

  #renderRow({ context, seed }: RenderJob): RenderResult {
    try {
      return { kind: 'rendered', parts: this.#templates.map((template) => template.render(context, { seed })) }
    } catch (error) {
      if (error instanceof SuppressedByTemplate) return { kind: 'suppressed', reason: error.reason }
      if (!(error instanceof TemplateError)) throw error
      const { line, column } = error
      return { kind: 'failed', message: formatProblem(error), line, column }
    }
  }
}

/** Renders several templates (URL, headers, body) for a block of rows; see {@link BlockRenderer}. */
export function createBlockRenderer(
  templates: readonly unknown[],
  { rowTimeoutMs }: { readonly rowTimeoutMs: number },
): BlockRenderer {
  const compiled = templates.map((template) => {
    if (template instanceof Template) return template
    throw new TypeError('expected `templates` to be made by compileTemplate, got something else')
  })
  return new Block(compiled, rowTimeoutMs)
}
