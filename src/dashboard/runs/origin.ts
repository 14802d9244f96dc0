import type { KnownRun } from '../../library/library.ts'
import type { ApiServices } from '../../api/api.ts'
import { words } from '../words.ts'

const LOOKED_AT = 20

/** Who or what has started a run, in a word. */
export function startedBy({ runId, snapshot }: KnownRun, { audit, starters }: ApiServices): string {
  const start = audit
    .of(runId, LOOKED_AT)
    .findLast(({ action }) => action === 'run.started' || action === 'run.replayed')
  if (start !== undefined) return start.actor.name
  if (snapshot.event !== undefined) return words.runs.byEvent
  return starters?.firings.hasStarted(runId) === true ? words.runs.bySchedule : words.runs.byCommand
}
