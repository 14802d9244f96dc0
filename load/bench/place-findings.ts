import { readFileSync, writeFileSync } from 'node:fs'

const RESULTS = new URL('../README.md', import.meta.url)

/** Puts what a command (`npm run load`) has found between its two markers on a page, by default that of results. */
export function placeFindings(command: string, findings: string, place = RESULTS): void {
  const page = readFileSync(place, 'utf8')
  const [begin, end] = [`<!-- written by \`${command}\` -->`, `<!-- end of ${command} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`The page has to hold the two markers: ${begin} and ${end}`)
  writeFileSync(place, `${page.slice(0, from)}${begin}\n\n${findings.trim()}\n\n${page.slice(to)}`)
}
