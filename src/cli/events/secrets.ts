import type { Command } from 'commander'
import { formatDuration } from '../../campaign/unit.ts'
import type { Context } from '../context.ts'
import { durationFlag, secretOf } from '../flag-value.ts'
import { urlPath, printDone, serviceFor } from './service.ts'

interface RotateFlags {
  readonly grace?: number
  readonly secretEnv?: string
}

export function addSecret(events: Command, context: Context): void {
  events
    .command('secret')
    .summary('show what an endpoint’s subscriber verifies with')
    .description('Prints it on standard output, where nobody should look over your shoulder.')
    .argument('<app>', 'its id or uid')
    .argument('<endpoint>', 'its id or uid')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  export ACME_SECRET=$(hookcast events secret acme main)')
    .action(async (app: string, endpoint: string) => {
      const ask = await serviceFor(context)
      const { key } = await ask<{ readonly key: string }>(urlPath`/app/${app}/endpoint/${endpoint}/secret`)
      await printDone(context, key.trimEnd(), { secret: key })
    })
}

export function addRotate(events: Command, context: Context): void {
  events
    .command('rotate')
    .summary('give an endpoint another secret; the one before signs beside it for a while')
    .argument('<app>', 'its id or uid')
    .argument('<endpoint>', 'its id or uid')
    .option(
      '--grace <time>',
      'how long the one before goes on signing, 0s to 7d (default: what the profile says, mostly 24h)',
      durationFlag('--grace'),
    )
    .option('--secret-env <name>', 'the environment variable that holds the new one (default: it is made)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  hookcast events rotate acme main\n  hookcast events rotate acme main --grace 0s',
    )
    .action(async (app: string, endpoint: string, { grace, secretEnv }: RotateFlags) => {
      const key = secretEnv === undefined ? null : secretOf('--secret-env', secretEnv, context.env)
      const gracePeriodSeconds = grace === undefined ? null : Math.round(grace / 1000)
      const ask = await serviceFor(context)
      const path = urlPath`/app/${app}/endpoint/${endpoint}/secret/rotate`
      await ask(path, { method: 'POST', body: { key, gracePeriodSeconds } })
      const until = grace === undefined ? '' : `, the one before for ${formatDuration(grace)} more`
      const show = `hookcast events secret ${app} ${endpoint}`
      const sentence = `${endpoint} signs with a new secret${until}: \`${show}\` shows it`
      await printDone(context, context.terminal.asTyped(sentence), { endpoint })
    })
}
