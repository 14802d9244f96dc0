import { quantile } from '../triggers/table.ts'
import { markdownTable, whole } from './markdown-table.ts'
import type { TriggerRate } from './trigger-rates.ts'

const TITLES = [
  'triggers a second',
  'answered 202 a second',
  '202: p50 ms',
  'p99 ms',
  'from 202 to call: p50 ms',
  'p99 ms',
  'not called when the last 202 came',
  'all called after ms',
  'CPU µs: service',
  'sender',
  'peak memory, MB',
]

/** One row for each rate at which triggers were sent to the service. */
export function formatTriggers(rates: readonly TriggerRate[]): string[] {
  if (rates.length === 0) return []
  const rows = rates.map(({ perSecond, round }) => {
    const { accepted, toCallMs } = round
    const at = accepted.map(({ at }) => at)
    const waits = accepted.map(({ waitMs }) => waitMs)
    return [
      whole(perSecond),
      whole(((accepted.length - 1) * 1000) / Math.max(1, Math.max(...at) - Math.min(...at))),
      quantile(waits, 0.5).toFixed(1),
      quantile(waits, 0.99).toFixed(1),
      whole(quantile(toCallMs, 0.5)),
      whole(quantile(toCallMs, 0.99)),
      whole(round.behind),
      whole(round.caughtUpMs),
      whole(round.ownMicros),
      whole(round.senderMicros),
      whole(round.peakBytes / 1e6),
    ]
  })
  const note =
    'Sent one by one at a steady rate to `hookcast serve`, each at its own time, for 5 s after 2 s to warm up.'
  return ['### Event triggers', '', note, '', ...markdownTable(TITLES, rows), '']
}
