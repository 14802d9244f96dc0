import type { CheckReport, ContractReport } from '../contract/contract.ts'
import { visible } from './terminal.ts'

type Status = CheckReport['status']

const WORDS: Readonly<Record<Status, string>> = { pass: 'pass', warn: 'warn', fail: 'fail', cannot_tell: 'cannot tell' }
const COLORS: Readonly<Record<Status, number>> = { pass: 32, warn: 33, fail: 31, cannot_tell: 2 }
const COUNTS: Readonly<Record<Status, string>> = {
  pass: 'passed',
  warn: 'to mind',
  fail: 'failed',
  cannot_tell: 'cannot be told',
}
const NARROWEST = 40

/** The report for people: a line for each check, what to change, and what was seen where something is to be changed. */
export function contractTable(
  { url, grade, checks }: ContractReport,
  { isColored, width }: { readonly isColored: boolean; readonly width: number },
): string {
  const paint = (status: Status, text: string): string =>
    isColored ? `\u001B[${COLORS[status]}m${text}\u001B[0m` : text
  const counts = (Object.keys(COUNTS) as Status[])
    .map((status) => ({ status, count: checks.filter((each) => each.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${COUNTS[status]}`)
  const idWidth = Math.max(...checks.map(({ id }) => id.length))
  const indent = WORDS.cannot_tell.length + idWidth + 4
  const wrap = (text: string): string =>
    wrapped(visible(text.trim().replaceAll(/\s+/g, ' ')), Math.max(NARROWEST, width - indent), ' '.repeat(indent))
  const lines = checks.flatMap(({ id, status, message, fix, evidence }) => {
    const head = `${paint(status, WORDS[status].padEnd(WORDS.cannot_tell.length))}  ${id.padEnd(idWidth)}  `
    const seen = status === 'warn' || status === 'fail' ? evidenceText(evidence) : ''
    return [
      head + wrap(message),
      ...(fix === null ? [] : [' '.repeat(indent) + wrap(`→ ${fix}`)]),
      ...(seen === '' ? [] : [' '.repeat(indent) + wrap(`seen: ${seen}`)]),
    ]
  })
  return `${visible(url)}  ${paint(grade, grade)}\n${counts.join(', ')}\n\n${lines.join('\n')}\n`
}

function evidenceText(evidence: CheckReport['evidence']): string {
  return Object.entries(evidence)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

/** Breaks a text between words; a word that is longer than a line is left whole, so that it can be copied. */
function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}
