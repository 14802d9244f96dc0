import type { z } from 'zod'
import { type KeyPath, formatKey, shorten, valueAt } from './key-path.ts'
import { nearestName } from './nearest-name.ts'
import type { YamlText } from './yaml-text.ts'

/** Something wrong at a key; where that is in the file is known by the YAML text. */
export interface KeyProblem {
  readonly path: KeyPath
  readonly message: string
}

/** A value of which any part may be missing, because it was wrong and has been reported. */
export type Repaired<T> = T extends readonly (infer I)[]
  ? readonly (Repaired<I> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Repaired<T[K]> | undefined }
    : T

export interface ShapeRules {
  /** Values at these keys may be secrets: messages name their kind only. */
  readonly isHidden: (path: KeyPath) => boolean
  /** Other mappings of the format that a misplaced key may belong to, by the key that leads there. */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>
}

/**
 * Compares a file with its schema: every problem at once, and what is left of the value without the wrong parts.
 *
 * The rest can be checked further, so that one bad unit does not hide a missing variable.
 */
export function checkShape<T extends z.ZodType>(
  schema: T,
  text: YamlText,
  rules: ShapeRules,
): { problems: readonly KeyProblem[]; repaired: Repaired<z.input<T>> } {
  // A file is read once: making code for its schema would take longer than to go through it.
  const result = schema.safeParse(text.value, { jitless: true })
  const repaired = structuredClone(text.value)
  if (result.success) return { problems: [], repaired: repaired as Repaired<z.input<T>> }
  const faults = result.error.issues.flatMap((issue) => faultsFrom(issue, [], text.value))
  for (const fault of faults) remove(repaired, fault.path)
  const isMapping = typeof text.value === 'object' && text.value !== null && !Array.isArray(text.value)
  return {
    problems: faults.map((fault) => ({ path: fault.path, message: sentence(fault, text.value, rules) })),
    repaired: (isMapping ? repaired : {}) as Repaired<z.input<T>>,
  }
}

const TOP = formatKey([])

/** `known` is set for a key that the format does not have. */
interface Fault {
  readonly path: KeyPath
  readonly expected: string
  readonly known: readonly string[] | null
  readonly isKey: boolean
}

type Issue = z.core.$ZodIssue

function faultsFrom(issue: Issue, base: KeyPath, root: unknown): Fault[] {
  const path = [...base, ...(issue.path as KeyPath)]
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ')
    return issue.keys.map((key) => ({ path: [...path, key], expected: '', known, isKey: false }))
  }
  if (issue.code === 'invalid_key') {
    return [{ path, expected: issue.issues[0]?.message ?? issue.message, known: null, isKey: true }]
  }
  if (issue.code === 'invalid_union') {
    // The one alternative whose kind fits (a mapping was written, and one is possible) tells more than the union.
    const fitting = issue.errors.filter((errors) => errors.every((error) => !isWrongKind(error)))
    const only = fitting.length > 1 ? closest(fitting, valueAt(root, path)) : fitting[0]
    const isBadlyWritten = only?.some((error) => error.path.length === 0 && error.code === 'invalid_format')
    if (only !== undefined && isBadlyWritten !== true) return only.flatMap((error) => faultsFrom(error, path, root))
  }
  return [{ path, expected: issue.message, known: null, isKey: false }]
}

function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

/** Of several mappings, the one that knows most of the keys that were written. */
function closest(alternatives: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const unknownKeys = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0)
  return alternatives.toSorted((a, b) => unknownKeys(a) - unknownKeys(b))[0]
}

function sentence(fault: Fault, root: unknown, rules: ShapeRules): string {
  const key = formatKey(fault.path)
  if (fault.known !== null) return unknownKey(fault.path, fault.known, rules)
  if (fault.isKey) {
    return `expected each key of ${formatKey(fault.path.slice(0, -1))} to be ${fault.expected}, got ${shorten(JSON.stringify(fault.path.at(-1)))}`
  }
  const value = valueAt(root, fault.path)
  const got = sizeOf(value, fault.expected) ?? (rules.isHidden(fault.path) ? kindOf(value) : describe(value))
  return `expected ${key} to be ${fault.expected}, got ${got}`
}

/** Of the right kind, it has the wrong size. */
function sizeOf(value: unknown, expected: string): string | null {
  if (Array.isArray(value) && expected.startsWith('a list of at most')) return `a list of ${value.length}`
  const most = / at most (\d+) characters/.exec(expected)?.[1]
  const isTooLong = typeof value === 'string' && most !== undefined && value.length > Number(most)
  return isTooLong ? `a text of ${value.length} characters` : null
}

function unknownKey(path: KeyPath, known: readonly string[], { elsewhere }: ShapeRules): string {
  const name = String(path.at(-1))
  const owner = Object.keys(elsewhere).find((owner) => elsewhere[owner]?.includes(name))
  const misplaced = owner === undefined ? null : owner === TOP ? `${name} at the top` : `${owner}.${name}`
  const meant = misplaced ?? nearestName(name, known)
  return `unknown key: ${formatKey(path)}${meant === null ? '' : `, did you mean ${meant}?`}`
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return { object: 'a mapping', string: 'a text', number: 'a number', boolean: 'true or false' }[
    typeof value as 'object'
  ]
}

function describe(value: unknown): string {
  if (value === undefined || typeof value === 'object') return kindOf(value)
  return shorten(JSON.stringify(value))
}

function remove(root: unknown, path: KeyPath): void {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  // A list keeps its places: what follows must still be found in the file.
  if (Array.isArray(parent)) parent[Number(last)] = undefined
  else delete (parent as Record<string, unknown>)[last]
}
