import { HookcastError } from '../errors.ts'

/** What a log line tells of an error: our own words, or where a defect is. */
export function errorFacts(error: unknown): {
  readonly code: string
  readonly message: string
  readonly stack?: string | undefined
} {
  if (error instanceof HookcastError) return { code: error.code, message: error.message }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return { code: 'HOOKCAST_UNEXPECTED', message, stack }
}
