import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Receiver } from './receiver.ts'
import { childrenOf, readCpuTimes, readMachineTimes, readPeakBytes } from './process-figures.ts'

export interface Command {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly receiver: Receiver
  /** It is ended after this: nothing here runs without a limit. */
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** What a command took, with everything that it started. */
export interface Measured {
  readonly stdout: string
  readonly exitCode: number | null
  readonly wallMs: number
  /** User and system, the command and its processes together. */
  readonly cpuMs: number | null
  readonly receiverCpuMs: number | null
  /** Share of the machine's CPU time that went to anybody else meanwhile: 0.1 is a tenth of all cores. */
  readonly othersShare: number | null
  /** Most memory held by the command itself. */
  readonly peakBytes: number | null
  /** Most memory held by each process that it started. */
  readonly childPeakBytes: readonly number[]
  /** Of `cpuMs`, what those processes took, as far as it was seen before their end. */
  readonly childCpuMs: number
}

/** How often peaks are read: the kernel keeps the highest value, so only the growth of a last moment is missed. */
const LOOK_MS = 100

/**
 * Runs a Node program and reads from the kernel what it took.
 *
 * CPU time is exact: the kernel adds that of a process to its parent's when the parent has waited for it, and the
 * command has waited for all of its own. Nothing else may be started meanwhile.
 */
export async function measureCommand({ args, env, folder, receiver, limitMs, signal }: Command): Promise<Measured> {
  const before = { own: readCpuTimes('self'), receiverMs: receiver.cpuMs(), machine: readMachineTimes() }
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const peaks = new Map<number, number>()
  const childTimes = new Map<number, number>()
  const look = setInterval(() => {
    const { pid } = child
    if (pid === undefined) return
    for (const each of [pid, ...childrenOf(pid)]) {
      const bytes = readPeakBytes(each)
      // The last word counts: a process that has been forked and not yet become its program still shows its parent's.
      if (bytes !== null) peaks.set(each, bytes)
      const times = each === pid ? null : readCpuTimes(each)
      if (times !== null) childTimes.set(each, times.ownMs)
    }
  }, LOOK_MS)
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    const wallMs = performance.now() - startedAt
    const after = { own: readCpuTimes('self'), receiverMs: receiver.cpuMs(), machine: readMachineTimes() }
    const cpuMs = difference(after.own?.childrenMs, before.own?.childrenMs)
    const receiverCpuMs = difference(after.receiverMs, before.receiverMs)
    const ownMs = difference(after.own?.ownMs, before.own?.ownMs)
    const busyMs = difference(after.machine?.busyMs, before.machine?.busyMs)
    const totalMs = difference(after.machine?.totalMs, before.machine?.totalMs)
    const othersMs = difference(busyMs, (cpuMs ?? 0) + (receiverCpuMs ?? 0) + (ownMs ?? 0))
    const { [child.pid ?? 0]: peakBytes = null, ...childPeaks } = Object.fromEntries(peaks)
    return {
      stdout,
      exitCode,
      wallMs,
      cpuMs,
      receiverCpuMs,
      othersShare: othersMs === null || totalMs === null ? null : Math.max(0, othersMs / totalMs),
      peakBytes,
      childPeakBytes: Object.values(childPeaks),
      childCpuMs: [...childTimes.values()].reduce((sum, ms) => sum + ms, 0),
    }
  } finally {
    clearInterval(look)
  }
}

function difference(to: number | null | undefined, from: number | null | undefined): number | null {
  return to == null || from == null ? null : to - from
}
