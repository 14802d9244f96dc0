import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TemplateError } from '../../src/errors.ts'
import { compileTemplate } from '../../src/template/template.ts'

interface Vector {
  readonly template: string
  /** What Jinja2 3.1.6 rendered on CPython 3.11 with a default Environment; or, when it failed, the class of its error. */
  readonly output?: string
  readonly error?: string
}

function readVectors(name: string): { context: Record<string, unknown>; vectors: Vector[] } {
  const lines = readFileSync(new URL(`vectors/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const [head, ...vectors] = lines.map((line) => JSON.parse(line) as unknown)
  return { ...(head as { context: Record<string, unknown> }), vectors: vectors as Vector[] }
}

/** What comes out, or the error if it is one that the template's author can understand. */
function outcome(template: string, context: Record<string, unknown>): Pick<Vector, 'output' | 'error'> {
  try {
    return { output: compileTemplate(template, { payload: 'text' }).render(structuredClone(context)) }
  } catch (error) {
    if (!(error instanceof TemplateError) || error.message.includes('defect')) throw error
    return { error: error.message }
  }
}

describe('a text template', () => {
  it.each([
    ['golden', 99],
    ['language', 457],
    ['differential', 2600],
  ])('renders the recorded vectors of %s as Jinja2 does', (name, count) => {
    const { context, vectors } = readVectors(name)
    const different = vectors.filter(({ template, output, error }) => {
      const got = outcome(template, context)
      return error === undefined ? got.output !== output : got.error === undefined
    })
    console.log(`${name}: ${vectors.length - different.length} of ${vectors.length} vectors as Jinja2 3.1.6`)
    expect(different).toEqual([])
    expect(vectors).toHaveLength(count)
  })
})
