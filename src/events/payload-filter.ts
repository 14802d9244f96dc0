import { isDeepStrictEqual } from 'node:util'

/**
 * What a payload has to hold: paths and what is wanted there, all of them; `$and`, `$or` and `$not` join and turn filters.
 *
 * @example { 'data.amount': { $in: [10, 20] }, $or: [{ 'data.country': 'CZ' }, { 'data.country': { $exist: false } }] }
 */
export type PayloadFilter = { readonly [pathOrOperator: string]: unknown }

const DEEPEST = 8
const MOST_CONDITIONS = 100
/** In all lists of a filter: each is compared with each message. */
const MOST_VALUES = 1000
const LONGEST_PATH = 256

type Condition =
  | { readonly kind: 'eq'; readonly value: unknown }
  | { readonly kind: 'in'; readonly values: readonly unknown[] }
  | { readonly kind: 'exist'; readonly exists: boolean }

/** Says in words what is wrong with a filter; null when it can be used. */
export function checkFilter(filter: unknown): string | null {
  const budget = { left: MOST_CONDITIONS, valuesLeft: MOST_VALUES }
  const problem = problemOf(filter, { path: '', depth: 0, budget })
  if (problem !== null) return problem
  if (budget.valuesLeft < 0) return `expected \`filter\` to have at most ${MOST_VALUES} values in its lists, got more`
  return budget.left < 0 ? `expected \`filter\` to have at most ${MOST_CONDITIONS} conditions, got more` : null
}

interface Place {
  readonly path: string
  readonly depth: number
  readonly budget: { left: number; valuesLeft: number }
}

function problemOf(filter: unknown, place: Place): string | null {
  const { path, depth, budget } = place
  const name = `filter${path}`
  if (!isObject(filter)) return `expected \`${name}\` to be an object of paths and values, got ${kindOf(filter)}`
  if (depth > DEEPEST) return `expected \`filter\` to be at most ${DEEPEST} levels deep, got more`
  for (const [key, value] of Object.entries(filter)) {
    budget.left--
    if (key.length > LONGEST_PATH)
      return `expected a path in \`${name}\` to be at most ${LONGEST_PATH} characters, got more`
    const inside = { path: `${path}.${key}`, depth: depth + 1, budget }
    const problem = key.startsWith('$') ? operatorProblem(key, value, inside) : conditionProblem(value, inside)
    if (problem !== null) return problem
  }
  return null
}

function operatorProblem(key: string, value: unknown, place: Place): string | null {
  if (key === '$not') return problemOf(value, place)
  if (key !== '$and' && key !== '$or')
    return `expected \`filter${place.path}\` to be $and, $or, $not or a path, got ${key}`
  if (!Array.isArray(value) || value.length === 0) {
    return `expected \`filter${place.path}\` to be a list of filters, got ${kindOf(value)}`
  }
  for (const [index, part] of value.entries()) {
    const problem = problemOf(part, { ...place, path: `${place.path}[${index}]` })
    if (problem !== null) return problem
  }
  return null
}

function conditionProblem(value: unknown, { path, budget }: Place): string | null {
  if (isDeeper(value, DEEPEST)) return `expected \`filter${path}\` to be at most ${DEEPEST} levels deep, got more`
  if (!isObject(value)) return null
  const [operator, ...more] = Object.keys(value)
  if (operator === undefined || more.length > 0 || !['$eq', '$in', '$exist'].includes(operator)) {
    return `expected \`filter${path}\` to be a value, or one of $eq, $in and $exist, got something else`
  }
  if (operator === '$in') {
    const values = value['$in']
    if (!Array.isArray(values)) return `expected \`filter${path}.$in\` to be a list, got none`
    budget.valuesLeft -= values.length
  }
  if (operator === '$exist' && typeof value['$exist'] !== 'boolean') {
    return `expected \`filter${path}.$exist\` to be true or false, got something else`
  }
  return null
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1))
}

/** Tells whether a payload is what a checked filter wants. */
export function matchesFilter(filter: PayloadFilter, content: unknown): boolean {
  return Object.entries(filter).every(([key, value]) => {
    if (key === '$not') return !matchesFilter(value as PayloadFilter, content)
    if (key === '$and') return (value as readonly PayloadFilter[]).every((part) => matchesFilter(part, content))
    if (key === '$or') return (value as readonly PayloadFilter[]).some((part) => matchesFilter(part, content))
    return holds(conditionFrom(value), valueAt(content, key))
  })
}

function conditionFrom(value: unknown): Condition {
  if (!isObject(value)) return { kind: 'eq', value }
  if ('$in' in value) return { kind: 'in', values: value['$in'] as readonly unknown[] }
  if ('$exist' in value) return { kind: 'exist', exists: value['$exist'] as boolean }
  return { kind: 'eq', value: value['$eq'] }
}

function holds(condition: Condition, found: unknown): boolean {
  switch (condition.kind) {
    case 'eq':
      return isDeepStrictEqual(found, condition.value)
    case 'in':
      return condition.values.some((value) => isDeepStrictEqual(found, value))
    case 'exist':
      return (found !== undefined) === condition.exists
  }
}

/** Steps are keys, or numbers in lists; what a payload does not hold of its own is not there. */
function valueAt(content: unknown, path: string): unknown {
  let value = content
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
}
