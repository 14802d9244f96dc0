import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeCampaign } from './campaign.ts'
import { startScripted } from './receiver.ts'

export interface Stage {
  readonly folder: string
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--redis URL`, of a Redis that has a worker. */
  readonly over: readonly string[]
  /** In `N.ndjson` of the folder. */
  readonly customers: number
  readonly concurrency: number
}

/** What the death of a coordinator costs when it is started again at once. */
export interface CoordinatorDeath {
  readonly customers: number
  /** How long the receiver was called by nobody. */
  readonly silentMs: number
  /** From the start of `resume` to its first call, Node's own start included. */
  readonly firstCallMs: number
  /** Customers whom nobody had called before that. */
  readonly waited: number
  /** Calls that came twice, and how many are promised at most: two shares of the ceiling, and 40 ms of calls. */
  readonly doubled: number
  readonly mostDoubled: number
}

const ANSWER_MS = 50
const LIMIT_MS = 60_000

/** Kills a run over Redis with SIGKILL when a quarter is done, and resumes it at once. */
export async function measureDeath(stage: Stage): Promise<CoordinatorDeath> {
  const { folder, program, env, over, customers, concurrency } = stage
  await using receiver = await startScripted({ delayMs: ANSWER_MS })
  const kind = { audience: `${customers}.ndjson`, origin: receiver.origin, concurrency }
  const campaign = writeCampaign(folder, 'death.yaml', kind)
  const data = join(folder, 'death')
  const start = (args: readonly string[]) => {
    const all = [program, ...args, '--data', data, '--json', '--quiet', '--yes', ...over]
    const child = spawn(process.execPath, all, {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LIMIT_MS,
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    return { child, exited: once(child, 'close'), stdout: () => stdout }
  }
  try {
    const first = start(['run', campaign])
    while ((await receiver.seen()).calls < customers / 4) {
      if (first.child.exitCode !== null) throw new Error(`The run ended before it was killed: ${first.stdout()}`)
      await sleep(5)
    }
    first.child.kill('SIGKILL')
    await first.exited
    const resumedAt = Date.now()
    const second = start(['resume', readdirSync(join(data, 'runs'))[0]!])
    await second.exited
    const { sent } = JSON.parse(second.stdout()) as { readonly sent: number }
    const { calls, longestGap } = await receiver.seen()
    if (sent !== customers || longestGap === null) throw new Error(`expected ${customers} to be sent, got ${sent}`)
    return {
      customers,
      silentMs: longestGap.ms,
      firstCallMs: longestGap.endedAt - resumedAt,
      waited: customers - longestGap.callsBefore,
      doubled: calls - customers,
      mostDoubled: concurrency * 2 + (0.04 * concurrency * 1000) / ANSWER_MS,
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** As a sentence of docs/scaling.md. */
export function tellDeath(death: CoordinatorDeath): string {
  const { customers, silentMs, firstCallMs, waited, doubled, mostDoubled } = death
  const count = (value: number): string => Math.round(value).toLocaleString('en-US')
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  return `**A coordinator that dies.** A run of ${count(customers)} customers, answers after ${ANSWER_MS} ms, was killed with \`kill -9\` when a quarter was done, and resumed at once. The first call of \`hookcast resume\` came ${seconds(firstCallMs)} s after its start; the receiver had nothing from anybody for ${seconds(silentMs)} s; ${count(waited)} customers waited meanwhile. ${count(doubled)} calls came twice, under the same key; at most ${count(mostDoubled)} are promised (two shares of the ceiling, and what 40 ms bring).`
}
