import type { RunReport } from './read-report.ts'
import { number } from './text-layout.ts'

export interface NextStep {
  readonly purpose: string
  readonly command: string
}

/** What can be done with a run as it stands, with the command for it. */
export function nextSteps(report: RunReport): NextStep[] {
  const { run_id: runId, state, failed, aborted, waiting, pending } = report
  const left = aborted + waiting + pending
  // The sentence of a stop says what to mend, and which of these helps then.
  const isTold = state === 'aborted' && report.aborts.length > 0
  const steps: NextStep[] = []
  const add = (purpose: string, command: string): void => void steps.push({ purpose, command: `hookcast ${command}` })
  if (state === 'running') add('pause it', `pause ${runId}`)
  if (state === 'paused' || state === 'interrupted' || (state === 'aborted' && !isTold)) {
    add(`go on with the ${number(left)} that are left`, `resume ${runId}`)
  }
  if (state === 'cancelled' && left > 0) {
    add(`call the ${number(left)} that are left`, `replay ${runId} --status aborted`)
  }
  if (failed > 0 && state !== 'running' && !isTold) {
    add(`call again the ${number(failed)} that failed`, `replay ${runId} --status failed`)
  }
  if (failed + aborted > 0) add('see each of them', `report ${runId} --format ndjson --status failed,aborted`)
  return steps
}
