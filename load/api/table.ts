import type { Conditions } from '../bench/conditions.ts'
import { median, medianOfKnown } from '../bench/median.ts'
import type { Agreement } from './agreement.ts'
import type { Figures } from './attack.ts'
import type { Overload } from './overload.ts'

/** Both servers in one round, right after each other. */
export interface Pair {
  readonly bare: Figures
  readonly ours: Figures
}

export interface Findings {
  readonly conditions: Conditions
  readonly seconds: number
  readonly overloadSeconds: number
  readonly pairs: readonly Pair[]
  readonly curve: readonly Figures[]
  readonly peakBytes: number | null
  readonly overload: Overload
  readonly agreement: Agreement
}

/** Writes down everything that was found, as Markdown. */
export function formatFindings(findings: Findings): string {
  const { conditions, seconds, pairs, peakBytes } = findings
  return [
    `- **when:** ${conditions.at}, ${pairs.length} rounds of ${seconds} s`,
    `- **machine:** ${conditions.machine}, the callers on the same machine; load ${conditions.loadBefore.toFixed(1)} before`,
    `- **versions:** ${conditions.versions}`,
    '- **settings:** plain HTTP, Basic Auth, validation, a key for each request, keys and queue in memory; the same headers and bodies to both servers',
    '',
    '### 200 connections',
    '',
    ...formatPairs(pairs),
    '',
    '### From 10 to 1,000 connections',
    '',
    '![Requests a second and p99 of the reference API over the number of connections](reference-api.svg)',
    '',
    ...formatCurve(findings.curve),
    '',
    `Most memory of the process over all of the above, ${keysOf(findings)} keys kept: ${mb(peakBytes)}.`,
    '',
    '### Overload',
    '',
    ...formatOverload(findings.overload, findings.overloadSeconds),
    '',
    '### Both records, customer by customer',
    '',
    ...formatAgreement(findings.agreement),
    '',
  ].join('\n')
}

function formatPairs(pairs: readonly Pair[]): string[] {
  const ratios = pairs.map(({ bare, ours }) => ours.perSecond / bare.perSecond)
  const rows = (['bare', 'ours'] as const).map((side) => {
    const all = pairs.map((pair) => pair[side])
    const middle = (pick: (figures: Figures) => number): number => median(all.map(pick))
    return [
      side === 'bare' ? 'bare Hono app: parses JSON and answers' : '**reference API**',
      whole(middle(({ perSecond }) => perSecond)),
      side === 'bare' ? '1.00' : `${median(ratios).toFixed(2)} (${ratios.map((each) => each.toFixed(2)).join(', ')})`,
      micros(medianOfKnown(all.map(({ cpuMicros }) => cpuMicros))),
      ...(['p50Ms', 'p97Ms', 'p99Ms'] as const).map((name) => String(middle((figures) => figures[name]))),
      String(Math.max(...all.map(({ maxMs }) => maxMs))),
      formatErrors(...all.map(errorsOf)),
    ]
  })
  const head = ['', 'requests/s', '× bare', 'CPU µs a request', 'p50 ms', 'p97.5 ms', 'p99 ms', 'max ms', 'errors']
  return table(head, rows)
}

function formatCurve(curve: readonly Figures[]): string[] {
  const rows = curve.map((each) => [
    whole(each.connections),
    whole(each.perSecond),
    String(each.p50Ms),
    String(each.p97Ms),
    String(each.p99Ms),
    String(each.maxMs),
    formatErrors(errorsOf(each)),
  ])
  return table(['connections', 'requests/s', 'p50 ms', 'p97.5 ms', 'p99 ms', 'max ms', 'errors'], rows)
}

function formatOverload({ figures, peakBytes, recoveredMs }: Overload, seconds: number): string[] {
  const row = [
    whole(figures.perSecond),
    whole(figures.accepted),
    String(Math.round(figures.acceptedP99Ms)),
    whole(figures.shed),
    formatErrors(figures.errors),
    mb(peakBytes),
    recoveredMs === null ? 'not within 15 s' : `${(recoveredMs / 1000).toFixed(1)} s`,
  ]
  return [
    `${whole(figures.connections)} connections for ${seconds} s against a provider that does 800 pieces of work a second and a queue with room for 1,000 (\`PROVIDER_DELAY_MS=20 QUEUE_LIMIT=1000\`).`,
    '',
    ...table(
      ['answers/s', 'accepted', 'p99 of accepted, ms', 'shed: 429, 503', 'errors', 'memory', 'all well again after'],
      [row],
    ),
  ]
}

function formatAgreement(agreement: Agreement): string[] {
  const { customers, sent, failed, attempts, codes, instantRetries, durationMs, disagreeing, doubled } = agreement
  const met = Object.entries(codes)
    .filter(([code]) => code !== '200')
    .map(([code, count]) => `${code}: ${whole(count)}`)
  return [
    `\`hookcast run\` with ${whole(customers)} customers against the reference API while that misbehaves (\`FAULTS\`), retries after 200 ms, 500 ms and 1 s instead of 7, 45 and 300 s (\`retry.delays\`), ${(durationMs / 1000).toFixed(0)} s.`,
    `Met: ${[...met, `broken connections tried again at once: ${whole(instantRetries)}`].join(', ')}.`,
    '',
    ...table(
      ['customers', 'attempts', 'sent', 'refused by the API', 'records disagree', 'processed twice'],
      [[customers, attempts, sent, failed, disagreeing.length, doubled.length].map(whole)],
    ),
  ]
}

/** Where nothing is to be shed, that is an error too. */
function errorsOf({ errors, shed }: Figures): Figures['errors'] {
  return shed > 0 ? { ...errors, 'status 429, 503': shed } : errors
}

function formatErrors(...all: readonly Figures['errors'][]): string {
  const sums = new Map<string, number>()
  for (const [kind, count] of all.flatMap((errors) => Object.entries(errors))) {
    sums.set(kind, (sums.get(kind) ?? 0) + count)
  }
  return Array.from(sums, ([kind, count]) => `${whole(count)} (${kind})`).join(', ') || '0'
}

function keysOf({ pairs, curve }: Findings): string {
  const all = [...pairs.map(({ ours }) => ours), ...curve]
  return whole(all.reduce((sum, { accepted }) => sum + accepted, 0))
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, ['---', ...head.slice(1).map(() => '--:')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function micros(value: number | null): string {
  return value === null ? '–' : value.toFixed(1)
}

function mb(bytes: number | null): string {
  return bytes === null ? '–' : `${whole(bytes / 1_000_000)} MB`
}
