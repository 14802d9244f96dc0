import { customerIdOf, parseSpoolLine } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Exchange, PlainDifference, Verdict } from '../campaign/delivery.ts'
import { createRunId, requestIdOf } from '../campaign/run-id.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import type { Clock } from '../clock.ts'
import type { SenderProgram } from '../queue/processes/processes.ts'
import { senderSetupFrom } from '../runner/runner.ts'
import type { SenderSetup } from '../sender/sender.ts'
import { lendRows, type RowBlock, type RowReport } from './lend-rows.ts'
import { batchOf } from './row-blocks.ts'
import type { SampleRow } from './sample-row.ts'
import { shownRequest, type ShownRequest } from './shown-request.ts'

/** What a trial takes from the program around it. */
export interface TrialHost {
  readonly env: Environment
  readonly settings: Settings
  readonly clock: Clock
  readonly program: SenderProgram
  readonly version: string
  readonly signal?: AbortSignal
}

interface TrialOptions {
  readonly purpose: 'rehearsal' | 'test'
  readonly host: TrialHost
  /** Of the run whose request is shown. Default: an id that no run has */
  readonly runId?: string
}

/** One delivery, as far as it went. */
export interface TriedDelivery {
  readonly seq: number
  readonly customerId: string
  readonly requestId: string
  readonly verdict: Verdict
  /** Null when none could be made. */
  readonly request: ShownRequest | null
  readonly answer: Exchange['answer']
  readonly httpStatus: number | null
  /** What the call counts as in a report; null without a call. */
  readonly code: string | null
  readonly latencyMs: number
  /** Rendered `event_properties`, JSON text; null without. */
  readonly properties: string | null
  readonly warning: string | null
  /** Of a rehearsal: where the body prints otherwise than plain Jinja2 does. */
  readonly differences: readonly PlainDifference[]
}

/**
 * Makes the request of one customer in a sender process, with the limits of a run.
 *
 * A rehearsal stops before the call; a test makes it, once, with `X-Hookcast-Test: 1`.
 */
export async function tryDelivery(
  campaign: Campaign,
  sample: SampleRow,
  { purpose, host, runId }: TrialOptions,
): Promise<TriedDelivery> {
  const { clock, program, signal } = host
  const { seq, line } = sample
  const setup = trialSetup(campaign, { purpose, host, ...(runId === undefined ? {} : { runId }) })
  const reports: RowReport[] = []
  const block = blockOf(campaign, sample, purpose)
  await lendRows([block], {
    setup,
    senders: 1,
    program,
    clock,
    isSingle: true,
    ...(signal === undefined ? {} : { signal }),
    onReport: (report) => reports.push(report) > 0,
  })
  const [told] = reports
  if (told === undefined) throw new TypeError('expected a trial to report its row, got none')
  const isInRequest = told.batch === undefined || told.batch.members.some((member) => member.seq === seq)
  const exchange = isInRequest ? (told.trial?.exchange ?? null) : null
  return {
    seq,
    customerId: customerOf(campaign, { seq, line }),
    requestId: requestIdOf(setup.definition.runId, block.firstSeq),
    verdict: verdictOf(told, seq),
    request: exchange === null ? null : shownRequest(exchange.request, setup),
    answer: purpose === 'test' ? (exchange?.answer ?? null) : null,
    ...callOf(told),
    differences: told.trial?.differences ?? [],
  }
}

/** A preview shows the whole batch of the customer; a test is that one customer's, also where a run would send a thousand together. */
function blockOf({ chunkSize }: Campaign, { seq, line, batch }: SampleRow, purpose: 'rehearsal' | 'test'): RowBlock {
  const isAlone = batch === null || purpose === 'test'
  const firstSeq = isAlone ? seq : batch.seq
  const lines = isAlone ? [line] : batch.lines
  return {
    chunk: chunkSize === null ? 0 : Math.floor(seq / chunkSize),
    firstSeq,
    count: lines.length,
    lines: Buffer.from(lines.map((text) => `${text}\n`).join('')),
    batches: batch === null ? null : [batchOf(firstSeq, lines.length)],
  }
}

/** Of a batch: what became of this customer, who may have been left out of it, or named by an item of the answer. */
function verdictOf({ verdict, batch }: RowReport, seq: number): Verdict {
  const left = batch?.leftOut.find((customer) => customer.seq === seq)
  if (left !== undefined) return left.decision
  const item = batch?.members.find((customer) => customer.seq === seq)?.item
  if (verdict.kind !== 'called' || verdict.outcome.kind !== 'sent' || item?.status !== 'failed') return verdict
  return { kind: 'called', outcome: { kind: 'refused', reason: 'refused', words: item.words } }
}

type CallFacts = Pick<TriedDelivery, 'httpStatus' | 'code' | 'latencyMs' | 'properties' | 'warning'>

function callOf({
  httpStatus = null,
  code = null,
  latencyMs = 0,
  properties = null,
  warning = null,
  batch,
}: RowReport): CallFacts {
  const own = batch === undefined ? properties : (batch.members[0]?.properties ?? null)
  return { httpStatus, code, latencyMs, properties: own, warning: warning ?? batch?.warnings[0]?.message ?? null }
}

/** A sender's setup for a trial. */
export function trialSetup(campaign: Campaign, { purpose, host, runId }: TrialOptions): SenderSetup {
  const { env, settings, version, clock } = host
  const setup = senderSetupFrom(campaign, {
    isEventRun: false,
    runId: runId ?? createRunId(clock.now()),
    env,
    networkAllow: settings.networkAllow,
    kept: new Map(),
    version,
  })
  if (purpose === 'test') return { ...setup, isTest: true }
  // Nobody answers: there is nothing to judge by the campaign's words, and nothing to make properties of.
  return { ...setup, isRehearsal: true, answers: {}, definition: { ...setup.definition, eventProperties: {} } }
}

/** Names the customer of a row as a sender would. */
export function customerOf({ customerId: column }: Campaign, { seq, line }: Pick<SampleRow, 'seq' | 'line'>): string {
  const { row, number } = parseSpoolLine(line)
  return customerIdOf(row, { column, rowNumber: number ?? seq + 1 })
}
