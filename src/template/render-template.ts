import type { TemplateError } from '../errors.ts'
import type { Site } from './code-writer.ts'
import { generate, load, type Parsed } from './compile.ts'
import { OutputFault, finishOutput, type OutputRules } from './finish-output.ts'
import {
  Journal,
  RenderFault,
  RenderState,
  SuppressedByTemplate,
  createRuntime,
  type Mark,
  type RenderFunction,
  type RenderSettings,
} from './runtime/runtime.ts'
import { placeFromOffset, templateError, type Span } from './template-problem.ts'

interface Tracing {
  readonly render: RenderFunction
  readonly sites: readonly Site[]
}

/** What went wrong, and where in the template's text. */
interface Explanation {
  readonly message: string
  readonly offset: number | null
}

export interface CompiledTemplate {
  /**
   * Renders for one context; `seed` decides what `random` and `shuffle` draw. There is no time limit here:
   * `createBlockRenderer` has one.
   *
   * @throws {TemplateError} HOOKCAST_TEMPLATE_RENDER, with the place in the template.
   * @throws {SuppressedByTemplate} when the template says `{% abort %}` or `{% skip %}`.
   */
  render(context: Record<string, unknown>, options?: { readonly seed?: string }): string
}

/**
 * A template ready to render.
 *
 * The code that renders keeps no track of where it is. When it fails, the same render is done once more by code that
 * does: rendering is deterministic, so it fails in the same place, and a render that works pays nothing.
 */
export class Template implements CompiledTemplate {
  readonly #parsed: Parsed
  readonly #settings: RenderSettings
  readonly #rules: OutputRules
  readonly #runtime: Readonly<Record<string, unknown>>
  readonly #render: RenderFunction
  readonly #journal = new Journal()
  /** Nothing in it is printed or run: it renders once. */
  readonly #isConstant: boolean
  #constant: string | null = null
  #tracing: Tracing | null = null

  constructor(parsed: Parsed, settings: RenderSettings, rules: OutputRules) {
    this.#parsed = parsed
    this.#settings = settings
    this.#rules = rules
    this.#runtime = createRuntime(settings.dialect)
    this.#render = load(generate(parsed, false).code, this.#runtime)
    this.#isConstant = parsed.body.every(({ kind }) => kind === 'text')
  }

  render(context: Record<string, unknown>, { seed = '' }: { readonly seed?: string } = {}): string {
    if (this.#constant !== null) return this.#constant
    const state = new RenderState(this.#settings, this.#journal, seed)
    try {
      const text = finishOutput(this.#render(state, context), this.#rules)
      if (this.#isConstant) this.#constant = text
      return text
    } catch (error) {
      if (error instanceof SuppressedByTemplate) throw error
      this.#journal.undo()
      throw this.#explained(error, context, seed)
    } finally {
      this.#journal.undo()
    }
  }

  /** Puts back what a render changed in its data that was ended from outside. */
  recover(): void {
    this.#journal.undo()
  }

  #explained(error: unknown, context: Record<string, unknown>, seed: string): TemplateError {
    const { message, offset } = this.#trace(context, seed) ?? { message: sentenceOf(error), offset: null }
    const { source } = this.#parsed
    return templateError('HOOKCAST_TEMPLATE_RENDER', source, { offset, message, cause: error })
  }

  #trace(context: Record<string, unknown>, seed: string): Explanation | null {
    this.#tracing ??= this.#loadTracing()
    const { render, sites } = this.#tracing
    const state = new RenderState(this.#settings, this.#journal, seed)
    let text: string | null = null
    try {
      text = render(state, context)
      finishOutput(text, this.#rules)
      return null
    } catch (error) {
      if (error instanceof OutputFault && error.offset !== null) {
        return this.#explainOutput(error, { text: text!, marks: state.marks, offset: error.offset })
      }
      // A URL or a header is at fault as a whole: where it begins tells which one.
      if (error instanceof OutputFault && isOneLine(this.#rules)) return { message: error.message, offset: 0 }
      const site = state.failedAt === null ? null : sites[state.failedAt]!
      const sentence = sentenceOf(error)
      if (site === null) return { message: sentence, offset: null }
      return { message: `could not render \`${this.#shown(site)}\`: ${sentence}`, offset: site.start }
    }
  }

  #loadTracing(): Tracing {
    const { code, sites } = generate(this.#parsed, true)
    return { render: load(code, this.#runtime), sites }
  }

  /** The part of the template that made a place in the output: what was printed last before it, or the text around it. */
  #explainOutput(
    { message }: OutputFault,
    { text, marks, offset }: { text: string; marks: readonly Mark[]; offset: number },
  ): Explanation {
    const { source } = this.#parsed
    const index = marks.findLastIndex((mark) => mark.offset <= offset)
    if (index === -1) return { message, offset: 0 }
    const isGap = (mark: Mark): boolean => text.slice(mark.offset, offset).trim() === ''
    let at = index
    while (at > 0 && this.#isText(marks[at]!) && isGap(marks[at]!)) at -= 1
    const mark = marks[at]!
    const site = this.#tracing!.sites[mark.site]!
    if (this.#isText(mark)) {
      const exact = Math.min(site.start + offset - mark.offset, Math.max(site.start, site.end - 1))
      return { message: `${message}, made by the text in line ${placeFromOffset(source, exact).line}`, offset: exact }
    }
    const isEmpty = (marks[at + 1]?.offset ?? text.length) === mark.offset
    const made = isEmpty ? `where \`${this.#shown(site)}\` printed nothing` : `made by \`${this.#shown(site)}\``
    return { message: `${message}, ${made}`, offset: site.start }
  }

  #isText({ site }: Mark): boolean {
    return this.#tracing!.sites[site]!.isText
  }

  #shown({ start, end }: Span): string {
    const shown = this.#parsed.source.text.slice(start, end).replace(/\s+/g, ' ')
    return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown
  }
}

function isOneLine({ mode: { payload } }: OutputRules): boolean {
  return payload === 'url' || payload === 'header'
}

function sentenceOf(error: unknown): string {
  if (error instanceof RenderFault) return error.message
  if (error instanceof RangeError) return 'expected less nesting, got more than the stack holds'
  return 'expected the template engine to go on, got a defect in it'
}
