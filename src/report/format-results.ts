import type { ResultRecord } from './result-record.ts'

const COLUMNS = [
  'customer_id',
  'status',
  'reason',
  'run_id',
  'campaign',
  'chunk',
  'seq',
  'request_id',
  'attempts',
  'http_status',
  'error_code',
  'message',
  'result_code',
  'result_status',
  'in_doubt',
  'abort_rule',
  'latency_ms',
  'batch_size',
  'occurred_at',
] as const satisfies readonly (keyof ResultRecord)[]

/**
 * Writes results as lines, line breaks included: one JSON object each, or CSV with a header.
 *
 * `propertyNames` (of `readPropertyNames`) become the columns `properties.<name>`. A cell that a spreadsheet would
 * take for a formula gets an apostrophe in front: names and messages come from strangers.
 *
 * @see RFC 4180; OWASP, "CSV Injection".
 */
export function* formatResults(
  records: Iterable<ResultRecord>,
  format: 'ndjson' | 'csv',
  propertyNames: readonly string[],
): Generator<string> {
  if (format === 'ndjson') {
    for (const record of records) yield `${JSON.stringify(record)}\n`
    return
  }
  yield csvLine([...COLUMNS, ...propertyNames.map((name) => `properties.${name}`)])
  for (const record of records) {
    const { properties } = record
    const ownOf = (name: string): unknown => (Object.hasOwn(properties, name) ? properties[name] : null)
    yield csvLine([...COLUMNS.map((column) => record[column]), ...propertyNames.map(ownOf)])
  }
}

const FORMULA = /^[=+\-@\t\r\n]/
const QUOTED = /[",\r\n]/

function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(',')}\r\n`
}

function csvCell(value: unknown): string {
  if (value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return QUOTED.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
