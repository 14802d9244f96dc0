import { readFileSync } from 'node:fs'

/** A fenced block of a page: `sh`, `yaml`, … and what stands in it. */
export interface Block {
  readonly language: string
  readonly text: string
}

/** A part of a page for users, as far as its headings reach. */
export interface Section {
  readonly text: string
  /** The cells of each table, without their headings; escaped bars are plain again. */
  readonly tables: readonly (readonly (readonly string[])[])[]
  readonly blocks: readonly Block[]
}

export interface Page extends Section {
  readonly lines: readonly string[]
  /** What stands under a heading, down to the next one of its level. */
  section(heading: string): Section
}

export function readText(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
}

/** Reads a Markdown page of the repository. */
export function readPage(file: string): Page {
  const text = readText(file)
  const section = (heading: string): Section => {
    const matches = Array.from(withoutBlocks(text).matchAll(/^(#+) (.*)$/gm)).filter(([, , title]) => title === heading)
    const [match] = matches
    if (match === undefined || matches.length > 1) throw new Error(`expected one heading "${heading}" in ${file}`)
    const from = match.index + match[0].length
    const rest = withoutBlocks(text).slice(from)
    const length = rest.search(new RegExp(`^#{1,${match[1]!.length}} `, 'm'))
    return sectionFrom(text.slice(from, length === -1 ? undefined : from + length))
  }
  return { ...sectionFrom(text), lines: text.trimEnd().split('\n'), section }
}

const BLOCK = /^```(\w*)\n([^]*?)^```$/gm

/** Of the same length, so that places stay what they are: a comment in a block is no heading. */
function withoutBlocks(text: string): string {
  return text.replaceAll(BLOCK, (block) => block.replaceAll(/[^\n]/g, ' '))
}

function sectionFrom(text: string): Section {
  const blocks = Array.from(text.matchAll(BLOCK), ([, language = '', body = '']) => ({ language, text: body }))
  const tables = Array.from(withoutBlocks(text).matchAll(/(?:^\|.*\n?)+/gm), ([table]) =>
    table.trimEnd().split('\n').slice(2).map(cellsOf),
  )
  return { text, blocks, tables }
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
}

/** What stands between backticks, one after the other. */
export function codesIn(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}
