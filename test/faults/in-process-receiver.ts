import type { CampaignRun } from '../support/campaign-run.ts'
import { runCommand } from '../support/command-line.ts'
import type { JournalEntry } from '../support/invariants.ts'
import { createReceiver, type Receiver, type ReceiverOptions } from '../support/receiver.ts'
import type { FaultContext } from './fault.ts'

/** A receiver in this process, scripted by a function, that a run can have in place of its own. */
export async function receive(
  { cleanUp }: FaultContext,
  options: ReceiverOptions,
): Promise<{ readonly receiver: Receiver; readonly elsewhere: { url: string; journal: () => JournalEntry[] } }> {
  const receiver = cleanUp.use(
    await createReceiver({ customerOf: ({ body }) => /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null, ...options }),
  )
  const journal = (): JournalEntry[] =>
    receiver.requests.map(({ at, key, attempt, customer, body }) => ({ at, key, attempt, customer, digest: body }))
  return { receiver, elsewhere: { url: receiver.url, journal } }
}

/** A customer's result, as `hookcast report --format ndjson` prints it. */
export interface Result {
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
  readonly http_status: number | null
  readonly error_code: string | null
  readonly message: string | null
  readonly latency_ms: number | null
  readonly properties: Readonly<Record<string, unknown>> | null
}

export async function resultsOf({ runId, data }: CampaignRun): Promise<readonly Result[]> {
  const { stdout } = await runCommand(['report', runId ?? '', '--data', data, '--format', 'ndjson'])
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result)
}
