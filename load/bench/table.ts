import type { Conditions } from './conditions.ts'
import type { Ceiling } from './ceiling.ts'
import { hookcastRun, type Sample } from './contender.ts'
import type { ControlRow, RetryFindings } from './control.ts'
import { markdownTable, whole } from './markdown-table.ts'
import { median, medianOfKnown } from './median.ts'
import type { Failure } from './parts.ts'
import { formatRetries } from './retry-table.ts'
import { formatTriggers } from './trigger-table.ts'
import type { TriggerRate } from './trigger-rates.ts'

/** All rounds of one contender with one number of customers. */
export interface Series {
  readonly name: string
  readonly customers: number
  readonly samples: readonly Sample[]
}

/** Contenders that called the same, round by round; the first is the yardstick. */
export interface Section {
  readonly title: string
  readonly note: string
  readonly rows: readonly Series[]
  readonly isPictured: boolean
}

export interface Findings {
  readonly conditions: Conditions
  readonly receiver: string
  readonly concurrency: number
  readonly senders: string
  readonly sections: readonly Section[]
  readonly ceilings: readonly Ceiling[]
  /** Runs of ours with ever more customers, the fewest first. */
  readonly growth: readonly Series[]
  readonly control: readonly ControlRow[]
  readonly retries: readonly RetryFindings[]
  readonly triggers: readonly TriggerRate[]
  /** Parts that could not be measured. */
  readonly failures: readonly Failure[]
  /** The source was edited meanwhile: rounds may be of two programs. */
  readonly hasChanged: boolean
  readonly minutes: number
}

const MB = 1_000_000
const DASH = '–'
const HANDMADE = 'by hand: '

/** Writes down everything that was found, as Markdown. */
export function formatFindings(findings: Findings): string {
  return [
    ...formatConditions(findings),
    ...findings.sections.flatMap(formatSection),
    ...formatCeilings(findings),
    ...formatGrowth(findings),
    ...formatControl(findings.control),
    ...formatRetries(findings.retries),
    ...formatTriggers(findings.triggers),
  ].join('\n')
}

function formatConditions({
  conditions,
  receiver,
  concurrency,
  senders,
  minutes,
  failures,
  hasChanged,
  ...rest
}: Findings): string[] {
  const series = [...rest.sections.flatMap(({ rows }) => rows), ...rest.growth]
  const shares = series.flatMap(({ samples }) => samples.map(({ othersShare }) => othersShare))
  const others = medianOfKnown(shares)
  const most = Math.max(...shares.map((share) => share ?? 0))
  return [
    `- **when:** ${conditions.at}, ${Math.round(minutes)} minutes in all; medians of interleaved rounds`,
    `- **machine:** ${conditions.machine}`,
    `- **disk:** ${conditions.disk}`,
    `- **versions:** ${conditions.versions}`,
    `- **receiver:** ${receiver}, on the same machine, unless a table says otherwise`,
    `- **settings:** ${concurrency} in flight, plain HTTP, Basic Auth, ${senders}`,
    `- **others on the machine meanwhile:** ${others === null ? 'not known' : `${percent(others)} of all CPU time (at most ${percent(most)} in a round)`}, load ${conditions.loadBefore.toFixed(1)} before`,
    ...(hasChanged
      ? ['- **edited meanwhile:** the source; some rounds may be of another program than the others']
      : []),
    ...failures.map(({ part, message }) => `- **failed:** \`${part}\`: ${message}`),
    '',
  ]
}

const SECTION_TITLES = [
  'contender',
  'calls/s while sending',
  '× bare',
  'calls/s, whole command',
  'CPU µs a call',
  '× bare',
  'of it coordinator',
  "store's CPU µs",
  "receiver's CPU µs",
  'peak memory, MB',
]

function formatSection({ title, note, rows }: Section): string[] {
  const yardstick = rows[0]
  const lines = rows.map((series) => [
    series.name,
    whole(speedOf(series)),
    times(pairedRatio(series, yardstick, callsPerSecond)),
    whole(wholeSpeedOf(series)),
    micros(cpuPerCall(series)),
    times(pairedRatio(series, yardstick, cpuOfSample)),
    micros(medianOfKnown(series.samples.map(coordinatorCpu))),
    micros(medianOfKnown(series.samples.map(({ storeCpuMs, calls }) => perCall(storeCpuMs, calls)))),
    micros(medianOfKnown(series.samples.map(({ receiverCpuMs, calls }) => perCall(receiverCpuMs, calls)))),
    peaksOf(series),
  ])
  const titles = yardstick?.name === 'bare undici `request()` loop' ? SECTION_TITLES : SECTION_TITLES.map(asFirst)
  const rounds = yardstick?.samples.length ?? 0
  const notes = [note, rounds === 0 ? '' : rounds === 1 ? 'One round.' : `Medians of ${rounds} rounds.`]
  const against = againstHandmade(rows)
  const below = against === null ? [] : [against, '']
  return [`### ${title}`, '', notes.filter(Boolean).join(' '), '', ...markdownTable(titles, lines), '', ...below]
}

/** How many times the calls a second of what is written by hand; null where nothing of it was measured. */
function againstHandmade(rows: readonly Series[]): string | null {
  const ours = rows.find(({ name }) => name === hookcastRun.name)
  const handmade = rows.filter(({ name }) => name.startsWith(HANDMADE))
  if (ours === undefined || handmade.length === 0) return null
  const figures = handmade.map((series) => {
    return `${times(pairedRatio(ours, series, callsPerSecond))} × ${series.name.slice(HANDMADE.length)}`
  })
  return `Calls a second of ${hookcastRun.name} while sending: ${figures.join('; ')}.`
}

function asFirst(title: string): string {
  return title === '× bare' ? '× the first' : title
}

