import { describe, expect, it } from 'vitest'
import { LINT_CODES } from '../../src/template/template.ts'
import { codesIn, readPage } from '../support/page.ts'

describe('docs/lint.md', () => {
  it('has every code with what it means, and no other', () => {
    const [rows = []] = readPage('docs/lint.md').tables
    expect(rows.map(([code = '', means]) => [codesIn(code)[0], means])).toEqual(Object.entries(LINT_CODES))
  })
})
