import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { CampaignRun, type CampaignRunSetup } from '../support/campaign-run.ts'
import { childrenOf, runCommand, type RunningCommand } from '../support/command-line.ts'
import type { Invariant } from '../support/invariants.ts'
import type { Misbehaviour } from '../support/misbehaviour.ts'
import type { ReceiverRule } from '../support/receiver-process.ts'

/** One run and what was done to it, all of it picked by its seed. */
export interface Trouble {
  readonly seed: number
  readonly story: string
  readonly customers: number
  readonly requests: number
  readonly counts: TroubleCounts
  readonly held: readonly Invariant[]
  readonly error: Error | null
}

export interface TroubleCounts {
  'coordinators killed': number
  'senders killed': number
  'crash points reached': number
  'processes stopped and continued': number
  'interruptions by SIGTERM': number
  pauses: number
  'receivers killed and restarted': number
  'stops lifted by a resume': number
}

export interface TroubleRequest {
  readonly folder: string
  readonly seed: number
  readonly random: () => number
}

/** Processes are stopped for up to 7 s, and several runs share the machine: no attempt can be seen to end on time then. */
const SLACK_MS = 20_000
const MOST_FAULTS = 8
const MOST_RESUMES = 40

/** What a receiver does wrong now and then: each ends in another way, none lasts longer than the timeout. */
const MISBEHAVIOURS: readonly Misbehaviour[] = [
  'reset',
  'close',
  'half-body',
  'half-headers',
  'reset-body',
  'garbage',
  'two-lengths',
  'endless-body',
]

/** Makes a run, troubles it until it is tired of that, lets it come to its end, and holds it against the invariants. */
export async function makeTrouble({ folder, seed, random }: TroubleRequest): Promise<Trouble> {
  const setup = setupFor(random)
  const counts: TroubleCounts = {
    'coordinators killed': 0,
    'senders killed': 0,
    'crash points reached': 0,
    'processes stopped and continued': 0,
    'interruptions by SIGTERM': 0,
    pauses: 0,
    'receivers killed and restarted': 0,
    'stops lifted by a resume': 0,
  }
  const { customers, ...rest } = setup
  await using troubled = await CampaignRun.create({ ...rest, customers, folder, seed })
  const result = (held: readonly Invariant[], error: Error | null): Trouble => {
    const requests = troubled.received
    const faults = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []))
    const story = `${customers} customers, ${requests} requests, ${faults.join(', ') || 'no fault'}`
    return { seed, story, customers, requests, counts, held, error }
  }
  try {
    await harass(troubled, { random, counts, customers })
    await bringToItsEnd(troubled, counts)
    return result(troubled.check({ slackMs: SLACK_MS }), null)
  } catch (error) {
    return result([], error as Error)
  }
}

function setupFor(
  random: () => number,
): Omit<CampaignRunSetup, 'folder' | 'customers'> & { readonly customers: number } {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!
  const isBatched = random() < 0.3
  const customers = 100 + Math.floor(random() * (isBatched ? 2000 : 1500))
  const concurrency = pick([1, 4, 20, 100])
  const rules: ReceiverRule[] = [
    { attempt: 1, share: random() * 0.1, reply: { status: 500 } },
    { everyNth: pick([23, 51, 97]), reply: { misbehave: pick(MISBEHAVIOURS) } },
    { everyNth: pick([40, 120]), reply: { status: 503, headers: { 'retry-after': '0' } } },
    { everyNth: pick([211, 307]), reply: { misbehave: 'hang' } },
    ...(random() < 0.2 ? [{ requests: [Math.floor(random() * 100)], reply: { status: pick([401, 404, 410]) } }] : []),
  ]
  const template = '{"customer_id":{{ customer.customer_id }},"at":{{ time }},"n":{{ range(1000)|random }}}'
  const batch = [
    'batch:',
    `  size: ${pick([5, 20])}`,
    `  root: "[{% output customers separated by ',' %}]"`,
    `  customer: '${template} '`,
    `  on_client_error: ${pick(['abort', 'split'])}`,
  ]
  const webhook = [
    `concurrency: ${concurrency}`,
    'timeout: 3s',
    'retry: { delays: [200ms, 300ms, 400ms, 500ms, 600ms, 700ms] }',
    ...(isBatched ? batch : []),
  ]
  return {
    customers,
    webhook: webhook.join('\n'),
    body: template,
    senders: pick([1, 2]),
    top: random() < 0.25 ? `chunk_size: ${pick([50, 300])}` : '',
    receiver: { rules, reply: { delayMs: pick([0, 2, 10]) } },
  }
}

