// `npm run jinja`: how much of Jinja2's own test suite renders here as there, before (plain nunjucks) and now.
import { differences, exceptionsOf, readVectors, renderWithHookcast, renderWithNunjucks } from './jinja-suite.ts'

const vectors = readVectors('suite')

function score(different: number): string {
  const same = vectors.length - different
  return `${same} of ${vectors.length} (${((same / vectors.length) * 100).toFixed(1)} %)`
}

const different = differences(vectors, renderWithHookcast)
console.log(`Jinja 3.1.6, its own test suite: ${vectors.length} cases, as a plain Environment renders them\n`)
console.log(`before  plain nunjucks 3.2.4  ${score(differences(vectors, renderWithNunjucks).length)}`)
console.log(`now     hookcast              ${score(different.length)}\n`)
console.log(`The exceptions; docs/jinja.md says why:`)
for (const { source, cases } of exceptionsOf(different))
  console.log(`  ${source}${cases > 1 ? ` (${cases} cases)` : ''}`)