/** Null where nothing but one process is at work. */
function coordinatorCpu({ cpuMs, childCpuMs, calls }: Sample): number | null {
  return cpuMs === null || childCpuMs === 0 ? null : perCall(cpuMs - childCpuMs, calls)
}

/** CPU µs a call by process, for the picture. */
export function cpuParts({ samples }: Series): readonly [own: number, senders: number, store: number] {
  const of = (read: (sample: Sample) => number): number => median(samples.map(read))
  return [
    of(({ cpuMs, childCpuMs, calls }) => perCall((cpuMs ?? 0) - childCpuMs, calls) ?? 0),
    of(({ childCpuMs, calls }) => perCall(childCpuMs, calls) ?? 0),
    of(({ storeCpuMs, calls }) => perCall(storeCpuMs ?? 0, calls) ?? 0),
  ]
}

function formatCeilings({ ceilings }: Findings): string[] {
  if (ceilings.length === 0) return []
  const rows = ceilings.map(({ name, perSecond }) => [name, perSecond === null ? 'not installed' : whole(perSecond)])
  return ['### What the receiver can do', '', ...markdownTable(['caller', 'requests/s'], rows), '']
}

function formatControl(rows: readonly ControlRow[]): string[] {
  if (rows.length === 0) return []
  const lines = rows.map(({ what, ms, barMs }) => [
    what,
    median(ms).toFixed(1),
    Math.max(...ms).toFixed(1),
    String(ms.length),
    whole(barMs),
  ])
  return ['### Control', '', ...markdownTable(['what', 'ms', 'most', 'rounds', 'bar, ms'], lines), '']
}

function formatGrowth({ growth }: Findings): string[] {
  if (growth.length === 0) return []
  const least = growth[0]
  const rows = growth.map((series) => {
    const sending = median(series.samples.map(({ sendingMs, calls }) => (sendingMs * 1000) / calls))
    const before = median(series.samples.map(({ wallMs, sendingMs }) => (wallMs - sendingMs) / 1000))
    return [
      whole(series.customers),
      String(series.samples.length),
      seconds(median(series.samples.map(({ wallMs }) => wallMs / 1000))),
      seconds(before),
      sending.toFixed(1),
      times(ratioOf(median(series.samples.map(timePerCustomer)), least?.samples.map(timePerCustomer))),
      micros(cpuPerCall(series)),
      peaksOf(series),
      times(ratioOf(highestPeak(series), least === undefined ? undefined : [highestPeak(least)])),
    ]
  })
  const title = growth.map(({ customers }) => whole(customers)).join(' and ')
  return [
    `### \`hookcast run\` with ${title} customers`,
    '',
    ...markdownTable(
      [
        'customers',
        'rounds',
        'whole command, s',
        'of it not sending, s',
        'sending, µs a customer',
        `whole command a customer, × that of ${whole(least?.customers ?? 0)}`,
        'CPU µs a customer',
        'peak memory, MB',
        'highest peak, ×',
      ],
      rows,
    ),
    '',
  ]
}

/** Calls a second while sending: the middle round. */
export function speedOf({ samples }: Series): number {
  return median(samples.map(callsPerSecond))
}

function wholeSpeedOf({ samples }: Series): number {
  return median(samples.map(({ calls, wallMs }) => (calls * 1000) / wallMs))
}

function callsPerSecond({ calls, sendingMs }: Sample): number {
  return (calls * 1000) / sendingMs
}

function timePerCustomer({ calls, wallMs }: Sample): number {
  return wallMs / calls
}

function cpuOfSample({ calls, cpuMs }: Sample): number | null {
  return perCall(cpuMs, calls)
}

/** In microseconds. */
function perCall(ms: number | null, calls: number): number | null {
  return ms === null ? null : (ms * 1000) / calls
}

function cpuPerCall({ samples }: Series): number | null {
  return medianOfKnown(samples.map(cpuOfSample))
}

/** The middle of the ratios of each round: what slowed a round down slowed both of its sides. */
function pairedRatio(
  series: Series,
  yardstick: Series | undefined,
  of: (sample: Sample) => number | null,
): number | null {
  const ratios = series.samples.map((sample, round) => {
    const against = yardstick?.samples[round]
    const mine = of(sample)
    const theirs = against === undefined ? null : of(against)
    return mine === null || theirs === null ? null : mine / theirs
  })
  return medianOfKnown(ratios)
}

function ratioOf(value: number | null, against: readonly (number | null)[] | undefined): number | null {
  const base = medianOfKnown(against ?? [])
  return value === null || base === null ? null : value / base
}

/** The most that any process held in any round, in bytes. */
function highestPeak({ samples }: Series): number | null {
  const peaks = samples.flatMap(({ peakBytes, childPeakBytes }) => [...childPeakBytes, peakBytes ?? 0])
  const highest = Math.max(0, ...peaks)
  return highest === 0 ? null : highest
}

/** The most over all rounds: of the command itself, and of the largest of the processes that it started. */
function peaksOf({ samples }: Series): string {
  const own = Math.max(0, ...samples.map(({ peakBytes }) => peakBytes ?? 0))
  const started = Math.max(0, ...samples.flatMap(({ childPeakBytes }) => childPeakBytes))
  if (own === 0) return DASH
  return started === 0 ? megabytes(own) : `coordinator ${megabytes(own)}, sender ${megabytes(started)}`
}

const seconds = (value: number): string => value.toFixed(1)
const percent = (share: number): string => `${Math.round(share * 100)} %`
const megabytes = (bytes: number): string => String(Math.round(bytes / MB))
const micros = (value: number | null): string => (value === null ? DASH : value.toFixed(1))
const times = (value: number | null): string => (value === null ? DASH : value.toFixed(2))
