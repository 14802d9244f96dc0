import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../clock.ts'
import type { SenderLine } from '../known-sender.ts'
import type { FromSender, ToSender } from '../protocol.ts'

export interface SenderProgram {
  /** The entry file of a sender, and the folders it may read: its own code and its packages. */
  readonly entry: string
  readonly readable: readonly string[]
  /** All that they get of an environment. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>
  /** Becomes the first sender that is wanted. */
  readonly standby?: StandbySender
}

/**
 * The heap of a sender, in MB: a template that eats memory costs one process, not the machine.
 * Two slices of 1 MiB with their rendered requests take less than a third of it.
 */
const HEAP_MB = 128

/**
 * V8 gives a small heap a nursery of 1 MB, and a sender makes garbage with every call: with 16 MB collecting it took
 * a third of the time (profiled: 10 % of a sender's time against 29 %).
 */
const NURSERY_MB = 16

/**
 * libuv resolves names on half of its threads: with the default 4, two dead names stall every other
 * (measured: 8.0 s against 2 ms with 32).
 */
const THREADS = 32

/** From Node 25 on what is locked in has no network either, unless it is said; before, the flag is not known. */
const NETWORK_FLAGS = ['--allow-net'].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag))

function forkSender(program: SenderProgram, args: readonly string[] = []): ChildProcess {
  return fork(program.entry, args, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Nothing else of the coordinator's environment: no secret, no NODE_OPTIONS, no NODE_TLS_REJECT_UNAUTHORIZED, no proxy.
    env: { ...program.env, UV_THREADPOOL_SIZE: String(THREADS) },
    execArgv: [
      `--max-old-space-size=${HEAP_MB}`,
      `--max-semi-space-size=${NURSERY_MB}`,
      '--permission',
      ...NETWORK_FLAGS,
      ...program.readable.map((folder) => `--allow-fs-read=${folder}`),
      '--disallow-code-generation-from-strings',
      '--disable-warning=SecurityWarning',
      '--disable-warning=ExperimentalWarning',
    ],
  })
}

/**
 * A sender process that is started before there is work for it, so that it loads while its coordinator does.
 *
 * It is told nothing until it is taken, and one that nobody takes keeps nobody waiting: it ends with this process.
 */
export class StandbySender {
  #child: ChildProcess | null

  constructor(program: SenderProgram) {
    this.#child = forkSender(program, ['standby']).on('error', () => undefined)
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /** Null once it was taken, or when it could not be started. */
  take(): ChildProcess | null {
    const child = this.#child
    this.#child = null
    if (child?.connected !== true) return null
    child.ref()
    child.channel?.ref()
    return child
  }
}

/** A sender as a child process, behind its walls. */
export class SenderProcess implements SenderLine {
  readonly #child: ChildProcess

  constructor(program: SenderProgram) {
    this.#child = program.standby?.take() ?? forkSender(program)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  listen(onMessage: (message: FromSender) => void, onGone: (error: Error | null) => void): void {
    let isGone = false
    let failure: Error | null = null
    const gone = (): void => {
      if (isGone) return
      isGone = true
      onGone(failure)
    }
    this.#child.on('message', (message) => onMessage(message as FromSender))
    this.#child.on('error', (error) => {
      failure = error
      if (this.#child.pid === undefined) gone()
    })
    // Reports that were on their way are delivered before `disconnect`; `exit` may come earlier.
    this.#child.on('disconnect', () =>
      this.#child.exitCode === null && this.#child.signalCode === null ? this.kill() : gone(),
    )
    this.#child.on('exit', () => (this.#child.connected ? undefined : gone()))
  }

  send(message: ToSender): void {
    if (this.#child.connected) this.#child.send(message, undefined, undefined, () => undefined)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  disconnect(): void {
    if (this.#child.connected) this.#child.disconnect()
  }
}

/**
 * When a process began, as the kernel tells it: a pid alone may have been given to somebody else since.
 *
 * Shape: clock ticks since boot, as text; empty where the system does not tell, or the process is gone: also one that
 * has ended and that nobody has asked for yet (a zombie), as in a container whose first process asks for none.
 * @see proc(5), /proc/pid/stat field 22
 */
export function processStartOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in brackets and may itself hold brackets and spaces.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? '' : (fields[18] ?? '')
  } catch {
    return ''
  }
}

/** A sender whose coordinator is gone ends by itself within a second or two; after that it is helped along. */
const OWN_END_MS = 200
const END_TRIES = 25

/** Waits until senders of a dead coordinator are gone, ending them if need be, so that two never send the same. */
export async function endProcesses(
  processes: readonly { readonly pid: number; readonly started: string }[],
  clock: Clock,
): Promise<void> {
  for (const { pid, started } of processes) {
    for (let tries = 0; tries < END_TRIES && isSameProcess(pid, started); tries++) {
      if (tries > 0) killIfThere(pid)
      await clock.sleep(OWN_END_MS)
    }
  }
}

/** It may end by itself between the look at it and the signal: then the kernel knows nobody of that pid. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function isSameProcess(pid: number, started: string): boolean {
  return started !== '' && processStartOf(pid) === started
}
