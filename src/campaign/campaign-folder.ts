import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { ConfigError } from '../errors.ts'
import type { AudienceSource } from './campaign.ts'

/** `--audience` and `--format` of a run: the file stands in for that of the campaign. */
export interface AudienceOverride {
  /** Absolute, or `-` for standard input; null for the campaign's own, in the format given. */
  readonly path: string | null
  readonly format?: AudienceSource['format'] | undefined
}

/**
 * What a run keeps of its campaign, so that a resume months later is the same campaign: plain JSON.
 *
 * It holds names of secrets and never values: they are read from the environment again.
 */
export interface CampaignSnapshot {
  readonly version: 1
  readonly file: string
  readonly folder: string
  /** The campaign file and every template and certificate that it names, by path as written there. */
  readonly texts: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, unknown>>
  readonly audience: AudienceOverride | null
  readonly project: Readonly<Record<string, unknown>>
  readonly origin: string
  /** Environment variables that the campaign reads. */
  readonly secrets: readonly string[]
}

/** A campaign file and what lies beside it. */
export interface CampaignFiles {
  /** Name of the campaign file, as shown in messages. */
  readonly file: string
  /** Absolute, without symbolic links. */
  readonly folder: string
  /** The run that the files were kept for; null for files as they are now. */
  readonly snapshot: CampaignSnapshot | null
  /** Reads a file relative to the folder, at most 1 MiB; it must lie inside, symbolic links resolved. */
  read(path: string): Uint8Array
  /** The absolute path of a file that need not exist; one that does must lie inside, symbolic links resolved. */
  locate(path: string): string
}

/** Templates are written by hand; the measure of the template room's output is the same. */
const LONGEST_FILE_BYTES = 1_048_576

/**
 * Opens the folder of a campaign file.
 *
 * @throws {ConfigError} HOOKCAST_CAMPAIGN_INVALID, when there is no such file.
 */
export function campaignFilesAt(path: string): CampaignFiles {
  const real = realPathOf(path)
  if (real === null) throw refusal(path, 'file not found')
  // Gone since it was found, it is one that cannot be read.
  if (statSync(real, { throwIfNoEntry: false })?.isDirectory() === true)
    throw refusal(path, 'expected a campaign file, got a folder: name the file in it, such as campaign.yaml')
  const folder = dirname(real)
  const locate = (path: string): string => {
    const lexical = resolve(folder, path)
    const real = realPathOf(lexical)
    if (isAbsolute(path) || !isInside(folder, lexical) || (real !== null && !isInside(folder, real))) {
      throw refusal(path, `file outside the folder of the campaign: ${path}`)
    }
    return lexical
  }
  return { file: basename(real), folder, snapshot: null, locate, read: (path) => readWhole(locate(path), path) }
}

/** Opens a campaign as a run has kept it; the folder itself may be gone. */
export function campaignFilesFrom(snapshot: CampaignSnapshot): CampaignFiles {
  const { file, folder, texts } = snapshot
  return {
    file,
    folder,
    snapshot,
    locate: (path) => resolve(folder, path),
    read: (path) => {
      const text = texts[path]
      if (text === undefined) throw refusal(file, `file not kept with the run: ${path}`)
      return new TextEncoder().encode(text)
    },
  }
}

function readWhole(absolute: string, path: string): Uint8Array {
  let descriptor: number
  try {
    // Without O_NONBLOCK the open of a FIFO would wait for a writer for ever.
    descriptor = openSync(absolute, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw refusal(path, `${isMissing(error) ? 'file not found' : 'file not readable'}: ${path}`, error)
  }
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw refusal(path, `not a regular file: ${path}`)
    if (stats.size > LONGEST_FILE_BYTES) throw refusal(path, `file larger than 1 MiB: ${path}`)
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function refusal(file: string, message: string, cause?: unknown): ConfigError {
  const problem = { file, line: null, column: null, message }
  return new ConfigError('HOOKCAST_CAMPAIGN_INVALID', [problem], cause === undefined ? {} : { cause })
}
