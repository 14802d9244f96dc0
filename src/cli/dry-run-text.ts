import { formatSpan } from '../report/report.ts'
import type { DryRun } from '../trial/trial.ts'
import { differenceLines, lintLines } from './lint-text.ts'
import { requestText } from './one-customer.ts'

type Row = readonly [label: string, value: string]

/** Writes a dry run for people: what would become of everybody, what is wrong, and one request. Ends with a line break. */
export function dryRunText(found: DryRun, { payload }: { readonly payload: string }): string {
  const blocks = [
    `${found.campaign}  dry run, nothing was sent`,
    table(`customers  ${number(found.customers)}`, [
      ['would be sent', number(found.would_send)],
      ['would fail', number(found.would_fail)],
      ['suppressed', number(found.suppressed)],
    ]),
    table('would fail', counts(found.failures)),
    ...found.failure_groups.map(failureText),
    table('suppressed', counts(found.suppressions)),
    list(
      'stops',
      found.stops.map(({ row, message }) => `At row ${number(row)}: ${message}`),
    ),
    table('lacking in rows', found.missing_attributes.map(missingRow)),
    table('deliveries', deliveryRows(found)),
    list('templates', lintLines(found.lint)),
    list('other than in plain Jinja2', differenceLines(found.differences_from_jinja)),
    list('warnings', found.warnings.map(warningText)),
    exampleText(found, payload),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function failureText({ reason, message, count, rows }: DryRun['failure_groups'][number]): string {
  const lines = rows.map(({ file, line, row, customer_id: id }) => {
    const place = line === null ? file : `${file}:${line}`
    return `    ${place}  row ${number(row)}, customer ${id}`
  })
  const more = count - rows.length
  if (more > 0) lines.push(`    and ${number(more)} more`)
  return [`  ${number(count)} ${reason}: ${message.replaceAll('\n', '\n  ')}`, ...lines].join('\n')
}

function missingRow({ attribute, customers, share, has_fallback: hasFallback, places }: MissingAttribute): Row {
  const where = hasFallback ? 'the template says what to do' : `read without a fallback at ${places.join(', ')}`
  return [attribute, `${number(customers)} (${percent(share)}), ${where}`]
}

type MissingAttribute = DryRun['missing_attributes'][number]

function deliveryRows({ deliveries, duplicates, body_bytes: bytes, static_ips: staticIps, predicted }: DryRun): Row[] {
  const rows: Row[] = [['requests', number(deliveries)]]
  if (duplicates > 0) rows.push(['duplicates', `${number(duplicates)} rows name a customer whom an earlier row names`])
  if (bytes.p50 !== null) {
    const sizes = (['p50', 'p99', 'max'] as const).map((share) => `${share} ${number(bytes[share] ?? 0)} bytes`)
    rows.push(['bodies', sizes.join(', ')])
  }
  if (staticIps !== null) {
    const { pool, warned_above: warned, refused_above: refused, verdict } = staticIps
    const limits = `a warning above ${number(warned)}, refused above ${number(refused)}`
    rows.push(['static IPs', `${pool}, ${verdict} (${limits})`])
  }
  const { concurrency, per_second: perSecond, assumed_latency_ms: latencyMs, limited_by: limit } = predicted
  const why =
    limit === 'rate'
      ? `at ${number(perSecond ?? 0)} a second`
      : `with ${number(concurrency)} in flight and ${latencyMs} ms an answer, which is assumed`
  if (deliveries > 0) rows.push(['takes about', `${formatSpan(predicted.duration_ms)} ${why}`])
  return rows
}

function warningText({ code, message, count }: DryRun['warnings'][number]): string {
  return `${code}: ${message}${count > 1 ? ` (${number(count)} times)` : ''}`
}

/** A batch may have thousands: whoever looks at a dry run wants to see what is above it. */
const EXAMPLE_LINES = 60

function exampleText({ example }: DryRun, payload: string): string {
  if (example === null) return ''
  const lines = requestText(example.request, payload).trimEnd().split('\n')
  const left = lines.length - EXAMPLE_LINES
  if (left > 1) lines.splice(EXAMPLE_LINES, left, `… ${number(left)} more lines, which preview shows`)
  const text = lines.join('\n')
  return `first request  row ${number(example.row)}, customer ${example.customer_id}\n\n${text}`
}

function counts(counts: Readonly<Record<string, number>>): Row[] {
  return Object.entries(counts)
    .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([label, count]) => [label, number(count)])
}

function table(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const labelWidth = Math.max(...rows.map(([label]) => label.length))
  return [title, ...rows.map(([label, value]) => `  ${label.padEnd(labelWidth)}  ${value}`)].join('\n')
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n')
}

function percent(share: number): string {
  const percent = share * 100
  return `${percent > 0 && percent < 1 ? percent.toPrecision(1) : Math.round(percent)} %`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
