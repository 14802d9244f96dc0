import { deserialize, serialize } from 'node:v8'
import type { DeliveryReport, Verdict } from '../campaign/delivery.ts'
import type { ReceiverWords } from '../campaign/outcome.ts'

/** What became of deliveries of one slice. */
export interface SliceReports {
  readonly sliceId: number
  readonly reports: readonly DeliveryReport[]
}

/** Reports of some slices as bytes: whoever only hands them on needs not know what is in them. */
export interface PackedReports {
  readonly count: number
  readonly bytes: Uint8Array
}

/** The reports of a slice on their way: nearly all of them are plain, and go as numbers without a name for each. */
interface ToldReports {
  /** What is not plain, in its order. */
  readonly reports: readonly DeliveryReport[]
  readonly plain?: PlainReports
}

/** Deliveries that were sent at their first answer, of whom the receiver said nothing more. */
interface PlainReports {
  /** Six for each: the place among the slice's reports, `seq`, attempt, HTTP status, latency in ms, round. */
  readonly numbers: Float64Array
  readonly customerIds: readonly string[]
  /** Null when nobody has any. */
  readonly properties: readonly (string | null)[] | null
}

const NUMBERS = 6
const SENT: Verdict = Object.freeze({
  kind: 'called',
  outcome: Object.freeze({
    kind: 'sent',
    alreadyAccepted: false,
    words: Object.freeze({ errorCode: null, resultCode: null, resultStatus: null, message: null }),
  }),
})

/** Packs reports for the channel: an object of its own for each costs the coordinator as much as its row in the ledger. */
export function packReports(groups: readonly SliceReports[]): PackedReports {
  const told = groups.map(({ sliceId, reports }) => ({ sliceId, ...toldFrom(reports) }))
  return { count: groups.reduce((sum, { reports }) => sum + reports.length, 0), bytes: serialize(told) }
}

export function unpackReports({ bytes }: PackedReports): readonly SliceReports[] {
  const groups = deserialize(bytes) as readonly (ToldReports & { readonly sliceId: number })[]
  return groups.map((told) => ({ sliceId: told.sliceId, reports: reportsOf(told) }))
}

function toldFrom(all: readonly DeliveryReport[]): ToldReports {
  const reports: DeliveryReport[] = []
  const numbers: number[] = []
  const customerIds: string[] = []
  const properties: (string | null)[] = []
  let hasProperties = false
  for (const [place, report] of all.entries()) {
    if (!isPlain(report)) {
      reports.push(report)
      continue
    }
    numbers.push(place, report.seq, report.attempt, report.httpStatus!, report.latencyMs, report.round)
    customerIds.push(report.customerId)
    properties.push(report.properties)
    hasProperties ||= report.properties !== null
  }
  if (customerIds.length === 0) return { reports }
  const plain = { numbers: Float64Array.from(numbers), customerIds, properties: hasProperties ? properties : null }
  return { reports, plain }
}

function reportsOf({ reports, plain }: ToldReports): readonly DeliveryReport[] {
  if (plain === undefined) return reports
  const { numbers, customerIds, properties } = plain
  const all: DeliveryReport[] = []
  let other = 0
  for (let i = 0, at = 0; i < customerIds.length; i++, at += NUMBERS) {
    while (all.length < numbers[at]!) all.push(reports[other++]!)
    const httpStatus = numbers[at + 3]!
    all.push({
      seq: numbers[at + 1]!,
      customerId: customerIds[i]!,
      attempt: numbers[at + 2]!,
      verdict: SENT,
      httpStatus,
      code: String(httpStatus),
      latencyMs: numbers[at + 4]!,
      round: numbers[at + 5]!,
      hadInstantRetry: false,
      isKept: false,
      digest: null,
      properties: properties?.[i] ?? null,
      sample: null,
      warning: null,
    })
  }
  while (other < reports.length) all.push(reports[other++]!)
  return all
}

/** Whether `reportsOf` would make the very same of it. */
function isPlain(report: DeliveryReport): boolean {
  const { verdict, httpStatus, code, batch, trial } = report
  if (verdict.kind !== 'called' || httpStatus === null || batch !== undefined || trial !== undefined) return false
  if (verdict.outcome.kind !== 'sent' || verdict.outcome.alreadyAccepted || !isSilent(verdict.outcome.words))
    return false
  if (report.hadInstantRetry || report.isKept || code !== String(httpStatus)) return false
  return report.digest === null && report.sample === null && report.warning === null
}

function isSilent({ errorCode, resultCode, resultStatus, message }: ReceiverWords): boolean {
  return errorCode === null && resultCode === null && resultStatus === null && message === null
}
