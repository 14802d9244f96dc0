import { readFileSync, writeFileSync } from 'node:fs'

const PAGE = new URL('../README.md', import.meta.url)

/** Puts what a command (`npm run load`) has found between its two markers on the page of results. */
export function placeFindings(command: string, findings: string): void {
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = [`<!-- written by \`${command}\` -->`, `<!-- end of ${command} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`The page has to hold the two markers: ${begin} and ${end}`)
  writeFileSync(PAGE, `${page.slice(0, from)}${begin}\n\n${findings.trim()}\n\n${page.slice(to)}`)
}
