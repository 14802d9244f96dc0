import { describe, expect, it } from 'vitest'
import { readPage } from '../support/page.ts'

const page = readPage('CHANGELOG.md')

describe('CHANGELOG.md', () => {
  it('keeps to Keep a Changelog', () => {
    const versions = Array.from(page.text.matchAll(/^## (.*)$/gm), ([, heading]) => heading)
    expect(versions[0]).toBe('[Unreleased]')
    for (const heading of versions.slice(1)) expect(heading).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/)
    const kinds = Array.from(page.text.matchAll(/^### (.*)$/gm), ([, kind]) => kind)
    expect(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']).toEqual(expect.arrayContaining(kinds))
  })

  it('tells each change in a full sentence', () => {
    const entries = page.lines.filter((line) => line.startsWith('- '))
    expect(entries.length).toBeGreaterThan(0)
    for (const entry of entries) expect(entry).toMatch(/^- [`A-Z].{20,}\.$/)
  })
})
