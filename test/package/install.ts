import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where to get packages and keep them; the rest of what npm tells its scripts is about this repository. */
const KEPT = /^npm_config_(registry|cache|userconfig|cafile|proxy|https_proxy|noproxy)$/i

/** The environment of a shell that knows nothing of this repository, with the `node` of that folder. */
export function environmentOf(bin: string): NodeJS.ProcessEnv {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_') || KEPT.test(name)),
  )
  return { ...env, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}

async function npm(args: readonly string[], folder: string, bin = dirname(process.execPath)): Promise<string> {
  const env = environmentOf(bin)
  const { stdout } = await promisify(execFile)('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder, env })
  return stdout
}

export interface Packed {
  readonly tarball: string
  /** Every file in it, by its path. */
  readonly files: readonly string[]
}

/** Makes the package as `npm publish` would, its build included. */
export async function pack(folder: string): Promise<Packed> {
  const text = await npm(['pack', '--json', '--silent', '--pack-destination', folder], ROOT)
  const told = JSON.parse(text) as Record<string, { filename: string; files: { path: string }[] }>
  const { filename, files } = Object.values(told)[0]!
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) }
}

/** Installs packages into a folder of its own, as a project that has nothing else. */
export async function install(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }')
  await npm(['install', '--ignore-scripts', ...packages], folder)
}

/** `reference-api/` in an empty folder, with what it needs, as an integrator begins. */
export async function copyReferenceApi(folder: string, bin: string): Promise<void> {
  const from = join(ROOT, 'reference-api')
  cpSync(from, folder, { recursive: true, filter: (file) => !/^(node_modules|dist|\.env)$/.test(relative(from, file)) })
  await npm(['install', '--prefer-offline'], folder, bin)
}

/** Versions of Node beside our own, by their major: the oldest that is told to go, and the newest. */
const NODES = { 20: '20.20.2', 26: '26.9.0' }

export async function installNodes(folder: string): Promise<void> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  await install(
    folder,
    Object.entries(NODES).map(([major, version]) => `node${major}@npm:${name}@${version}`),
  )
}
