import { Option, type Command } from 'commander'
import { hasMalformedPlaceholder, placeholderNames, substitute } from '../campaign/secret-text.ts'
import { isLiteralCredential } from '../campaign/header-rule.ts'
import {
  CHECK_IDS,
  checkContract,
  createEndpoint,
  parsePayload,
  planContract,
  referencePayload,
  type CheckId,
  type ContractPlan,
  type ContractReport,
  type Credentials,
  type HeaderLine,
} from '../contract/contract.ts'
import { HookcastError } from '../errors.ts'
import { isAgreed } from './ask.ts'
import type { Context } from './context.ts'
import { contractTable } from './contract-table.ts'
import { EXIT_DONE, EXIT_INCOMPLETE, EXIT_INTERRUPTED } from './exit-code.ts'
import { collect, fileOf, flagError, headerOf, namesFlag, secretOf, wholeNumberFlag } from './flag-value.ts'
import { watchInterrupts } from './interrupts.ts'

interface CheckFlags {
  readonly user?: string
  readonly passwordEnv?: string
  readonly bearerEnv?: string
  readonly header?: readonly string[]
  readonly payload?: string
  readonly batch?: true
  readonly ca?: string
  readonly only?: readonly CheckId[]
  readonly skip?: readonly CheckId[]
  readonly maxRequests: number
  readonly yes?: true
}

/** Every check together takes a little less. */
const MAX_REQUESTS = 600
/** More is a load test: there are better tools for that. */
const MOST_REQUESTS = 10_000

export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .summary('grade an API that a campaign is to call: is it as the contract wants it?')
    .description(
      'Calls the API as a campaign would, rightly and wrongly, one by one and 200 at once, and grades what comes back. Every request carries `X-Hookcast-Test: 1`; a valid one may do what your API does when it is called.',
    )
    .argument('<url>', 'the whole URL of the route that takes a POST')
    .option('--user <name>', 'user name for Basic authentication; the password comes from --password-env')
    .option('--password-env <name>', 'the environment variable that holds the password')
    .addOption(
      new Option('--bearer-env <name>', 'the environment variable that holds a bearer token').conflicts([
        'user',
        'passwordEnv',
      ]),
    )
    .option(
      '--header <line>',
      "one more header, as 'Name: value' (repeatable); ${NAME} in it is read from the environment",
      collect,
    )
    .option('--payload <file>', 'the JSON body to send; {{ request.id }} in it is the key of each request')
    .option('--batch', 'the route takes batches')
    .option('--ca <file>', 'certificates to trust besides the usual ones, in PEM')
    .option('--only <ids>', 'only these checks, such as valid_call,broken_json (repeatable)', idsFlag('--only'))
    .option('--skip <ids>', 'all checks but these (repeatable)', idsFlag('--skip'))
    .option(
      '--max-requests <n>',
      'send no more than n requests',
      wholeNumberFlag('--max-requests', MOST_REQUESTS),
      MAX_REQUESTS,
    )
    .option('--json', 'print the report as one JSON object')
    .option('--yes', 'start without asking')
    .addHelpText(
      'after',
      `
Examples:
  hookcast check https://sms.example.com/v1/messages --user acme --password-env SMS_PASSWORD
  hookcast check https://sms.example.com/v1/emails --header 'X-Api-Key: \${API_KEY}' --payload email.json
  hookcast check http://127.0.0.1:3000/v1/messages --only no_credentials,broken_json

Checks: ${CHECK_IDS.join(', ')}.

Exit codes: 0 no check failed, 1 one failed (also when the API cannot be reached), 2 usage, 130 interrupted.`,
    )
    .action(async (url: string, flags: CheckFlags) => {
      context.exitCode = await check(url, flags, context)
    })
}

function idsFlag(flag: string): (text: string, before?: readonly CheckId[]) => readonly CheckId[] {
  const parse = namesFlag(flag, CHECK_IDS)
  return (text, before) => [...(before ?? []), ...parse(text)]
}

const INTERRUPTED = 'Interrupted: nothing more is sent, and there is no report'

