import type { RunReport } from '../read-report.ts'
import { number } from '../text-layout.ts'

/** Tells in a sentence what became of everyone. */
export function verdict(report: RunReport): string {
  const { customers, sent, failed, aborted, suppressed, waiting, pending, state } = report
  if (customers === 0) return state === 'running' ? 'No customer has come yet.' : 'There were no customers.'
  if (sent === customers) return `Everyone was sent to: ${customersText(customers)}.`
  const parts = [
    [failed, 'failed'],
    // Some of them may have been called, and have waited for another try.
    [
      aborted,
      `${aborted === 1 ? 'has' : 'have'} no result, as the run was ${state === 'cancelled' ? 'cancelled' : 'stopped'}`,
    ],
    [suppressed, `${suppressed === 1 ? 'was' : 'were'} left out on purpose`],
    [waiting, `${waiting === 1 ? 'waits' : 'wait'} for another try`],
    [pending, `${pending === 1 ? 'has' : 'have'} not been called yet`],
  ] as const
  const told = parts.flatMap(([count, words]) => (count === 0 ? [] : [`${number(count)} ${words}`]))
  return `${number(sent)} of ${customersText(customers)} ${sent === 1 ? 'was' : 'were'} sent to; ${listed(told)}.`
}

function customersText(count: number): string {
  return count === 1 ? '1 customer' : `${number(count)} customers`
}

function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}
