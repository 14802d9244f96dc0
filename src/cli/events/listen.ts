import { Option, type Command } from 'commander'
import { HookcastError } from '../../errors.ts'
import type { Profile } from '../../profile/profile.ts'
import { indentJson } from '../../report/report.ts'
import type { Context } from '../context.ts'
import { EXIT_DONE } from '../exit-code.ts'
import { flagError, secretOf, wholeNumberFlag } from '../flag-value.ts'
import { watchInterrupts } from '../interrupts.ts'
import { visible } from '../terminal.ts'
import { profileNamed } from './profile-named.ts'
import { startReceiving, type Received } from './receiving.ts'
import { urlPath, serviceFor } from './service.ts'

interface ListenFlags {
  readonly app?: string
  readonly types?: readonly string[]
  readonly port: number
  readonly status: number
  readonly secretEnv?: string
  readonly profile?: string
}

/** An endpoint may be there unless hookcast.yaml names other ports. */
const DEFAULT_PORT = 8443
const MOST_PORT = 65_535

export function addListen(events: Command, context: Context): void {
  events
    .command('listen')
    .summary('be a receiver on this machine that shows what comes, verified, until Ctrl-C')
    .description(
      'With --app it makes itself an endpoint of that app, and is none any more when it ends; hookcast.yaml has to allow that: `network: { events: { allow: [127.0.0.0/8], http: true } }`. Without, whatever calls its port is shown.',
    )
    .option('--app <app>', 'get what this app is told, by id or uid')
    .addOption(new Option('--types <names>', 'of these event types only').argParser((text) => text.split(',')))
    .option('--port <n>', 'the loopback port', wholeNumberFlag('--port', MOST_PORT), DEFAULT_PORT)
    .option('--status <n>', 'what to answer with, to see what failures lead to', parseStatus, 200)
    .addOption(
      new Option('--secret-env <name>', 'without --app: the environment variable that holds the secret').conflicts(
        'app',
      ),
    )
    .addOption(new Option('--profile <name>', 'without --app: how it is signed (default: svix)').conflicts('app'))
    .option('--json', 'print one JSON object a line for each request')
    .addHelpText(
      'after',
      `
Examples:
  hookcast events listen --app acme
  hookcast events listen --port 3005 --secret-env ACME_SECRET`,
    )
    .action(async (flags: ListenFlags) => {
      await listen(flags, context)
      context.exitCode = EXIT_DONE
    })
}

/** How what comes is verified; null when nothing is said of it. */
interface Proof {
  readonly profile: Profile
  readonly secret: string
}

async function listen(flags: ListenFlags, context: Context): Promise<void> {
  const { terminal, wiring, isJson } = context
  const { clock } = wiring
  const { verifyRequest } = await import('../../profile/profile.ts')
  // First, so that a Ctrl-C leaves no endpoint behind.
  using interrupts = watchInterrupts(clock, () => undefined)
  await using cleanUp = new AsyncDisposableStack()
  const { app, port, status } = flags
  const url = `http://127.0.0.1:${port}/`
  // What comes at once waits for what it is verified with.
  const { promise: proven, resolve: prove } = Promise.withResolvers<Proof | null>()
  const counts = { came: 0, good: 0 }
  const onReceived = async (received: Received): Promise<void> => {
    const proof = await proven
    const { headers, body } = received
    const now = clock.now()
    const problem =
      proof === null ? undefined : verifyRequest(proof.profile, { headers, body, secret: proof.secret, now })
    counts.came++
    if (problem === null) counts.good++
    const shown = { ...received, at: new Date(now).toISOString(), problem }
    await terminal.print(isJson ? lineOf(shown) : visible(wordsOf(shown)))
  }
  const ownProof = app === undefined ? await givenProof(flags, context) : null
  cleanUp.use(await startReceiving({ port, status, onReceived }))
  const proof = app === undefined ? ownProof : cleanUp.use(await register(app, { flags, url, context })).proof
  prove(proof)
  terminal.tell(`listening on ${url}${app === undefined ? '' : ` for ${app}`}, until Ctrl-C`)
  await fired(interrupts.signal)
  const good = proof === null ? '' : `, ${counts.good} good`
  terminal.tell(`${counts.came} ${counts.came === 1 ? 'request' : 'requests'}${good}`)
}

async function givenProof({ secretEnv, profile }: ListenFlags, context: Context): Promise<Proof | null> {
  if (secretEnv === undefined && profile === undefined) return null
  if (secretEnv === undefined) {
    throw new HookcastError('HOOKCAST_USAGE', 'expected `--secret-env` to be given with --profile, got none')
  }
  const secret = secretOf('--secret-env', secretEnv, context.env)
  return { profile: await profileNamed(profile ?? 'svix', context), secret }
}

/** An endpoint as long as this is used; one that a killed listener has left is taken over by the next at its port. */
async function register(
  app: string,
  { flags, url, context }: { readonly flags: ListenFlags; readonly url: string; readonly context: Context },
): Promise<AsyncDisposable & { readonly proof: Proof }> {
  const ask = await serviceFor(context)
  const path = urlPath`/app/${app}/endpoint/${`listen-${flags.port}`}`
  const body = { url, description: 'hookcast events listen', eventTypes: flags.types ?? null, disabled: false }
  const { profile: name } = await ask<{ readonly profile: string }>(path, { method: 'PUT', body })
  const { key: secret } = await ask<{ readonly key: string }>(`${path}/secret`)
  return {
    proof: { profile: await profileNamed(name, context), secret },
    [Symbol.asyncDispose]: async () => void (await ask(path, { method: 'DELETE' })),
  }
}

interface Shown extends Received {
  readonly at: string
  /** Null when the signature is good, undefined when nobody has looked. */
  readonly problem: string | null | undefined
}

function lineOf({ at, method, path, headers, body, problem }: Shown): string {
  const verified = problem === undefined ? null : problem === null
  const told = { at, method, path, verified, problem: problem ?? null, headers, body: body.toString('utf8') }
  return `${JSON.stringify(told)}\n`
}

function wordsOf({ at, method, path, headers, body, problem }: Shown): string {
  const id = headers['svix-id'] ?? headers['webhook-id']
  const verdict = problem === undefined ? 'not verified' : problem === null ? 'good' : `not good: ${problem}`
  const head = [at.slice(11, 19), method, path, ...(id === undefined ? [] : [id]), verdict].join('  ')
  return `${head}\n${indentJson(body.toString('utf8')).replaceAll(/^(?=.)/gm, '  ')}\n`
}

function parseStatus(text: string): number {
  const status = /^\d{3}$/.test(text) ? Number(text) : 0
  if (status >= 200 && status <= 599) return status
  throw flagError('--status', 'a status from 200 to 599', text)
}

async function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
