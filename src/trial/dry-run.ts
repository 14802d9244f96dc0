import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Readable } from 'node:stream'
import { spoolAudience, SpoolReader, type SpoolSummary } from '../audience/audience.ts'
import type { Campaign, Warning } from '../campaign/campaign.ts'
import type { Exchange, PlainDifference, Trial, Verdict } from '../campaign/delivery.ts'
import type { LintFinding } from '../template/template.ts'
import {
  createFactCounter,
  lintCampaign,
  missingAttributes,
  readCampaign,
  type MissingAttribute,
} from '../check/campaign-reading.ts'
import { staticIpsBudget, staticIpsWarning, type StaticIpsBudget } from '../check/static-budget.ts'
import { BodySizes, type SizePercentiles } from './body-sizes.ts'
import { DifferenceList } from './difference-list.ts'
import { FailureList, type FailedRow, type FailureGroup } from './failure-list.ts'
import { lendRows, type RowReport } from './lend-rows.ts'
import { predictDuration, type Prediction } from './predict-duration.ts'
import { foreseeStops, type ForeseenStop } from './foresee-stops.ts'
import { rowBlocks } from './row-blocks.ts'
import { RowNotes } from './row-notes.ts'
import { shownRequest, type ShownRequest } from './shown-request.ts'
import { customerOf, trialSetup, type TrialHost } from './try-delivery.ts'

export interface DryRunRequest {
  readonly campaign: Campaign
  /** Rows that cannot be read count as failed; else they are refused. */
  readonly skipsBadRows: boolean
  /** Customers to look at, from the first; null for all. */
  readonly limit: number | null
  readonly stdin?: Readable
  onProgress(done: number, of: number): void
}

/** What a run would do, as `run --dry-run --json` prints it. */
export interface DryRun {
  readonly schema: 1
  readonly campaign: string
  readonly dry_run: true
  /** False when it ended early: see `warnings`. */
  readonly is_complete: boolean
  /** `would_send` + `would_fail` + `suppressed`. */
  readonly customers: number
  readonly would_send: number
  readonly would_fail: number
  readonly suppressed: number
  readonly deliveries: number
  /** By reason. */
  readonly failures: Readonly<Record<string, number>>
  readonly failure_groups: readonly FailureGroup[]
  /** By reason. */
  readonly suppressions: Readonly<Record<string, number>>
  /** Rows that name a customer whom an earlier row names. */
  readonly duplicates: number
  readonly missing_attributes: readonly MissingAttribute[]
  /** What compiles and is seldom meant. */
  readonly lint: readonly LintFinding[]
  /** Where the body of one of the first requests prints otherwise than plain Jinja2 does: as it is meant in JSON. */
  readonly differences_from_jinja: readonly PlainDifference[]
  readonly body_bytes: SizePercentiles
  /** Null without static IPs. */
  readonly static_ips: StaticIpsBudget | null
  readonly predicted: Prediction
  /** Where a run would stop by itself; the counts above are of a run that does not. */
  readonly stops: readonly ForeseenStop[]
  readonly warnings: readonly Warning[]
  readonly example: { readonly customer_id: string; readonly row: number; readonly request: ShownRequest } | null
}

/** A row that takes a second, or a process, is dear: after so many of them the rest is not looked at. */
const DEAR_ROWS = 50

/**
 * Renders a campaign for its whole audience as a run would, in sender processes with the same limits, and sends nothing.
 *
 * The audience lies in a folder of its own meanwhile (`TMPDIR`), which is gone afterwards: no run is kept.
 *
 * @throws {ConfigError} HOOKCAST_AUDIENCE_INVALID, when the audience cannot be read.
 */
