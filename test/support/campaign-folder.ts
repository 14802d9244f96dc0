import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Campaign } from '../../src/campaign/campaign.ts'
import { type LoadOptions, loadCampaign } from '../../src/campaign/campaign-file.ts'
import { type CampaignFiles, type CampaignSnapshot, campaignFilesAt } from '../../src/campaign/campaign-folder.ts'
import type { Settings } from '../../src/campaign/settings.ts'
import { loadSettings } from '../../src/config.ts'
import { ConfigError, formatProblem } from '../../src/errors.ts'

/** What is there without a hookcast.yaml. */
export const plainSettings: Settings = loadSettings(null, {})

/** A folder of its own with a campaign in it. */
export interface CampaignFolder extends Disposable {
  readonly path: string
  files(): CampaignFiles
  load(options?: Partial<LoadOptions>): { campaign: Campaign; snapshot: CampaignSnapshot }
  /** The problems as a person reads them; none when the campaign is right. */
  problems(options?: Partial<LoadOptions>): readonly string[]
}

export function createCampaignFolder(contents: Readonly<Record<string, string | Uint8Array>>): CampaignFolder {
  const path = mkdtempSync(join(tmpdir(), 'campaign-'))
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  const files = (): CampaignFiles => campaignFilesAt(join(path, 'campaign.yaml'))
  const load: CampaignFolder['load'] = (options) =>
    loadCampaign(files(), { env: {}, settings: plainSettings, ...options })
  return {
    path,
    files,
    load,
    problems: (options) => problemsOf(() => load(options)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}

/** The problems that an action throws, as a person reads them. */
export function problemsOf(action: () => unknown): readonly string[] {
  try {
    action()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem)
    throw error
  }
}

/** A campaign that is right, with more lines under `webhook:` (the first is line 5) and at the end. */
export function campaignWith({ webhook = '', top = '' }: { webhook?: string; top?: string }): string {
  const indented = webhook === '' ? [] : webhook.split('\n').map((line) => `  ${line}`)
  const url = /^url:/m.test(webhook) ? '  # the URL is below' : '  url: https://api.example.com/v1/send'
  return ['name: spring', 'audience: customers.csv', 'webhook:', url, ...indented, top].join('\n')
}
