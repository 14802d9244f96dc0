import { styleText } from 'node:util'
import { nextSteps } from './next-steps.ts'
import type { AbortEntry, RunReport } from './read-report.ts'
import { cut, formatSpan, number, printable, wrap } from './text-layout.ts'

export interface ReportLayout {
  readonly color: boolean
  /** Columns of the terminal: only sentences are broken to fit, never what is to be typed. */
  readonly width: number
  /** The campaign of a run of events. */
  readonly eventCampaign?: string | null
}

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow'
type Paint = (style: Style, text: string) => string

/** A label, what stands beside it, and how it is painted when it says something. */
interface Row {
  readonly label: string
  readonly value: string
  readonly style?: Style
}

const NARROWEST = 40

/** Writes a run for people: what became of everyone, why, and what to type next. Ends with a line break. */
export function formatReport(report: RunReport, { color, width, eventCampaign = null }: ReportLayout): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text)
  const columns = Math.max(width, NARROWEST)
  const blocks = [
    headFrom(report, paint),
    tableFrom(`customers  ${number(report.customers)}`, customerRows(report), paint),
    tableFrom(answersTitle(report), countRows(report.codes), paint),
    tableFrom('failures', countRows(report.failures, 'red'), paint),
    listFrom('calls', labelled(callRows(report)), paint),
    listFrom(
      'stopped',
      report.aborts.flatMap((abort) => abortLines(abort, columns)),
      paint,
    ),
    listFrom(
      'warnings',
      report.warnings.flatMap((warning) => warningLines(warning, columns)),
      paint,
    ),
    listFrom('next', stepLines(report, eventCampaign), paint),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

const STATE_STYLES: Readonly<Record<string, Style>> = { finished: 'green', aborted: 'red', cancelled: 'red' }

function headFrom(
  { campaign, state, run_id, started_at, duration_ms, next_retry_at, resumed }: RunReport,
  paint: Paint,
): string {
  const rows: Row[] = [{ label: 'run', value: run_id }]
  if (started_at !== null) rows.push({ label: 'started', value: timeFrom(started_at) })
  if (duration_ms !== null) rows.push({ label: 'took', value: formatSpan(duration_ms) })
  if (resumed > 0) rows.push({ label: 'resumed', value: resumed === 1 ? 'once' : `${number(resumed)} times` })
  if (next_retry_at !== null) rows.push({ label: 'next retry', value: timeFrom(next_retry_at) })
  const title = `${paint('bold', printable(campaign))}  ${paint(STATE_STYLES[state] ?? 'yellow', state)}`
  return [title, ...labelled(rows).map((line) => `  ${line}`)].join('\n')
}

function customerRows(report: RunReport): readonly Row[] {
  const { sent, failed, aborted, suppressed, waiting, pending, customers } = report
  return [
    countRow('sent', sent, 'green'),
    countRow('failed', failed, 'red'),
    countRow('aborted', aborted, 'red'),
    countRow('suppressed', suppressed, 'yellow'),
    ...(waiting + pending > 0 || customers === 0
      ? [countRow('waiting', waiting, 'yellow'), countRow('pending', pending, 'yellow')]
      : []),
  ]
}

function countRow(label: string, count: number, style: Style): Row {
  return { label, value: number(count), ...(count > 0 ? { style } : {}) }
}

function answersTitle({ attempts, deliveries }: RunReport): string {
  return `attempts  ${number(attempts)} for ${number(deliveries)} ${deliveries === 1 ? 'delivery' : 'deliveries'}`
}

function countRows(counts: Readonly<Record<string, number>>, style?: Style): readonly Row[] {
  return Object.entries(counts)
    .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([label, count]) => ({ label, value: number(count), ...(style === undefined ? {} : { style }) }))
}

function callRows(report: RunReport): readonly Row[] {
  const { latency_ms: latency, attempts, deliveries } = report
  const rows: Row[] = []
  if (latency.p50 !== null) {
    const shares = (['p50', 'p95', 'p99', 'max'] as const).map((share) => `${share} ${number(latency[share] ?? 0)} ms`)
    rows.push({ label: 'latency', value: shares.join(', ') })
  }
  const counts: readonly [string, number][] = [
    ['slower than 1 s', report.slow_responses],
    ['retries', attempts - deliveries],
    ['instant second tries', report.instant_retries],
    ['already accepted', report.already_accepted],
    ['in doubt', report.in_doubt],
    ...Object.entries(report.answers_overridden).map(([status, count]): [string, number] => [
      `${status} read by \`answers\``,
      count,
    ]),
  ]
  for (const [label, count] of counts) if (count > 0) rows.push({ label, value: number(count) })
  if (attempts > 0) rows.push({ label: 'lowest concurrency', value: number(report.lowest_concurrency) })
  return rows
}

function tableFrom(title: string, rows: readonly Row[], paint: Paint): string {
  if (rows.length === 0) return ''
  const labelWidth = Math.max(...rows.map(({ label }) => label.length))
  const valueWidth = Math.max(...rows.map(({ value }) => value.length))
  const lines = rows.map(({ label, value, style }) => {
    const shown = value.padStart(valueWidth)
    return `  ${label.padEnd(labelWidth)}  ${style === undefined ? shown : paint(style, shown)}`
  })
  return [paint('bold', title), ...lines].join('\n')
}

function labelled(rows: readonly Row[]): string[] {
  const labelWidth = Math.max(0, ...rows.map(({ label }) => label.length))
  return rows.map(({ label, value }) => `${label.padEnd(labelWidth)}  ${value}`)
}

function listFrom(title: string, lines: readonly string[], paint: Paint): string {
  return lines.length === 0 ? '' : [paint('bold', title), ...lines.map((line) => `  ${line}`)].join('\n')
}

function abortLines({ message, samples }: AbortEntry, width: number): string[] {
  const answers = samples.map((sample) => `  ${cut(printable(sample), width - 4)}`)
  return [...wrap(printable(message), width - 2), ...answers]
}

function warningLines({ code, message, count }: RunReport['warnings'][number], width: number): string[] {
  const times = count > 1 ? ` (${number(count)} times)` : ''
  return wrap(`${code}: ${printable(message)}${times}`, width - 2)
}

/** Commands with what they are for, one a line, so that each can be copied. */
function stepLines(report: RunReport, eventCampaign: string | null): string[] {
  return labelled(nextSteps(report, eventCampaign).map(({ purpose, command }) => ({ label: purpose, value: command })))
}

function timeFrom(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`
}
