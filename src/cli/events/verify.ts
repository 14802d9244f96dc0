import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from '../exit-code.ts'
import { collect, headerOf, inputOf, instantFlag, secretOf } from '../flag-value.ts'
import { profileNamed } from './profile-named.ts'
import { printDone } from './service.ts'

interface VerifyFlags {
  readonly secretEnv: string
  readonly header?: readonly string[]
  readonly payload: string
  readonly profile: string
  readonly type?: string
  readonly at?: (now: number) => number
}

const DEFAULT_PROFILE = 'svix'

export function addVerify(events: Command, context: Context): void {
  events
    .command('verify')
    .summary('check the signature of a webhook by hand, and say what is wrong with it')
    .description(
      'Needs no service. Knows the profiles that are built in, and those of `events.profiles` in hookcast.yaml.',
    )
    .requiredOption('--secret-env <name>', 'the environment variable that holds what the subscriber verifies with')
    .option('--header <line>', "a header as it came, as 'Name: value' (repeatable)", collect)
    .option('--payload <file>', 'the body as it came, byte by byte; - is standard input', '-')
    .option('--profile <name>', 'how it is signed', DEFAULT_PROFILE)
    .option('--type <name>', 'the event type, for profiles that sign it')
    .option('--at <time>', 'when it came: signatures are good for 5 minutes (default: now)', instantFlag('--at'))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  hookcast events verify --secret-env ACME_SECRET --payload body.json --header 'svix-id: msg_1' --header 'svix-timestamp: 1790000000' --header 'svix-signature: v1,…'
  hookcast events verify --profile bridge --secret-env BRIDGE_SECRET --payload body.json --header 'BridgeApi-Signature: v1=…'`,
    )
    .action(async (flags: VerifyFlags) => {
      context.exitCode = await verify(flags, context)
    })
}

async function verify(flags: VerifyFlags, context: Context): Promise<number> {
  const { secretEnv, header = [], payload, type, at } = flags
  const { verifyRequest } = await import('../../profile/profile.ts')
  const profile = await profileNamed(flags.profile, context)
  const now = context.wiring.clock.now()
  const problem = verifyRequest(profile, {
    headers: Object.fromEntries(header.map(headerOf).map(([name, value]) => [name.toLowerCase(), value])),
    body: await inputOf('--payload', payload),
    secret: secretOf('--secret-env', secretEnv, context.env),
    now: at?.(now) ?? now,
    ...(type === undefined ? {} : { eventType: type }),
  })
  await printDone(context, problem ?? 'good', { valid: problem === null, problem })
  return problem === null ? EXIT_DONE : EXIT_INCOMPLETE
}
