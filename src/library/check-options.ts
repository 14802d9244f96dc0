import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearestName } from '../campaign/nearest-name.ts'
import { MOST_SENDERS } from '../campaign/settings.ts'
import type { RunLimit } from '../runner/runner.ts'
import type { ReadResultsOptions, ResumeRunOptions, RunCampaignOptions, SurroundingsOptions } from './options.ts'

const SURROUNDINGS = ['data', 'config', 'senders', 'env'] as const satisfies readonly (keyof SurroundingsOptions)[]

const OPTIONS = {
  runCampaign: [
    ...SURROUNDINGS,
    'audience',
    'format',
    'limit',
    'params',
    'stream',
    'skipBadRows',
    'yes',
    'signal',
  ] satisfies readonly (keyof RunCampaignOptions)[],
  resumeRun: [...SURROUNDINGS, 'resendUnknown', 'signal'] satisfies readonly (keyof ResumeRunOptions)[],
  readReport: SURROUNDINGS,
  readResults: [...SURROUNDINGS, 'status'] satisfies readonly (keyof ReadResultsOptions)[],
} as const

/** A Node that lacks what the program needs fails somewhere inside, in words that say nothing. */
const OLDEST_NODE = [24, 15] as const

/** @throws {Error} when this Node is too old. */
export function refuseOldNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new Error(`hookcast needs Node ${OLDEST_NODE.join('.')} or newer, got ${version}: install a newer Node`)
}

/**
 * Refuses options that would be passed over in silence, or would fail somewhere inside.
 *
 * @throws {TypeError} for one that there is not, or of another type.
 * @throws {RangeError} for a number that is out of range.
 */
export function checkOptions(call: keyof typeof OPTIONS, options: RunCampaignOptions): void {
  const known: readonly string[] = OPTIONS[call]
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const near = nearestName(name, known)
    const hint = near === null ? `it has ${known.join(', ')}` : `did you mean ${near}?`
    throw new TypeError(`unknown option of ${call}: ${name}, ${hint}`)
  }
  checkAudience(options.audience)
  const { senders } = options
  if (senders === undefined || (Number.isInteger(senders) && senders >= 1 && senders <= MOST_SENDERS)) return
  throw new RangeError(`expected \`senders\` to be a whole number from 1 to ${MOST_SENDERS}, got ${senders}`)
}

/** Types say it, and plain JavaScript hands in a promise, or a generator function that nobody called. */
function checkAudience(audience: unknown): void {
  if (audience === undefined || typeof audience === 'string') return
  const isIterable =
    typeof audience === 'object' &&
    audience !== null &&
    (Symbol.iterator in audience || Symbol.asyncIterator in audience)
  if (isIterable) return
  const got = audience instanceof Promise ? 'a promise: await it first' : kindOf(audience)
  throw new TypeError(`expected \`audience\` to be a file, an array, an iterable or a stream, got ${got}`)
}

/** @throws {TypeError} when it is neither. */
export function pathFrom(file: string | URL): string {
  if (typeof file === 'string') return resolve(file)
  if (file instanceof URL) return fileURLToPath(file)
  throw new TypeError(`expected the path or the URL of a campaign file, got ${kindOf(file)}`)
}

export function limitFrom(limit: RunCampaignOptions['limit']): RunLimit | null {
  if (limit === undefined) return null
  if (typeof limit === 'number') return { state: 'interrupted', rows: countFrom('limit', limit) }
  const pauseAfter: unknown = Object(limit).pauseAfter
  if (typeof pauseAfter === 'number') return { state: 'paused', rows: countFrom('pauseAfter', pauseAfter) }
  if (typeof pauseAfter !== 'string') {
    throw new TypeError(`expected \`limit\` to be a number of customers or { pauseAfter }, got ${kindOf(limit)}`)
  }
  const share = pauseAfter.endsWith('%') ? Number(pauseAfter.slice(0, -1)) / 100 : Number.NaN
  if (share > 0 && share <= 1) return { state: 'paused', rows: { share } }
  throw new RangeError(`expected \`pauseAfter\` to be a number of customers or a share such as 1%, got ${pauseAfter}`)
}

function countFrom(name: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new RangeError(`expected \`${name}\` to be a whole number from 1 on, got ${count}`)
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'function'
    ? 'a function: call it'
    : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
