import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { CampaignRun, CampaignRunSetup } from '../support/campaign-run.ts'
import type { Invariant } from '../support/invariants.ts'

/** What a machine has to have or allow for a fault to be made on it; any other word is a program that must be there. */
export type Need =
  | 'root'
  | 'netns'
  | 'tmpfs'
  | 'iptables'
  | 'tc'
  | 'strace'
  | 'faketime'
  | 'openssl'
  | 'mkfifo'
  | 'prlimit'
  | 'redis-server'

/** One row of the matrix: a fault that is made on purpose, and what must hold all the same. */
export interface Fault {
  /** As in the matrix: `F1`. */
  readonly id: string
  /** What is done to it, in words of a user. */
  readonly name: string
  /** What must hold besides the invariants. */
  readonly holds: string
  /** How often, by `npm run faults`. */
  readonly rounds: number
  /** How often among the tests of every change; 0 leaves it out. */
  readonly shortRounds: number
  readonly needs?: readonly Need[]
  /** Rejects when something does not hold. */
  run(context: FaultContext): Promise<void>
}

export interface FaultContext {
  readonly seed: number
  /** Uniform in [0, 1), by the seed. */
  readonly random: () => number
  readonly rounds: number
  /** Among the tests of every change: quick. */
  readonly isShort: boolean
  /** A folder for this row, gone after it. */
  readonly folder: string
  /** What is to be undone at the end, the last first. */
  readonly cleanUp: AsyncDisposableStack
  /** A line on stderr, for whoever waits. */
  say(text: string): void
  /** A run in a folder of its own, gone at the end. */
  run(setup: Omit<CampaignRunSetup, 'folder' | 'seed'>): Promise<CampaignRun>
  /** Notes what the checker could look at. */
  held(invariants: readonly Invariant[]): void
}

/** Why a fault cannot be made here; null when it can. */
export function obstacleTo({ needs = [] }: Fault): string | null {
  for (const need of needs) {
    const look = OBSTACLES[need] ?? (() => (isInstalled(PROGRAMS[need] ?? need) ? null : `${need} is not installed`))
    const obstacle = look()
    if (obstacle !== null) return obstacle
  }
  return null
}

const PROGRAMS: Partial<Record<Need, string>> = { netns: 'ip' }

const asRoot = (): string | null => (process.getuid?.() === 0 ? null : 'it needs root')

const OBSTACLES: Partial<Record<Need, () => string | null>> = {
  root: asRoot,
  tmpfs: () => asRoot() ?? (isInstalled('mount') ? null : 'mount is not installed'),
  netns: () => {
    if (asRoot() !== null) return asRoot()
    if (!isInstalled('ip')) return 'iproute2 is not installed'
    const name = `probe-${process.pid}`
    try {
      execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' })
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' })
      return null
    } catch {
      return 'network namespaces are not allowed here'
    }
  },
  faketime: () => (FAKETIME_LIBRARIES.some(isThere) ? null : 'libfaketime is not installed'),
}

/** Where Debian and others put it. */
export const FAKETIME_LIBRARIES: readonly string[] = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some((folder) => isThere(join(folder, program)))
}
