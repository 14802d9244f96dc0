import type { RunReport } from './read-report.ts'
import { number } from './text-layout.ts'

export interface NextStep {
  readonly purpose: string
  readonly command: string
}

/** What can be done with a run as it stands, with the command for it; `eventCampaign` is that of a run of events. */
export function nextSteps(report: RunReport, eventCampaign: string | null = null): NextStep[] {
  const { run_id: runId, state, failed, aborted, waiting, pending } = report
  const left = aborted + waiting + pending
  // The sentence of a stop says what to mend, and which of these helps then.
  const isTold = state === 'aborted' && report.aborts.length > 0
  const steps: NextStep[] = []
  const add = (purpose: string, command: string): void => void steps.push({ purpose, command: `hookcast ${command}` })
  if (state === 'running') add('pause it', `pause ${runId}`)
  if (state === 'paused' || state === 'interrupted' || (state === 'aborted' && !isTold)) {
    add(`go on with the ${number(left)} that are left`, goOnWith(report, eventCampaign))
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

/** A run of events goes on with its service, which keeps what is on hold until it is released. */
function goOnWith({ run_id: runId, state }: RunReport, eventCampaign: string | null): string {
  if (eventCampaign === null) return `resume ${runId}`
  return state === 'interrupted' ? 'serve' : `release ${eventCampaign}`
}
