import { existsSync, globSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readText } from '../support/page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = globSync(['*.md', 'docs/**/*.md', 'load/*.md', 'reference-api/*.md', 'templates/**/*.md'], { cwd: root })

const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```$/gm, '')

/** As GitHub makes them of headings: lower case, without punctuation, spaces as hyphens. */
function anchorsOf(page: string): Set<string> {
  const headings = withoutCode(readText(page)).matchAll(/^#+ (.*)$/gm)
  return new Set(
    Array.from(headings, ([, title = '']) =>
      title
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function brokenLinks(page: string): string[] {
  const links = withoutCode(readText(page))
    .replaceAll(/`[^`]*`/g, '')
    .matchAll(/\]\(([^)\s]+)\)/g)
  return Array.from(links, ([, link = '']) => link).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : normalize(join(dirname(page), path))
    if (!existsSync(join(root, target))) return true
    if (anchor === undefined || statSync(join(root, target)).isDirectory()) return false
    return !anchorsOf(target).has(anchor)
  })
}

describe('the pages for users', () => {
  test('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/campaigns.md', 'reference-api/README.md']))
  })

  test.each(pages)('%s links to nothing that is not there', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })
})
