import { resolve } from 'node:path'
import { campaignFilesAt, type AudienceOverride } from '../campaign/campaign-folder.ts'
import { checkBeforeRun } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { runPaths } from '../ledger/run-folder.ts'
import { startRun, type RunLimit } from '../runner/runner.ts'
import { audienceStreamFrom } from './audience-stream.ts'
import { conductRun, orInterrupted, type Conducted } from './conduct-run.ts'
import type { RunCampaignOptions } from './options.ts'
import type { Witness } from './run.ts'
import { surroundingsFrom } from './surroundings.ts'

interface Order {
  readonly options: RunCampaignOptions
  readonly until: RunLimit | null
}

/** Takes a campaign from its file to its report. */
export async function conductCampaign(path: string, { options, until }: Order, witness: Witness): Promise<Conducted> {
  const { audience, signal } = options
  const surroundings = surroundingsFrom(options)
  const files = campaignFilesAt(path)
  const settings = surroundings.settings(files.folder)
  const own = audienceFrom(options)
  const { campaign, snapshot } = await orInterrupted(signal, () =>
    checkBeforeRun(files, {
      env: surroundings.env,
      settings,
      params: options.params ?? {},
      ...(own === null ? {} : { audience: own }),
      isStreamed: options.stream === true,
      skipBadRows: options.skipBadRows === true,
      ...(signal === undefined ? {} : { signal }),
    }),
  )
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
