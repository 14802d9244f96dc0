import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './median.ts'

/** What figures depend on besides the code. */
export interface Conditions {
  readonly at: string
  readonly machine: string
  readonly disk: string
  readonly versions: string
  /** Processes that were running or waiting to, over the minute before. */
  readonly loadBefore: number
}

/** @see statfs(2) */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlayfs',
  0x01021994: 'tmpfs',
}
const TMPFS = 0x01021994

/**
 * Looks at the machine before anything runs.
 *
 * @throws {Error} when `folder` is in memory: a ledger with full sync would cost nothing there.
 */
export function readConditions(folder: string): Conditions {
  const fileSystem = statfsSync(folder).type
  if (fileSystem === TMPFS) throw new Error(`The folder has to be on a disk, not in memory: ${folder} (see --folder)`)
  const gib = Math.round(totalmem() / 2 ** 30)
  return {
    at: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'unknown'}, ${gib} GiB, ${type()} ${release()}`,
    disk: `${FILE_SYSTEMS[fileSystem] ?? 'another file system'}, one sync of 4 KiB takes ${syncMs(folder).toFixed(2)} ms`,
    versions: `Node ${process.versions.node}, undici ${versionOf('undici')}, hookcast ${versionOf(null)}${commitWords()}`,
    loadBefore: loadavg()[0] ?? 0,
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = ['bin', 'src', 'load/bench']

/** What the source is, by its files' names and times: edited in the middle, a benchmark measures two programs. */
export function readSourceState(): string {
  return SOURCES.flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${join(parentPath, name)} ${statSync(join(parentPath, name)).mtimeMs}`)
    .join('\n')
}

/** Which commit it is, where this is a clone of the repository; empty elsewhere. */
function commitWords(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim()
    const isChanged = git('status', '--porcelain', '--', ...SOURCES) !== ''
    return ` at ${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`
  } catch {
    return ''
  }
}

const SYNCS = 101
const PAGE_BYTES = 4096

/** The middle of many: what each group commit waits for. */
function syncMs(folder: string): number {
  const path = join(folder, 'sync-probe')
  const file = openSync(path, 'w')
  const page = Buffer.alloc(PAGE_BYTES, 1)
  const spans: number[] = []
  try {
    for (let i = 0; i < SYNCS; i++) {
      const startedAt = performance.now()
      writeSync(file, page)
      fdatasyncSync(file)
      spans.push(performance.now() - startedAt)
    }
  } finally {
    closeSync(file)
    rmSync(path)
  }
  return median(spans)
}

function versionOf(name: string | null): string {
  const path = join(ROOT, name === null ? '' : join('node_modules', name), 'package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version
}
