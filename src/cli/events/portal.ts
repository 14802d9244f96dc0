import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { durationFlag } from '../flag-value.ts'
import { urlPath, printDone, serviceFor } from './service.ts'

interface PortalFlags {
  readonly expiry?: number
  readonly readOnly?: true
}

export function addPortal(events: Command, context: Context): void {
  events
    .command('portal')
    .summary('make a link to the pages where an app looks after its endpoints')
    .description('Whoever has the link may do what it allows: hand it on as you would a password.')
    .argument('<app>', 'its id or uid')
    .option('--expiry <time>', 'how long the link is good, 1h to 7d (default: 7d)', durationFlag('--expiry'))
    .option('--read-only', 'to look, and change nothing')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast events portal acme --expiry 24h')
    .action(async (app: string, { expiry, readOnly }: PortalFlags) => {
      const ask = await serviceFor(context)
      const body = { readOnly, expiry: expiry === undefined ? undefined : Math.round(expiry / 1000) }
      const path = urlPath`/auth/app-portal-access/${app}`
      const { url } = await ask<{ readonly url: string }>(path, { method: 'POST', body })
      await printDone(context, url, { url })
    })
}
