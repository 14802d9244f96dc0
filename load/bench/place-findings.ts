const BEGIN = '<!-- written by `npm run bench` -->'
const END = '<!-- end -->'

/** Puts the findings between the page's two markers. */
export function placeFindings(page: string, findings: string): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from === -1 || to < from) throw new Error(`The page has to hold the two markers: ${BEGIN} and ${END}`)
  return `${page.slice(0, from)}${BEGIN}\n\n${findings}\n${page.slice(to)}`
}
