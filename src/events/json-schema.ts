import { Ajv } from 'ajv'

/**
 * Says in words why schemas by version cannot be kept; null when they can.
 *
 * Each is to be a JSON Schema of draft 7, the draft of Svix's catalogue. They describe what comes; messages are not refused
 * by them: a sender that is ahead of its catalogue must not lose events.
 */
export function checkSchemas(schemas: Readonly<Record<string, unknown>>): string | null {
  const ajv = new Ajv({ strict: false, logger: false })
  for (const [version, schema] of Object.entries(schemas)) {
    const isSchema = typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null)
    // Only the form of the schema is looked at: nothing of it is compiled.
    if (isSchema && ajv.validateSchema(schema) === true) continue
    const at = ajv.errors?.[0]?.instancePath ?? ''
    const reason = ajv.errors?.[0]?.message ?? 'is no schema'
    return `expected \`schemas.${version}${at}\` to be a JSON Schema, got one that ${reason}`
  }
  return null
}