export async function dryRun(request: DryRunRequest, host: TrialHost & { readonly senders: number }): Promise<DryRun> {
  const folder = mkdtempSync(join(tmpdir(), 'hookcast-trial-'))
  try {
    return await new Rehearsal(request, { host, folder }).run()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class Rehearsal {
  readonly #request: DryRunRequest
  readonly #host: TrialHost & { readonly senders: number }
  readonly #folder: string
  readonly #notes = new RowNotes()
  readonly #failures = new FailureList()
  readonly #suppressions: Record<string, number> = {}
  readonly #sizes = new BodySizes()
  readonly #differences = new DifferenceList()
  #sent = 0
  #deliveries = 0
  #done = 0
  #dearRows = 0
  #example: { seq: number; request: Exchange['request'] } | null = null

  constructor(
    request: DryRunRequest,
    { host, folder }: { host: TrialHost & { readonly senders: number }; folder: string },
  ) {
    this.#request = request
    this.#host = host
    this.#folder = folder
  }

  async run(): Promise<DryRun> {
    const { campaign, limit } = this.#request
    const readings = readCampaign(campaign)
    const facts = createFactCounter(readings)
    const summary = await this.#spool((row, line) => {
      if (limit !== null && this.#notes.rows >= limit) return
      this.#notes.addLine(line)
      if (row !== null) facts.see(row)
    })
    using spool = SpoolReader.open(this.#folder)
    const rows = Math.min(spool.rows, limit ?? spool.rows)
    const setup = trialSetup(campaign, { purpose: 'rehearsal', host: this.#host })
    const { clock, program, signal, senders } = this.#host
    if (rows > 0) {
      await lendRows(
        rowBlocks(spool, {
          rows,
          chunkSize: campaign.chunkSize,
          batchSize: campaign.webhook.batch?.size ?? null,
        }),
        {
          setup,
          senders: Math.min(senders, Math.ceil(rows / ROWS_PER_SENDER)),
          program,
          clock,
          ...(signal === undefined ? {} : { signal }),
          onReport: (report) => {
            this.#take(report, spool)
            this.#request.onProgress(this.#done, rows)
            return this.#dearRows < DEAR_ROWS
          },
        },
      )
    }
    const example = this.#example
    return {
      ...this.#numbers(summary),
      missing_attributes: missingAttributes(readings, facts),
      lint: lintCampaign(readings, facts),
      example:
        example === null
          ? null
          : {
              customer_id: this.#customerAt(example.seq, spool),
              row: example.seq + 1,
              request: shownRequest(example.request, setup),
            },
    }
  }

  #numbers(summary: SpoolSummary): Omit<DryRun, 'missing_attributes' | 'lint' | 'example'> {
    const { campaign } = this.#request
    const isComplete = this.#dearRows < DEAR_ROWS
    const cut: Warning = {
      code: 'dry_run_cut',
      message: `The dry run ended early: ${DEAR_ROWS} customers each took a second, or a process, to fail`,
      count: 1,
    }
    const failed = sum(this.#failures.counts)
    const suppressed = sum(this.#suppressions)
    return {
      schema: 1,
      campaign: campaign.name,
      dry_run: true,
      is_complete: isComplete,
      customers: this.#sent + failed + suppressed,
      would_send: this.#sent,
      would_fail: failed,
      suppressed,
      deliveries: this.#deliveries,
      failures: this.#failures.counts,
      failure_groups: this.#failures.groups,
      suppressions: this.#suppressions,
      duplicates: summary.duplicates,
      differences_from_jinja: this.#differences.all,
      body_bytes: this.#sizes.percentiles,
      static_ips: staticIpsBudget(campaign, this.#deliveries),
      predicted: predictDuration(this.#deliveries, campaign.webhook),
      stops: foreseeStops(this.#notes, campaign),
      warnings: [
        ...campaign.warnings,
        ...summary.warnings,
        ...[staticIpsWarning(campaign, this.#deliveries), isComplete ? null : cut].filter(
          (warning) => warning !== null,
        ),
      ],
    }
  }

  async #spool(onRow: (row: Readonly<Record<string, unknown>> | null, line: number) => void): Promise<SpoolSummary> {
    const { campaign, skipsBadRows: skipBadRows, stdin } = this.#request
    const { signal } = this.#host
    const { audience: source, ...rules } = campaign
    return spoolAudience({
      source,
      rules,
      skipBadRows,
      folder: this.#folder,
      onRow,
      ...(stdin === undefined ? {} : { stdin }),
      ...(signal === undefined ? {} : { signal }),
    })
  }

  #take({ seq, verdict, trial, batch }: RowReport, spool: SpoolReader): void {
    for (const left of batch?.leftOut ?? []) this.#takeRow(left.seq, left.decision, spool)
    const members = batch?.members ?? [{ seq }]
    for (const member of members) this.#takeRow(member.seq, verdict, spool)
    if (verdict.kind === 'called' && members.length > 0) this.#takeDelivery(members[0]!.seq, trial)
  }

  #takeRow(seq: number, verdict: Verdict, spool: SpoolReader): void {
    this.#done++
    if (verdict.kind === 'called') {
      this.#sent++
      this.#notes.setEnd(seq, 'rendered')
      return
    }
    const { kind, reason, message } = verdict
    if (kind === 'suppressed') {
      this.#suppressions[reason] = (this.#suppressions[reason] ?? 0) + 1
      this.#notes.setEnd(seq, reason === 'template' ? 'rendered' : 'other')
      return
    }
    this.#notes.setEnd(seq, reason === 'row' ? 'other' : 'failed')
    if (reason === 'crash' || TOOK_LONG.test(message)) this.#dearRows++
    this.#failures.add(reason, message, () => this.#failedRow(seq, spool))
  }

  #takeDelivery(seq: number, trial: Trial | undefined): void {
    this.#deliveries++
    this.#sizes.add(trial?.bodyBytes ?? 0)
    this.#differences.add(seq, trial?.differences ?? [])
    // Each sender shows its first: the first of all is the lowest of them, as slices are lent in order.
    const request = trial?.exchange?.request
    if (request === undefined || (this.#example !== null && this.#example.seq < seq)) return
    this.#example = { seq, request }
  }

  #failedRow(seq: number, spool: SpoolReader): FailedRow {
    const { path } = this.#request.campaign.audience
    return {
      customer_id: this.#customerAt(seq, spool),
      row: seq + 1,
      file: path === '-' ? 'stdin' : relative('', path),
      line: this.#notes.lineOf(seq),
    }
  }

  #customerAt(seq: number, spool: SpoolReader): string {
    const { lines } = spool.pick([seq])
    return customerOf(this.#request.campaign, { seq, line: new TextDecoder().decode(lines.subarray(0, -1)) })
  }
}

/** Fewer rows than this are done before a second process has started. */
const ROWS_PER_SENDER = 2000
const TOOK_LONG = /took longer than \d+ ms$/

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