async function check(url: string, flags: CheckFlags, context: Context): Promise<number> {
  const { terminal, isJson } = context
  const plan = planFrom(url, flags, context)
  await announce(plan, flags, context)
  const report = await reportOf(plan, context)
  if (report === null) {
    const error = { code: 'HOOKCAST_INTERRUPTED', message: INTERRUPTED, problems: [] }
    if (isJson) await terminal.print(`${JSON.stringify({ error }, null, 2)}\n`)
    return EXIT_INTERRUPTED
  }
  const { isOutputColored: isColored, outputWidth: width } = terminal
  await terminal.print(isJson ? `${JSON.stringify(report, null, 2)}\n` : contractTable(report, { isColored, width }))
  return report.grade === 'fail' ? EXIT_INCOMPLETE : EXIT_DONE
}

/** Null when a signal has ended it: half a report would be taken for a whole one. */
async function reportOf(plan: ContractPlan, { terminal, wiring }: Context): Promise<ContractReport | null> {
  const { clock, version } = wiring
  using interrupts = watchInterrupts(clock, (how) => how === 'stop' && terminal.tell(INTERRUPTED))
  const { signal } = interrupts
  const onProgress = (sent: number): void => terminal.status(`${sent} of ${plan.requests} requests`)
  try {
    return await checkContract(plan, { clock, version, signal, onProgress })
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    return null
  } finally {
    terminal.status('')
  }
}

function planFrom(url: string, flags: CheckFlags, context: Context): ContractPlan {
  const { only = null, skip = [], maxRequests } = flags
  const isBatch = flags.batch === true
  const endpoint = createEndpoint({
    url,
    ...headersFrom(flags, context),
    payload:
      flags.payload === undefined
        ? referencePayload({ isBatch })
        : parsePayload(fileOf('--payload', flags.payload), { isBatch }),
    ca: flags.ca === undefined ? null : fileOf('--ca', flags.ca),
    networkAllow: context.settings(null).networkAllow,
  })
  const plan = planContract(endpoint, { only, skip, maxRequests })
  if (plan.checks.length > 0) return plan
  throw new HookcastError('HOOKCAST_USAGE', 'expected `--only` and `--skip` to leave a check, got none')
}

/** Tells how much will be sent, and asks whoever sits there. */
async function announce(
  { endpoint, requests }: ContractPlan,
  { yes }: CheckFlags,
  { terminal }: Context,
): Promise<void> {
  const count = requests === 1 ? '1 request' : `Up to ${requests.toLocaleString('en-US')} requests`
  terminal.tell(`${count} with X-Hookcast-Test: 1 to ${endpoint.printableUrl}`)
  if (yes === true || requests === 0 || !terminal.isInteractive) return
  if (!(await isAgreed('Send them?'))) throw new HookcastError('HOOKCAST_INTERRUPTED', 'Not started: nothing was sent')
}

/** Headers, and among them those that are credentials: whatever comes from the environment, and what is one by its name. */
function headersFrom(
  flags: CheckFlags,
  context: Context,
): { readonly headers: readonly HeaderLine[]; readonly credentials: Credentials } {
  const headers: HeaderLine[] = []
  const secrets: HeaderLine[] = []
  for (const line of flags.header ?? []) {
    const [name, written] = headerOf(line)
    if (hasMalformedPlaceholder(written)) throw flagError('--header', `a header whose \${ begins a \${NAME}`, name)
    const value = substitute(written, (variable) => secretOf('--header', variable, context.env))
    const isSecret = placeholderNames(written).length > 0 || isLiteralCredential({ name, value: written })
    ;(isSecret ? secrets : headers).push([name, value])
  }
  const credentials = credentialsFrom(flags, context)
  if (credentials === null) {
    return { headers, credentials: secrets.length === 0 ? { kind: 'none' } : { kind: 'headers', headers: secrets } }
  }
  if (secrets.some(([name]) => name.toLowerCase() === 'authorization')) {
    throw new HookcastError(
      'HOOKCAST_USAGE',
      'expected no header `Authorization` beside --user or --bearer-env, got one',
    )
  }
  return { headers: [...headers, ...secrets], credentials }
}

function credentialsFrom({ user, passwordEnv, bearerEnv }: CheckFlags, context: Context): Credentials | null {
  if (bearerEnv !== undefined) return { kind: 'bearer', token: secretOf('--bearer-env', bearerEnv, context.env) }
  if (user === undefined && passwordEnv === undefined) return null
  if (user !== undefined && passwordEnv !== undefined) {
    return { kind: 'basic', user, password: secretOf('--password-env', passwordEnv, context.env) }
  }
  const missing = user === undefined ? '--user' : '--password-env'
  throw new HookcastError('HOOKCAST_USAGE', `expected \`${missing}\` to be given too: Basic authentication takes both`)
}
