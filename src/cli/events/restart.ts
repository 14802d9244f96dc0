import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { urlPath, printDone, serviceFor } from './service.ts'

interface Endpoint {
  readonly id: string
  readonly state: 'active' | 'disabled' | 'suspended' | 'restarting'
}

export function addRestart(events: Command, context: Context): void {
  events
    .command('restart')
    .summary('let an endpoint that was suspended or disabled be called again')
    .description(
      'A suspended one is tried with one message, and gets what was kept for it, in order, when that has arrived. For a disabled one nothing was kept: `recover` and `replay` send it.',
    )
    .argument('<app>', 'its id or uid')
    .argument('<endpoint>', 'its id or uid')
    .option('--json', 'print the endpoint as one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast events restart acme main')
    .action(async (app: string, endpoint: string) => {
      const ask = await serviceFor(context)
      const path = urlPath`/app/${app}/endpoint/${endpoint}`
      const before = await ask<Endpoint>(path)
      if (before.state === 'disabled') await ask(path, { method: 'PATCH', body: { disabled: false } })
      else await ask(`${path}/restart`, { method: 'POST', body: {} })
      const after = await ask<Endpoint>(path)
      await printDone(context, `${endpoint} was ${before.state} and is ${after.state}`, after)
    })
}
