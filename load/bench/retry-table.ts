import type { RetryFindings } from './control.ts'
import { markdownTable, whole } from './markdown-table.ts'
import { median } from './median.ts'

/** What became of those who were all refused once. */
export function formatRetries(retries: readonly RetryFindings[]): string[] {
  if (retries.length === 0) return []
  const titles = [
    'answered once',
    'after, ms',
    'customers',
    'sent',
    'came again',
    'wait in s: least · 1 % · half · 99 % · most',
    'again a second, middle',
    'most',
    'most in flight',
    'highest peak, MB',
    'whole command, s',
  ]
  const note =
    'For 503 a run goes down to one call in flight, as for any receiver in trouble; the 404 is one that the campaign takes for *again* (`answers`), which slows nothing down. Waits are to be from 5.3 to 8.7 s: 7 s, give or take 10 % and 1 s.'
  return ['### Everybody is refused once', '', note, '', ...markdownTable(titles, retries.map(retryRow)), '']
}

function retryRow({ status, delayMs, customers, seen, wallMs, peakBytes, sent }: RetryFindings): string[] {
  const [least = 0, onePercent = 0, half = 0, most99 = 0, most = 0] = seen.waits
  return [
    String(status),
    String(delayMs),
    whole(customers),
    whole(sent),
    whole(seen.again),
    [least, onePercent, half, most99, most].map((ms) => (ms / 1000).toFixed(1)).join(' · '),
    whole(median(seen.againPerSecond)),
    whole(Math.max(0, ...seen.againPerSecond)),
    whole(seen.mostInFlight),
    whole(peakBytes / 1_000_000),
    (wallMs / 1000).toFixed(1),
  ]
}
