import type { Command } from 'commander'
import { describeEgressProxy } from '../campaign/egress-proxy.ts'
import type { EgressPool } from '../campaign/campaign.ts'
import type { Context } from './context.ts'

export function addEgress(program: Command, context: Context): void {
  program
    .command('egress')
    .summary('list the addresses that an integrator has to allow')
    .description(
      'Lists the egress pools of hookcast.yaml: the addresses that requests of campaigns with `static_ips` come from, for the integrator’s firewall. Behind a proxy they are the proxy’s own; its credentials are not shown.',
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast egress --json\n')
    .action(async () => {
      const { egress } = context.settings(null)
      const pools = Object.values(egress).map((pool) => poolFrom(pool, context))
      if (context.isJson) await context.terminal.print(`${JSON.stringify({ pools }, null, 2)}\n`)
      else if (pools.length === 0) context.terminal.tell(NONE)
      else await context.terminal.print(`${linesOf(pools).join('\n')}\n`)
    })
}

const NONE =
  'No egress pool: hookcast.yaml has no `egress`. Requests come from whatever address this machine, or the router before it, has.'

interface Pool {
  readonly name: string
  readonly addresses: readonly string[]
  readonly proxy: string | null
}

function poolFrom(pool: EgressPool, { env }: Context): Pool {
  const { name } = pool
  if (pool.kind === 'addresses') return { name, addresses: pool.addresses, proxy: null }
  return { name, addresses: [], proxy: describeEgressProxy(pool.proxy.text, env) }
}

function linesOf(pools: readonly Pool[]): string[] {
  const width = Math.max(...pools.map(({ name }) => name.length))
  return pools.flatMap(({ name, addresses, proxy }) => {
    const values = proxy === null ? addresses : [`the addresses that ${proxy} (proxy) calls from: ask whoever runs it`]
    return values.map((value, index) => `${(index === 0 ? name : '').padEnd(width)}  ${value}`)
  })
}
