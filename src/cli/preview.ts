import { Option, type Command } from 'commander'
import { campaignFilesAt } from '../campaign/campaign-folder.ts'
import { createRunId } from '../campaign/run-id.ts'
import { checkCampaign, type Checked } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { senderSetupFrom } from '../runner/sender-setup-from.ts'
import { Preparer, type Prepared, type PreparedDelivery } from '../sender/prepare.ts'
import type { SenderSetup } from '../sender/sender-setup.ts'
import type { Context } from './context.ts'
import { wholeNumberFlag } from './flag-value.ts'
import { indentJson } from './indent-json.ts'
import { untilInterrupted } from './interrupts.ts'
import { visible } from './terminal.ts'
import { findSampleRow, type SampleRow, type Wanted } from './sample-row.ts'

interface PreviewFlags {
  readonly row?: number
  readonly customer?: string
}

export function addPreview(program: Command, context: Context): void {
  program
    .command('preview')
    .summary('the request for one customer, and nothing is sent')
    .argument('<campaign.yaml>', 'the campaign file')
    .option(
      '--row <n>',
      'the customer in that row of the audience, counted from 1 (default: 1)',
      wholeNumberFlag('--row'),
    )
    .addOption(new Option('--customer <id>', 'the customer of that id').conflicts('row'))
    .addHelpText('after', '\nExample:\n  hookcast preview campaign.yaml --customer c-17\n')
    .action(async (file: string, flags: PreviewFlags) => {
      await preview(file, flags, context)
    })
}

async function preview(file: string, flags: PreviewFlags, context: Context): Promise<void> {
  const { env, terminal } = context
  const files = campaignFilesAt(file)
  const settings = context.settings(files.folder)
  const checked = checkCampaign(files, { env, settings })
  const { customer, row = 1 } = flags
  const wanted: Wanted = customer === undefined ? { row } : { customerId: customer }
  const sample = await untilInterrupted(context.wiring.clock, (signal) =>
    findSampleRow(checked.campaign, wanted, { stdin: process.stdin, signal }),
  )
  if (sample === null) {
    const what = customer === undefined ? `row ${row}` : `customer ${customer}`
    throw new HookcastError('HOOKCAST_USAGE', `Could not find it in ${checked.campaign.audience.path}: ${what}`)
  }
  const setup = senderSetupFrom(checked.campaign, {
    runId: createRunId(context.wiring.clock.now()),
    env,
    networkAllow: settings.networkAllow,
    kept: new Map(),
    version: context.wiring.version,
  })
  const text = described(prepare(setup, sample, context), { checked, setup })
  await terminal.print(process.stdout.isTTY ? visible(text) : text)
}

/** On the road that a sender takes, up to the call. */
function prepare(setup: SenderSetup, { seq, line }: SampleRow, { wiring: { clock } }: Context): Prepared {
  const task = {
    sliceId: 0,
    chunk: 0,
    chunkStartedAt: clock.now(),
    seq,
    attempt: 1,
    isInDoubt: false,
    digest: null,
    line,
  }
  return new Preparer(setup).prepare([task])[0]!
}

function described(
  prepared: Prepared,
  { checked, setup }: { readonly checked: Checked; readonly setup: SenderSetup },
): string {
  const { customerId, task } = prepared
  const who = `row ${task.seq + 1}, customer ${customerId}`
  if (prepared.kind === 'request') return requestText(prepared, { checked, setup })
  const { verdict } = prepared
  if (verdict.kind === 'suppressed') {
    return `Nothing would be sent for ${who}: suppressed, ${verdict.reason}${verdict.message === null ? '' : ` (${verdict.message})`}\n`
  }
  if (verdict.kind === 'called') throw new TypeError('expected a preview to call nobody, got a call')
  const code = verdict.reason === 'row' ? 'HOOKCAST_AUDIENCE_INVALID' : 'HOOKCAST_TEMPLATE_RENDER'
  throw new HookcastError(code, `Could not make the request for ${who}: ${verdict.message}`)
}

const MASK = '***'

function requestText(
  { request }: PreparedDelivery,
  { checked, setup }: { readonly checked: Checked; readonly setup: SenderSetup },
): string {
  const secret = new Set(setup.secretHeaders.map(({ name }) => name.toLowerCase()))
  const lines = [`${request.method} ${setup.origin}${request.path}`]
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i]!
    const value = request.headers[i + 1]!
    if (secret.has(name.toLowerCase())) lines.push(`${name}: ${MASK}`)
    else if (name === 'Authorization') lines.push(`${name}: ${value.split(' ', 1)[0]} ${MASK}`)
    else lines.push(`${name}: ${value}`)
  }
  if (request.body === null) return `${lines.join('\n')}\n`
  const body = checked.campaign.webhook.payload === 'json' ? indentJson(request.body) : request.body
  return `${lines.join('\n')}\n\n${body}${body.endsWith('\n') ? '' : '\n'}`
}