interface Harassment {
  readonly random: () => number
  readonly counts: TroubleCounts
  readonly customers: number
}

async function harass(troubled: CampaignRun, { random, counts, customers }: Harassment): Promise<void> {
  const faults = 1 + Math.floor(random() * MOST_FAULTS)
  let command = troubled.start()
  for (let fault = 0; fault < faults; fault++) {
    const wanted = troubled.received + 1 + Math.floor((random() * customers) / faults)
    const choice = random()
    const detail = random()
    if (!(await troubled.untilReceived(wanted, command))) {
      // It has ended by itself: interrupted, stopped by a rule, or for good.
      const { code } = await command.finished
      if (code === 0) return
      if (code === 1) counts['stops lifted by a resume']++
    } else if (choice < 0.85) await hurt(troubled, { command, counts, choice, detail })
    else await restartReceiver(troubled, { counts, pauseMs: detail * 1000 })
    if (command.child.exitCode === null && command.child.signalCode === null) continue
    const crashAt = choice > 0.9 ? `${['after_send', 'before_commit', 'after_commit'][Math.floor(detail * 3)]!}:7` : ''
    command = troubled.start([], crashAt === '' ? {} : { env: { HOOKCAST_CRASH_AT: crashAt } })
    if (crashAt === '') continue
    await command.finished
    if (command.child.signalCode === 'SIGKILL') {
      counts['crash points reached']++
      troubled.crashes++
    }
    command = troubled.start()
  }
  // What is left of the story is told by whoever resumes it.
  command.child.kill('SIGTERM')
  await command.finished
}

interface Hurt {
  readonly command: RunningCommand
  readonly counts: TroubleCounts
  readonly choice: number
  readonly detail: number
}

async function hurt(troubled: CampaignRun, { command, counts, choice, detail }: Hurt): Promise<void> {
  const children = childrenOf(command.pid)
  const sender = children[Math.floor(detail * children.length)]
  if (choice < 0.25) {
    counts['coordinators killed']++
    troubled.kill(command.pid)
    await command.finished
  } else if (choice < 0.45) {
    if (sender === undefined) return
    counts['senders killed']++
    troubled.kill(sender)
  } else if (choice < 0.65) {
    const stopped = choice < 0.52 ? [command.pid] : choice < 0.59 ? [command.pid, ...children] : children
    counts['processes stopped and continued'] += stopped.length
    // A sender that is silent for longer than 5 s is given up for lost.
    troubled.crashes += stopped.length
    for (const pid of stopped) signal(pid, 'SIGSTOP')
    await sleep(detail < 0.2 ? 7000 : detail * 2000)
    for (const pid of stopped) signal(pid, 'SIGCONT')
  } else if (choice < 0.75) {
    counts['interruptions by SIGTERM']++
    command.child.kill('SIGTERM')
    await command.finished
  } else {
    counts.pauses++
    await runCommand(['pause', troubled.runId!, '--data', troubled.data])
    await command.finished
  }
}

/** A process may have ended meanwhile. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone: there is nobody to stop.
  }
}

async function restartReceiver(
  troubled: CampaignRun,
  { counts, pauseMs }: { readonly counts: TroubleCounts; readonly pauseMs: number },
): Promise<void> {
  counts['receivers killed and restarted']++
  await troubled.killReceiver()
  await sleep(pauseMs)
  await troubled.restartReceiver()
}

async function bringToItsEnd(troubled: CampaignRun, counts: TroubleCounts): Promise<void> {
  for (let resumes = 0; resumes < MOST_RESUMES; resumes++) {
    const { code, report } = await troubled.finish()
    if (report['state'] === 'finished') {
      const received = troubled.received
      // A second resume of what is over does nothing.
      await troubled.finish()
      assert.equal(troubled.received, received, 'a run that was over was resumed, and called again')
      return
    }
    assert.notEqual(code, 2, `the run ended ${String(report['state'])}`)
    counts['stops lifted by a resume']++
  }
  throw new Error(`expected the run to finish, got none after ${MOST_RESUMES} resumes`)
}
