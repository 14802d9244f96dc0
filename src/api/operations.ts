import { activationOperations } from './activations.ts'
import { auditOperations } from './audit.ts'
import { campaignOperations } from './campaigns.ts'
import { customerOperations } from './customers.ts'
import { eventOperations } from './events.ts'
import { runControlOperations } from './run-control.ts'
import { runResultOperations } from './run-results.ts'
import { runOperations } from './runs.ts'
import { tokenOperations } from './tokens.ts'
import { trialOperations } from './trials.ts'
import { versionOperations } from './versions.ts'

/** Everything that the control API does, in the order of its document. */
export const OPERATIONS = [
  ...campaignOperations,
  ...activationOperations,
  ...versionOperations,
  ...trialOperations,
  ...runOperations,
  ...runControlOperations,
  ...runResultOperations,
  ...eventOperations,
  ...customerOperations,
  ...tokenOperations,
  ...auditOperations,
] as const
