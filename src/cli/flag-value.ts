import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { readVariable } from '../campaign/environment-variable.ts'
import { nearestName } from '../campaign/nearest-name.ts'
import { isOwnName, type Environment } from '../campaign/secret-text.ts'
import { parseDurationMs } from '../campaign/unit.ts'
import { HookcastError } from '../errors.ts'
import type { RunLimit } from '../runner/runner.ts'

/** A flag that was not understood: `expected \`--limit\` to be …, got …`. */
export function flagError(flag: string, expected: string, got: string): HookcastError {
  return new HookcastError('HOOKCAST_USAGE', `expected \`${flag}\` to be ${expected}, got ${JSON.stringify(got)}`)
}

export function wholeNumberFlag(flag: string, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : 0
    const range = most === Number.MAX_SAFE_INTEGER ? 'from 1 on' : `from 1 to ${most}`
    if (value < 1 || value > most) throw flagError(flag, `a whole number ${range}`, text)
    return value
  }
}

/** `--pause-after`: a number of customers, or a share of all: `500`, `1%`, `0.5%`. */
export function parsePauseAfter(text: string): RunLimit['rows'] {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]
  const share = percent === undefined ? null : Number(percent) / 100
  if (share !== null && share > 0 && share <= 1) return { share }
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text)
  throw flagError('--pause-after', 'a number of customers or a share such as 1%', text)
}

/** `--param shop=Other`, as often as wanted; the last of a name wins. */
export function collectParam(
  text: string,
  params: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw flagError('--param', 'a name and a value such as shop=Acme', text)
  return { ...params, [text.slice(0, at)]: text.slice(at + 1) }
}

/** A list of known names, separated by commas; `known` is for completion in a shell. */
export function namesFlag<N extends string>(
  flag: string,
  known: readonly N[],
): ((text: string) => readonly N[]) & { readonly known: readonly N[] } {
  const parse = (text: string): readonly N[] =>
    text.split(',').map((part) => {
      const name = known.find((name) => name === part.trim())
      if (name !== undefined) return name
      const near = nearestName(part, known)
      const hint = near === null ? `one or more of ${known.join(', ')}` : `of known names (did you mean ${near}?)`
      throw flagError(flag, hint, part)
    })
  return Object.assign(parse, { known })
}

/** Statuses from `from` to `to`, both included. */
export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** `--http-status 500-599,429` */
export function parseHttpStatuses(text: string): readonly StatusRange[] {
  return text.split(',').map((part) => {
    const [, first, last] = /^\s*(\d{3})(?:-(\d{3}))?\s*$/.exec(part) ?? []
    const from = Number(first)
    const to = Number(last ?? first)
    if (from >= 100 && to <= 599 && from <= to) return { from, to }
    throw flagError('--http-status', 'statuses or ranges of them such as 500-599,429', part)
  })
}

/** A flag that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** `--header 'Name: value'` */
export function headerOf(line: string): readonly [name: string, value: string] {
  const [, name, value = ''] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
  if (name !== undefined) return [name, value]
  throw new HookcastError('HOOKCAST_USAGE', "expected `--header` to be like 'Name: value', got none")
}

/** @throws {HookcastError} HOOKCAST_USAGE, when the variable is not set, or is one of the program's own. */
export function secretOf(flag: string, name: string, env: Environment): string {
  const value = isOwnName(name) ? null : readVariable(env, name)
  if (value !== null) return value
  throw flagError(flag, 'the name of an environment variable that is set', name)
}

export function fileOf(flag: string, path: string): string {
  return bytesIn(flag, path).toString('utf8')
}

/** Byte by byte; `-` is standard input. */
export async function inputOf(flag: string, path: string): Promise<Buffer> {
  return path === '-' ? await buffer(process.stdin) : bytesIn(flag, path)
}

function bytesIn(flag: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const message = `expected \`${flag}\` to be a file that can be read, got ${path}`
    throw new HookcastError('HOOKCAST_USAGE', message, { cause })
  }
}

/** `--since 2h` or `--since 2026-11-22T10:00:00Z`; in epoch ms. */
export function instantFlag(flag: string): (text: string) => (now: number) => number {
  return (text) => {
    const agoMs = parseDurationMs(text)
    const at = Date.parse(text)
    if (agoMs !== null) return (now) => now - agoMs
    if (!Number.isNaN(at)) return () => at
    throw flagError(flag, 'a time such as 2026-11-22T10:00:00Z, or a span before now such as 2h', text)
  }
}

/** `--grace 24h`; in ms. */
export function durationFlag(flag: string): (text: string) => number {
  return (text) => {
    const ms = parseDurationMs(text)
    if (ms !== null) return ms
    throw flagError(flag, 'a span such as 24h', text)
  }
}
