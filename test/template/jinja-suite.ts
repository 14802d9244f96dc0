import { readFileSync } from 'node:fs'
import nunjucks from 'nunjucks'
import { TemplateError, compileTemplate } from '../../src/index.ts'

/** A template with what Jinja2 3.1.6 on CPython 3.11 made of it in a plain Environment, or the class of its error. */
export interface Vector {
  readonly template: string
  readonly context: Record<string, unknown>
  /** The test of Jinja's own suite that it comes from. */
  readonly source: string | null
  readonly output?: string
  readonly error?: string
}

type Line = Omit<Vector, 'context' | 'source'> & Partial<Vector>

/** The first line of a file has what all its vectors share. */
export function readVectors(name: string): readonly Vector[] {
  const url = new URL(`vectors/${name}.jsonl`, import.meta.url)
  const [head, ...lines] = readFileSync(url, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  return lines.map((line) => ({ source: null, context: head!.context!, ...line }))
}

/** Renders a template, or throws in its own way. */
export type Engine = (template: string, context: Record<string, unknown>) => string

/** The exported function, as a program calls it. A defect of the engine is no answer, not even where an error is due. */
export function renderWithHookcast(template: string, context: Record<string, unknown>): string {
  try {
    return compileTemplate(template, { payload: 'text' }).render(context)
  } catch (error) {
    if (error instanceof TemplateError && !error.message.includes('defect')) throw error
    return `a defect: ${String(error)}`
  }
}

export function renderWithNunjucks(template: string, context: Record<string, unknown>): string {
  return nunjucks.compile(template, new nunjucks.Environment(null, { autoescape: false })).render(context)
}

/** The vectors that an engine renders otherwise, or that it renders where Jinja2 fails, or the other way round. */
export function differences(vectors: readonly Vector[], render: Engine): readonly Vector[] {
  return vectors.filter(({ template, context, output, error }) => {
    try {
      const got = render(template, structuredClone(context))
      return error !== undefined || got !== output
    } catch {
      return error === undefined
    }
  })
}

export interface Exception {
  readonly source: string
  readonly cases: number
}

const EXCEPTION_ROW = /^\| `([^`]+\.py::[^`]+)` \| (\d+) \|/gm

/** The cases of Jinja's suite that `docs/jinja.md` says differ. */
export function documentedExceptions(): readonly Exception[] {
  const page = readFileSync(new URL('../../docs/jinja.md', import.meta.url), 'utf8')
  return Array.from(page.matchAll(EXCEPTION_ROW), ([, source, cases]) => ({ source: source!, cases: Number(cases) }))
}

export function exceptionsOf(different: readonly Vector[]): readonly Exception[] {
  const cases = Map.groupBy(different, ({ source }) => source!)
  return Array.from(cases, ([source, { length }]) => ({ source, cases: length }))
}
