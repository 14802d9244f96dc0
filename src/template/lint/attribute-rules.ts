import { nearestName } from '../../campaign/nearest-name.ts'
import type { Body } from '../node.ts'
import { bodiesOf } from '../scope.ts'
import type { AttributeRead } from './attribute-read.ts'
import type { AudienceFacts } from './audience-facts.ts'
import { shareOf, writtenPath, type LintRule } from './finding.ts'

/** Finds what is read without a fallback and lacks in rows, and what no row has. */
export const attributeMissing: LintRule = ({ reads, parsed: { mode } }, facts) => {
  // Of a path a lack is worse than that, and has a rule of its own.
  if (facts === null || facts.rows === 0 || mode.payload === 'url') return []
  return firstOfEach(reads, ({ path, hasFallback }) => {
    const { missing } = facts.of(path)
    return missing === facts.rows || (missing > 0 && !hasFallback && !isMethod(path))
  }).map(({ path, start }) => {
    const { missing } = facts.of(path)
    const name = writtenPath(path)
    if (missing === facts.rows) return { code: 'attribute_missing', start, message: nobodyHas(path, facts) }
    const message = `\`${name}\` is missing in ${shareOf(missing, facts.rows)} and prints nothing there: write \`| default("…")\`, or leave them out with {% if not ${name} %}{% abort %}{% endif %}`
    return { code: 'attribute_missing', start, message }
  })
}

function nobodyHas(path: readonly string[], facts: AudienceFacts): string {
  const near = path.length === 1 ? nearestName(path[0]!, facts.columns) : null
  const hint = near === null || near === path[0] ? '' : `: did you mean \`${writtenPath([near])}\`?`
  return `no row has \`${writtenPath(path)}\`${hint}`
}

/** Finds parts of a URL's path that some customers have no value for: their request cannot be made. */
export const pathWithoutFallback: LintRule = ({ reads, parsed: { mode, body } }, facts) => {
  if (mode.payload !== 'url') return []
  const queryAt = queryStart(body)
  const isLacking = (path: readonly string[]): boolean => {
    if (facts === null || facts.rows === 0) return true
    const { missing, nulls } = facts.of(path)
    return missing + nulls > 0
  }
  return firstOfEach(reads, (read) => read.start < queryAt && !read.hasFallback && isLacking(read.path)).map(
    ({ path, start }) => {
      const name = writtenPath(path)
      const lack = facts === null || facts.rows === 0 ? '' : `, as do ${shareOf(lackOf(path, facts), facts.rows)}`
      const message = `a customer without \`${name}\` fails${lack}: a part of the path may not be empty, so write \`| default("…", true)\`, or leave them out with {% if not ${name} %}{% abort %}{% endif %}`
      return { code: 'path_without_fallback', start, message }
    },
  )
}

function lackOf(path: readonly string[], facts: AudienceFacts): number {
  const { missing, nulls } = facts.of(path)
  return missing + nulls
}

/** Offset of the `?`; what is printed behind it is of the query. */
function queryStart(body: Body): number {
  const starts = body.map((node): number => {
    if (node.kind === 'text')
      return node.text.includes('?') ? node.start + node.text.indexOf('?') : Number.POSITIVE_INFINITY
    return Math.min(Number.POSITIVE_INFINITY, ...bodiesOf(node).map(queryStart))
  })
  return Math.min(Number.POSITIVE_INFINITY, ...starts)
}

/** Finds conditions on texts that say true or false: every text but the empty one counts as true. */
export const untypedFlag: LintRule = ({ reads }, facts) => {
  if (facts === null || facts.rows === 0) return []
  return firstOfEach(reads, ({ path, isCondition }) => isCondition && facts.of(path).hasFalseWords).map(
    ({ path, start }) => {
      const name = writtenPath(path)
      const type = path.length === 1 ? `write \`${path[0]}: bool\` under \`columns:\` (CSV), or ` : ''
      const message = `\`${name}\` holds texts such as "false" and "0", and each of them counts as true: ${type}${type === '' ? 'write ' : ''}{% if ${name} == "true" %}`
      return { code: 'untyped_flag', start, message }
    },
  )
}

const METHODS = new Set(['copy', 'get', 'items', 'keys', 'pop', 'popitem', 'setdefault', 'update', 'values', 'clear'])

function isMethod(path: readonly string[]): boolean {
  return METHODS.has(path.at(-1)!)
}

/** Finds attributes that are called like a mapping's method: a row without one prints the method. */
export const methodName: LintRule = ({ reads }) =>
  firstOfEach(reads, ({ path, isGet }) => isMethod(path) && !isGet).map(({ path, start }) => {
    const name = path.at(-1)!
    const around = writtenPath(path.slice(0, -1))
    const message = `\`${name}\` is also a method: a row without such a column prints <built-in method ${name}>, and Jinja2 prints that for every row; write {{ ${around}.get("${name}", "") }}`
    return { code: 'method_name', start, message }
  })

/** One remark for each path, at the first place. */
function firstOfEach(
  reads: readonly AttributeRead[],
  isWanted: (read: AttributeRead) => boolean,
): readonly AttributeRead[] {
  const found = new Map<string, AttributeRead>()
  for (const read of reads) {
    const key = read.path.join('\0')
    if (!found.has(key) && isWanted(read)) found.set(key, read)
  }
  return [...found.values()]
}
