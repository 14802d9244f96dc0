import { readFileSync } from 'node:fs'

/** Kernel figures per process are in USER_HZ, which is 100 on every Linux that people run. @see proc(5) */
const MS_PER_TICK = 10

/** CPU time, user and system together, that a process has used, and the children that it has waited for. */
export interface CpuTimes {
  readonly ownMs: number
  readonly childrenMs: number
}

/** Reads what a process has used so far; null where the system does not tell, or the process is gone. */
export function readCpuTimes(pid: number | 'self'): CpuTimes | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the command in brackets and may itself hold brackets and spaces; the third is at 0 here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticksAt = (field: number): number => Number(fields[field - 3])
  return {
    ownMs: (ticksAt(14) + ticksAt(15)) * MS_PER_TICK,
    childrenMs: (ticksAt(16) + ticksAt(17)) * MS_PER_TICK,
  }
}

/** Reads the most memory that a process has held so far, shared pages included; null as above. */
export function readPeakBytes(pid: number): number | null {
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kib === undefined ? null : Number(kib) * 1024
}

/** Reads the memory that a process holds now, shared pages included; null as above. */
export function readHeldBytes(pid: number): number | null {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kib === undefined ? null : Number(kib) * 1024
}

/** The processes that one has started and that still live. */
export function childrenOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`) ?? ''
  return children.split(' ').filter(Boolean).map(Number)
}

/** CPU time of the whole machine since it started, over all cores; null where the system does not tell. */
export function readMachineTimes(): { readonly busyMs: number; readonly totalMs: number } | null {
  const line = /^cpu +(.*)$/m.exec(read('/proc/stat') ?? '')?.[1]
  if (line === undefined) return null
  const ticks = line.split(' ').map(Number)
  // user nice system idle iowait irq softirq steal; guests are in user already.
  const totalMs = ticks.slice(0, 8).reduce((sum, each) => sum + each, 0) * MS_PER_TICK
  const idleMs = ((ticks[3] ?? 0) + (ticks[4] ?? 0)) * MS_PER_TICK
  return { busyMs: totalMs - idleMs, totalMs }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
