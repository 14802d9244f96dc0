import type { Command } from 'commander'
import { usablePools } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { redisAccessFrom } from '../library/library.ts'
import { setupFromBrief } from '../runner/runner.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { watchInterrupts } from './interrupts.ts'

export function addWorker(program: Command, context: Context): void {
  program
    .command('worker')
    .summary('make the calls of runs and services elsewhere, over Redis')
    .description(
      'Starts sender processes for runs on other machines, and calls endpoints of event webhooks for services, until a signal ends it. It reads secrets, egress pools and allowed networks from its own environment and hookcast.yaml.',
    )
    .addHelpText(
      'after',
      `
Example:
  export HOOKCAST_SECRET_KEY=…   # the same as where runs are started
  hookcast worker --redis redis://redis.internal:6379`,
    )
    .action(async () => {
      context.exitCode = await workUntilSignal(context)
    })
}

const WORDS = {
  stop: 'Stopping: nothing new is taken, what is in flight comes to its end, the rest goes back (again to stop now)',
  cut: 'Stopping now: what is in flight is in doubt and is sent again by others',
}

async function workUntilSignal(context: Context): Promise<number> {
  const { terminal, wiring, env } = context
  const settings = context.settings(null)
  const access = redisAccessFrom(settings, env)
  if (access === null) {
    const message = 'expected `--redis` to be given, or `redis` in hookcast.yaml, got nothing'
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  const [{ openRedis, RemoteWorker }, { makeCallsFrom }] = await Promise.all([
    import('../queue/bullmq/bullmq.ts'),
    import('../events/events.ts'),
  ])
  using interrupts = watchInterrupts(wiring.clock, (how) => terminal.tell(WORDS[how]))
  await using link = await openRedis(access)
  for (const warning of link.warnings) terminal.tell(`Warning: ${warning}`)
  const { version, program } = wiring
  const senders = context.senders(settings)
  const network = { policy: 'event' as const, ...settings.eventNetwork }
  const worker = new RemoteWorker({
    link,
    program,
    version,
    senders,
    ready: senders,
    egressPools: usablePools(settings),
    keyIds: access.keys.map(({ id }) => id),
    setupFrom: (brief) => setupFromBrief(brief, { env, settings, version }),
    makerFrom: (brief) => makeCallsFrom(brief, { clock: wiring.clock, network }),
    onNote: (text) => terminal.tell(text),
  })
  terminal.tell(`working for ${new URL(access.url).host}`)
  await worker.run(interrupts)
  return EXIT_DONE
}
