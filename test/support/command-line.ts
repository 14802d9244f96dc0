import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkRunsIn } from './checked-runs.ts'

const BIN = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly child: ChildProcess
  readonly pid: number
  /** What was printed so far. */
  stdout(): string
  stderr(): string
  /** Resolves when the text was printed on stderr. */
  untilStderr(text: string): Promise<void>
  readonly finished: Promise<Finished>
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A command that starts this one: `['strace', '-f', …]`, `['ip', 'netns', 'exec', 'x']`. */
  readonly within?: readonly string[]
  /** Of Node itself: `--max-old-space-size=128`. */
  readonly nodeFlags?: readonly string[]
  /** Why the runs that it leaves are not held against the invariants, as all others are. */
  readonly unchecked?: string
}

/** Starts the real command, as a person would. */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { within = [], nodeFlags = [], unchecked }: Omit<CommandOptions, 'env'> = {},
): RunningCommand {
  const [file = '', ...all] = [...within, process.execPath, ...nodeFlags, BIN, ...args]
  const child = spawn(file, all, {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const look of watchers) look()
  })
  const finished = (async (): Promise<Finished> => {
    const [code] = (await once(child, 'close')) as [number | null]
    if (unchecked === undefined) checkAfter(args, env, { code, stdout, stderr })
    return { code, stdout, stderr }
  })()
  const untilStderr = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!stderr.includes(text)) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      void finished.then(() => reject(new Error(`expected ${JSON.stringify(text)} on stderr, got ${stderr}`)))
      look()
    })
  return { child, pid: child.pid!, stdout: () => stdout, stderr: () => stderr, untilStderr, finished }
}

export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  options: Omit<CommandOptions, 'env'> = {},
): Promise<Finished> {
  return startCommand(args, env, options).finished
}

const STARTING = new Set(['run', 'resume', 'replay'])

/** A command that ended by itself after it had a run: one that was killed, or refused to begin, tells by its code. */
function checkAfter(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { code, stdout, stderr }: Finished,
): void {
  const valueOf = (flag: string): string | null => (args.includes(flag) ? (args[args.indexOf(flag) + 1] ?? null) : null)
  const data = valueOf('--data')
  if (data === null || !STARTING.has(args[0] ?? '') || !ENDED.has(code)) return
  checkRunsIn(data, { config: valueOf('--config'), env, said: [stdout, stderr] })
}

/** Everybody got it; not everybody; interrupted. */
const ENDED: ReadonlySet<number | null> = new Set([0, 1, 130])

/** The processes that one has started, as the kernel tells it. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

export function isAlive(pid: number): boolean {
  try {
    // A killed child that was not waited for yet is a zombie: Z after the command's name in brackets.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
