import { describe, expect, it } from 'vitest'
import {
  differences,
  documentedExceptions,
  exceptionsOf,
  readVectors,
  renderWithHookcast,
  renderWithNunjucks,
} from './jinja-suite.ts'

describe('a text template', () => {
  it.each([
    ['golden', 99],
    ['language', 480],
    ['differential', 2600],
  ])('renders the recorded vectors of %s as Jinja2 does', (name, count) => {
    const vectors = readVectors(name)
    expect(differences(vectors, renderWithHookcast)).toEqual([])
    expect(vectors).toHaveLength(count)
  })
})

describe("Jinja2's own test suite", () => {
  const vectors = readVectors('suite')

  it('renders here as there, but for what docs/jinja.md names', () => {
    const different = differences(vectors, renderWithHookcast)
    expect(exceptionsOf(different)).toEqual(documentedExceptions())
    expect(vectors).toHaveLength(539)
    expect(different.length / vectors.length).toBeLessThan(0.01)
  })

  it('is measured by a comparison that another engine fails', () => {
    expect(differences(vectors, renderWithNunjucks).length / vectors.length).toBeGreaterThan(0.5)
  })
})
