import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { flagError } from './flag-value.ts'
import { watchInterrupts } from './interrupts.ts'

interface ServeFlags {
  readonly port?: number
  readonly campaigns?: string
}

/** Where campaigns are when nobody says so. */
export const CAMPAIGNS = 'campaigns'
const MOST_PORT = 65_535

export function addServe(program: Command, context: Context): void {
  program
    .command('serve')
    .summary('be the service: the control API, and runs in the background')
    .description(
      'Runs until a signal ends it. What was going on then, or when the process was killed, goes on with the next start.',
    )
    .option('--port <n>', 'listen on this loopback port, for everything; 0 takes a free one (default: 8080)', parsePort)
    .option('--campaigns <dir>', `the folder with a folder for each campaign (default: ${CAMPAIGNS})`)
    .addHelpText(
      'after',
      `
Examples:
  export HOOKCAST_ADMIN_TOKEN=$(openssl rand -base64 32)
  hookcast serve --campaigns campaigns
  curl -H "Authorization: Bearer $HOOKCAST_ADMIN_TOKEN" -X POST http://127.0.0.1:8080/v1/campaigns/spring-points/runs`,
    )
    .action(async (flags: ServeFlags) => {
      context.exitCode = await serveUntilSignal(flags, context)
    })
}

async function serveUntilSignal({ port, campaigns }: ServeFlags, context: Context): Promise<number> {
  const { terminal, wiring } = context
  const folder = resolve(campaigns ?? CAMPAIGNS)
  const isFolder = existsSync(folder) && statSync(folder).isDirectory()
  if (campaigns !== undefined && !isFolder) throw flagError('--campaigns', 'a folder', campaigns)
  if (!isFolder) terminal.tell(`No campaigns: there is no folder ${CAMPAIGNS} here, and --campaigns names none`)
  // The web server and all that comes with it: no other command has a use for them.
  const { serve } = await import('../serve/serve.ts')
  using interrupts = watchInterrupts(wiring.clock, (how) => terminal.tell(WORDS[how]))
  await serve({
    surroundings: context,
    campaigns: folder,
    port: port ?? null,
    signal: interrupts.signal,
    cutSignal: interrupts.cutSignal,
    isTerminal: process.stderr.isTTY,
    tell: (text) => terminal.tell(text),
  })
  return EXIT_DONE
}

const WORDS = {
  stop: 'Stopping: nothing new is taken, what is in flight comes to its end, the rest goes on with the next start (again to stop now)',
  cut: 'Stopping now: what is in flight is in doubt and is sent again with the next start',
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= MOST_PORT) return port
  throw flagError('--port', `a port from 0 to ${MOST_PORT}`, text)
}
