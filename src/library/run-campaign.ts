import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { campaignFilesAt, type AudienceOverride } from '../campaign/campaign-folder.ts'
import { checkCampaign } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { runPaths } from '../ledger/run-folder.ts'
import { startRun, type RunLimit } from '../runner/runner.ts'
import { audienceStreamFrom, type AudienceRows } from './audience-stream.ts'
import { conductRun, type Conducted } from './conduct-run.ts'
import { Run, type Witness } from './run.ts'
import { surroundingsFrom, type Surroundings, type SurroundingsOptions } from './surroundings.ts'

/** How a campaign is run: what the flags of `hookcast run` say. */
export interface RunCampaignOptions extends SurroundingsOptions {
  /** Customers in place of the campaign's own: a file, relative to the current folder, or rows (see `stream`). */
  readonly audience?: string | AudienceRows | undefined
  /** Format of the audience. Default: by the file's name; NDJSON for rows. */
  readonly format?: 'csv' | 'tsv' | 'ndjson' | undefined
  /** Interrupts the run after this many customers, or pauses it (`after` a number, or a share such as `1%`); `resumeRun` does the rest. */
  readonly limit?: number | { readonly pauseAfter: number | `${number}%` } | undefined
  /** Replaces params of the campaign for this run. */
  readonly params?: Readonly<Record<string, unknown>> | undefined
  /** Calls while the audience is still being read; a row that cannot be read is `failed` then. Default: true for rows, else false. */
  readonly stream?: boolean | undefined
  /** Records rows that cannot be read as failed and goes on, in place of refusing the audience. Default: false. */
  readonly skipBadRows?: boolean | undefined
  /** Agrees beforehand, as `--yes` does, to more than 100,000 requests over static IPs. Default: false, such a run is refused. */
  readonly yes?: boolean | undefined
  /** Stops the run as Ctrl-C does: nothing more is started, what is in flight comes to its end, and the report says `interrupted`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a campaign: checks it and its audience, then calls the webhook once for each customer.
 *
 * The same run as `hookcast run`, in the same data folder: `hookcast runs`, `report`, `pause` and `resume` know it, also
 * from another process. Await it for its report; a run with customers that failed resolves all the same, look at
 * `report.failed`. Senders are child processes with the `node` that runs the program; nothing is printed, no signal is
 * listened to.
 *
 * Rejects with a ConfigError, when file, templates, secrets or audience have problems: all are listed in `problems`, and nothing was
 * sent. With another HookcastError, when the run could not go on: it is kept, and `resumeRun(run.runId)` goes on.
 *
 * @throws {TypeError | RangeError} when an option is not what it has to be.
 * @example const report = await runCampaign('campaign.yaml', { limit: { pauseAfter: '1%' } })
 */
export function runCampaign(file: string | URL, options: RunCampaignOptions = {}): Run {
  const until = limitFrom(options.limit)
  const surroundings = surroundingsFrom(options)
  const path = typeof file === 'string' ? file : fileURLToPath(file)
  return new Run(surroundings.wiring.clock, (witness) =>
    conductCampaign(path, { options, until, surroundings }, witness),
  )
}

interface Order {
  readonly options: RunCampaignOptions
  readonly until: RunLimit | null
  readonly surroundings: Surroundings
}

async function conductCampaign(
  path: string,
  { options, until, surroundings }: Order,
  witness: Witness,
): Promise<Conducted> {
  const { audience, signal } = options
  const files = campaignFilesAt(path)
  const settings = surroundings.settings(files.folder)
  const own = audienceFrom(options)
  const { campaign, snapshot } = checkCampaign(files, {
    env: surroundings.env,
    settings,
    params: options.params ?? {},
    ...(own === null ? {} : { audience: own }),
  })
  const rows = audience === undefined || typeof audience === 'string' ? null : audienceStreamFrom(audience)
  if (rows === null && campaign.audience.path === '-') {
    const message =
      'expected `audience` to be given, as the campaign reads standard input, which belongs to the program, got nothing'
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  const isStreamed = options.stream ?? rows !== null
  if (isStreamed && typeof until?.rows === 'object') {
    const message =
      'expected `pauseAfter` to be a number of customers, got a share: of a stream nobody knows how many there will be'
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  const conducted = await conductRun(
    surroundings,
    { settings, until, signal, onProgress: (progress) => witness.progress(progress) },
    (runOptions) =>
      startRun(
        {
          campaign,
          snapshot,
          isStreamed,
          // A stream has no pass before it that could refuse them.
          skipsBadRows: isStreamed || options.skipBadRows === true,
          ...(rows === null ? {} : { stdin: rows.stream }),
          overuse: { isAllowed: options.yes === true },
          onRunId: (runId) => {
            const paths = runPaths(settings.data, runId)
            witness.begun({ runId, paths, customerIdColumn: campaign.customerId })
          },
        },
        runOptions,
      ),
  )
  // A stream that breaks pauses its run; why it broke, the program knows itself.
  const failure = rows?.failure() ?? null
  if (failure !== null) throw failure.error
  return conducted
}

function audienceFrom({ audience, format }: RunCampaignOptions): AudienceOverride | null {
  if (audience === undefined) return format === undefined ? null : { path: null, format }
  return { path: typeof audience === 'string' ? resolve(audience) : '-', format }
}

/** @throws {RangeError} when it is no number of customers, or share of them. */
function limitFrom(limit: RunCampaignOptions['limit']): RunLimit | null {
  if (limit === undefined) return null
  if (typeof limit === 'number') return { state: 'interrupted', rows: countFrom('limit', limit) }
  const { pauseAfter } = limit
  if (typeof pauseAfter === 'number') return { state: 'paused', rows: countFrom('pauseAfter', pauseAfter) }
  const share = pauseAfter.endsWith('%') ? Number(pauseAfter.slice(0, -1)) / 100 : Number.NaN
  if (share > 0 && share <= 1) return { state: 'paused', rows: { share } }
  throw new RangeError(`expected \`pauseAfter\` to be a number of customers or a share such as 1%, got ${pauseAfter}`)
}

function countFrom(name: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new RangeError(`expected \`${name}\` to be a whole number from 1 on, got ${count}`)
}
