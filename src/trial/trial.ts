export { findSampleRow, type Wanted } from './sample-row.ts'
export { dryRun, type DryRun } from './dry-run.ts'
export type { ShownRequest } from './shown-request.ts'
export { tryDelivery, type TriedDelivery } from './try-delivery.ts'
