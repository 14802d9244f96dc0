import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { campaignFilesAt } from '../../../src/campaign/campaign-folder.ts'
import { checkAll } from '../../../src/check/check.ts'
import { ConfigError } from '../../../src/errors.ts'
import { findRun } from '../../../src/ledger/run-folder.ts'
import { settingsFor } from '../../../src/library/library.ts'
import { readReport } from '../../../src/report/report.ts'
import { campaignWith } from '../../support/campaign-folder.ts'
import type { Story, StorySetup } from '../../support/story.ts'
import type { Authorities, CheckedInput, End, Files, MetInput } from './given.ts'

export interface Met {
  readonly end: End
  readonly told: string
}

/** What stands for the receiver on the page. */
const RECEIVER = 'https://api.example.com'

/** Checks a campaign as `validate` and `run` do before anything is sent. */
export async function check(input: CheckedInput): Promise<Met> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bad-input-')))
  try {
    const { audience = 'customers.csv', env = {} } = input
    const text = input.campaign ?? campaignWith(input).replace('audience: customers.csv', `audience: ${audience}`)
    const files: Files = { 'campaign.yaml': text, 'customers.csv': 'id,name\nc-0,Ada\n', ...input.files }
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(path, content)
      else content(path)
    }
    // Where this machine has its addresses is not the same everywhere.
    const told = (text: string): string => text.replaceAll(`${folder}/`, '').replace(/: it has .*$/, ': it has …')
    try {
      const found = campaignFilesAt(join(folder, 'campaign.yaml'))
      const settings = settingsFor(folder, { env, data: undefined, config: undefined })
      const { campaign, audience } = await checkAll(found, { env, settings })
      const warnings = [...campaign.warnings, ...audience.warnings].map(({ message }) => message)
      return { end: warnings.length > 0 ? 'warned' : 'sent', told: told(warnings.join('\n')) }
    } catch (error) {
      if (error instanceof ConfigError) return { end: 'refused', told: told(error.message) }
      throw error
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Lets a run meet it with one customer; what it tells of that customer, or of the stop. */
export async function meet(
  input: MetInput,
  { tell, authorities }: { readonly tell: (setup: StorySetup) => Promise<Story>; readonly authorities: Authorities },
): Promise<Met> {
  const { row, reply, webhook, body, tls, callsHttps } = input
  const story = await tell({
    customers: Array.from({ length: input.customers ?? 1 }, (_, i) => ({ customer_id: `c-${i}`, ...row })),
    webhook: [webhook, 'retry: { delays: [] }', tls && 'tls: { ca: ca.pem }'].filter(Boolean).join('\n'),
    senders: 1,
    ...(body === undefined ? {} : { body }),
    ...(reply === undefined ? {} : { answer: () => reply }),
    ...(tls === undefined ? {} : { receiver: { tls: tls(authorities) } }),
  })
  const { receiver, folder } = story
  if (tls !== undefined) writeFileSync(join(folder.path, 'ca.pem'), authorities.known.ca)
  if (callsHttps === true) {
    const file = join(folder.path, 'campaign.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('http://', 'https://'))
  }
  await story.start()
  const told = (text: string): string =>
    text
      .replaceAll(receiver.url.replace(/^http:/, callsHttps === true ? 'https:' : 'http:'), RECEIVER)
      .replaceAll(story.runId, '<run>')
  const { aborts } = readReport(findRun(story.dataFolder, story.runId), { isLocked: false })
  if (aborts.length > 0) return { end: 'stopped', told: told(aborts[0]!.message) }
  const { status, reason, message, http_status } = story.results[0]!
  if (status === 'failed') return { end: 'failed', told: told(`${reason}: ${message ?? http_status}`) }
  const [received] = receiver.requests
  if (reply !== undefined) return { end: 'sent', told: message ?? '' }
  return { end: 'sent', told: (webhook === undefined ? received?.body : received?.path) ?? '' }
}
