import type { z } from 'zod'
import { CODES, Refusal } from './answer.ts'
import type { Problem } from './answer.ts'

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: Problem[] }

/**
 * Checks a body, and finds out whose fault a wrong one is.
 *
 * A missing or unknown *key* is the same for every customer: the campaign's definition is wrong, 400, and the
 * sender stops. A wrong *value* belongs to this customer alone: it comes back as errors for a 200.
 * A schema's message may begin with its code: `z.string().max(160, '1004 SMS message too long.')`.
 * @throws {Refusal} 400
 */
export function checkValue<S extends z.ZodType>(schema: S, value: unknown): Checked<z.output<S>> {
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  for (const issue of result.error.issues) refuseWrongKeys(issue, value)
  return { ok: false, errors: result.error.issues.map(problemOf) }
}

function refuseWrongKeys(issue: z.core.$ZodIssue, root: unknown): void {
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys
    throw refuse(CODES.keyUnknown, `Unknown key: ${nameOf([...issue.path, key ?? ''])}`)
  }
  const key = issue.path.at(-1)
  if (key === undefined) throw refuse(CODES.keyMissing, 'The body has to be a JSON object.')
  const parent = issue.path.slice(0, -1).reduce<unknown>(at, root)
  if (typeof parent === 'object' && parent !== null && !Object.hasOwn(parent, key)) {
    throw refuse(CODES.keyMissing, `Missing key: ${nameOf(issue.path)}`)
  }
}

function at(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const own = /^(\d{4}) (.+)$/s.exec(issue.message)
  if (own?.[1] && own[2]) return { code: Number(own[1]), description: own[2] }
  return { code: CODES.value, description: `${nameOf(issue.path)}: ${issue.message}` }
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('.')
}

function refuse(code: number, description: string): Refusal {
  return new Refusal(400, { code, description })
}
