import { describe, expect, test } from 'vitest'
import type { DeliveryReport } from '../../src/campaign/delivery.ts'
import type { Outcome } from '../../src/campaign/outcome.ts'
import { packReports, unpackReports } from '../../src/queue/plain-reports.ts'

const NO_WORDS = { errorCode: null, resultCode: null, resultStatus: null, message: null }
const SENT: Outcome = { kind: 'sent', alreadyAccepted: false, words: NO_WORDS }

function reportOf(seq: number, more: Partial<DeliveryReport> = {}): DeliveryReport {
  return {
    seq,
    customerId: `c-${seq}`,
    attempt: 1,
    verdict: { kind: 'called', outcome: SENT },
    httpStatus: 200,
    code: '200',
    latencyMs: 8.25 + seq,
    round: 3,
    hadInstantRetry: false,
    isKept: false,
    digest: null,
    properties: null,
    sample: null,
    warning: null,
    ...more,
  }
}

const called = (outcome: Outcome): Partial<DeliveryReport> => ({ verdict: { kind: 'called', outcome } })

/** Each differs from a plain report in one thing that must not get lost. */
const OTHERS: readonly Partial<DeliveryReport>[] = [
  called({ kind: 'sent', alreadyAccepted: true, words: NO_WORDS }),
  ...Object.keys(NO_WORDS).map((name) =>
    called({ kind: 'sent', alreadyAccepted: false, words: { ...NO_WORDS, [name]: 'x' } }),
  ),
  called({ kind: 'refused', reason: 'refused', words: NO_WORDS }),
  { verdict: { kind: 'failed', reason: 'render', message: 'x' }, httpStatus: null, code: null },
  { hadInstantRetry: true },
  { isKept: true },
  { digest: 'x' },
  { sample: 'x' },
  { warning: 'x' },
  { code: null },
  { batch: { requestId: 'r-1', members: [], leftOut: [], isToBeSplit: false, warnings: [] } },
  { trial: { bodyBytes: 1, exchange: null, differences: [] } },
]

describe('packReports', () => {
  test('gives back every report as it was, in its place', () => {
    const reports = [
      reportOf(0, { properties: '{"a":"1"}' }),
      ...OTHERS.flatMap((more, i) => [
        reportOf(2 * i + 1, more),
        reportOf(2 * i + 2, { httpStatus: 202, code: '202' }),
      ]),
      reportOf(4_000_000_000, { attempt: 3 }),
    ]
    const groups = [reports, [], reports.toReversed()].map((all, sliceId) => ({ sliceId, reports: all }))
    const packed = packReports(groups)
    expect(packed.count).toBe(2 * reports.length)
    expect(unpackReports(structuredClone(packed))).toEqual(groups)
  })

  test('takes a few bytes for a plain one: its numbers, and no name for each', () => {
    const bytesOf = (...reports: DeliveryReport[]): number => packReports([{ sliceId: 1, reports }]).bytes.length
    expect(bytesOf(reportOf(0), reportOf(1)) - bytesOf(reportOf(0))).toBeLessThan(60)
  })
})
