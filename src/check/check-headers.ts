import type { Campaign, Header } from '../campaign/campaign.ts'
import { resolveSecret, type Environment } from '../campaign/secret-text.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { checkHeader } from '../request/request.ts'

/** Finds headers that may not be sent: their names, and values that are known before anything is rendered. */
export function headerProblems({ webhook }: Campaign, env: Environment): Problem[] {
  return webhook.headers.flatMap((header) => {
    const value = knownValue(header, env)
    const refusal = value === null ? null : checkHeader(header.name, value)
    if (refusal === null) return []
    const { file, line } = header.value
    return [{ file, line, column: null, message: refusal }]
  })
}

/** A template has no value yet, only a name to look at; a variable that is not set is reported where the file is read. */
function knownValue(header: Header, env: Environment): string | null {
  if (header.kind === 'template') return /\{[{%#]/.test(header.value.text) ? '' : header.value.text
  try {
    return resolveSecret(header.value, env)
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}
