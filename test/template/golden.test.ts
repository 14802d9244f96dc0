import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../src/template/template.ts'

/** Recorded from Jinja2 3.1.6 on CPython 3.11, default Environment. */
const [head, ...vectors] = readFileSync(new URL('vectors/golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Record<string, unknown>)
const { context } = head as { context: Record<string, unknown> }

describe('a text template', () => {
  it.each(vectors.map(({ template, output }) => [template as string, output as string]))(
    'renders %s',
    (template, output) => {
      expect(compileTemplate(template, { payload: 'text' }).render(context)).toBe(output)
    },
  )
})
