import type { BatchReport } from '../campaign/delivery.ts'
import type { JudgedBatch } from './judge-batch.ts'
import type { PropertyJob, RenderedProperties } from './property-renderer.ts'
import type { PreparedBatch, PreparedDelivery } from './task.ts'

export function membersFrom({ members }: PreparedBatch, items: JudgedBatch['items']): BatchReport['members'] {
  return members.map(({ seq, customerId }, place) => ({
    seq,
    customerId,
    item: items?.[place] ?? null,
    properties: null,
  }))
}

/** What the coordinator has to know of a batch that was called, but for its properties. */
export function batchReportFrom(
  { requestId }: PreparedDelivery,
  batch: PreparedBatch,
  judged: JudgedBatch | null,
): BatchReport {
  return {
    requestId,
    members: membersFrom(batch, judged?.items ?? null),
    leftOut: batch.leftOut,
    isToBeSplit: judged?.isToBeSplit ?? false,
    warnings: judged?.warnings ?? [],
  }
}

/** The properties of each customer in a batch are made from that customer, the answer, and the customer's item in it. */
export function memberJobs(answered: PropertyJob, judged: JudgedBatch | null): readonly PropertyJob[] {
  return answered.ready.batch!.members.map(({ seq, context }, place) => ({
    ...answered,
    member: { seq, context: context ?? answered.ready.context, item: judged?.found?.[place] },
  }))
}

export function withProperties(batch: BatchReport, rendered: readonly RenderedProperties[]): BatchReport {
  if (rendered.length === 0) return batch
  const failed = rendered.flatMap(({ warning }) =>
    warning === null ? [] : [{ code: 'event_properties', message: warning }],
  )
  return {
    ...batch,
    members: batch.members.map((member, place) => ({ ...member, properties: rendered[place]!.properties })),
    warnings: [...batch.warnings, ...failed],
  }
}
