import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { addAbortSignal } from 'node:stream'
import type { AudienceSource } from '../campaign/campaign.ts'
import { sourceFault } from './fault.ts'
import { CHUNK_BYTES, FIRST_CHUNK_BYTES } from './row-limits.ts'
import { decodeText } from './decode-text.ts'

/** What tells that a file is still the one that was read. */
export interface SourceIdentity {
  readonly path: string
  readonly size: number
  readonly modifiedAtMs: number
}

export interface OpenSource extends AsyncDisposable {
  /** How messages call it. */
  readonly name: string
  /** Null for standard input, which cannot be read twice. */
  readonly identity: SourceIdentity | null
  /** The canonical name of the encoding that the text had; the chunks are UTF-8. */
  readonly encoding: string
  /**
   * The text, unzipped and turned into UTF-8. A chunk is valid until the next one is asked for: files are read into one buffer.
   */
  readonly chunks: AsyncIterable<Buffer>
}

export interface SourceOptions {
  readonly stdin?: Readable
  readonly signal?: AbortSignal
  /** The campaign's key that names the file: `audience` or `exclude`. */
  readonly key: string
}

/**
 * Opens a file or standard input for one reading.
 *
 * @throws {ConfigError} HOOKCAST_AUDIENCE_INVALID, when there is no such file, or it is a folder, a pipe or a device; while
 * reading: when it is not what it says it is, ends in the middle of its gzip data, or changed meanwhile.
 */
export async function openSource(source: AudienceSource, options: SourceOptions): Promise<OpenSource> {
  const { key } = options
  const isStdin = source.path === '-'
  const name = isStdin ? 'stdin' : source.path
  const encoding = canonicalEncoding(source.encoding, name)
  const text = { name, key, encoding, isGzip: source.isGzip }
  if (isStdin) {
    const chunks = decodeText(readStream(stdinOf(options)), text)
    return { name, identity: null, encoding, chunks, [Symbol.asyncDispose]: async () => {} }
  }
  const { handle, stats } = await openFile(source.path, key)
  const chunks = decodeText(readWhole({ handle, stats, path: source.path }), text)
  const identity = { path: source.path, size: stats.size, modifiedAtMs: stats.mtimeMs }
  return { name, identity, encoding, chunks, [Symbol.asyncDispose]: () => handle.close() }
}

function canonicalEncoding(label: string, name: string): string {
  try {
    return new TextDecoder(label).encoding
  } catch (error) {
    const what = 'a WHATWG label such as utf-8 or windows-1252'
    throw sourceFault(name, `expected \`encoding\` to be ${what}, got "${label}"`, { cause: error })
  }
}

function stdinOf({ stdin, signal }: SourceOptions): Readable {
  if (stdin === undefined)
    throw new TypeError('expected `stdin` to be a stream when the audience is "-", got undefined')
  return signal ? addAbortSignal(signal, stdin) : stdin
}

async function* readStream(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer)
}

async function openFile(path: string, key: string): Promise<{ handle: FileHandle; stats: Stats }> {
  let handle: FileHandle
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error'
    const got = code === 'ENOENT' ? 'nothing of that name' : code
    throw sourceFault(path, `expected \`${key}\` to be a file that can be read, got ${got}`, { cause: error })
  }
  const stats = await handle.stat()
  if (stats.isFile()) return { handle, stats }
  await handle.close()
  throw sourceFault(path, `expected \`${key}\` to be a file, got ${kindOf(stats)}`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe (write "-" and pipe into standard input)'
  return stats.isSocket() ? 'a socket' : 'a device'
}

async function* readWhole(file: { handle: FileHandle; stats: Stats; path: string }): AsyncGenerator<Buffer> {
  const { handle, stats, path } = file
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let total = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, total === 0 ? FIRST_CHUNK_BYTES : CHUNK_BYTES, null)
    if (bytesRead === 0) break
    total += bytesRead
    if (total > stats.size) break
    yield buffer.subarray(0, bytesRead)
  }
  const after = await handle.stat()
  if (total !== stats.size || after.size !== stats.size || after.mtimeMs !== stats.mtimeMs) {
    throw sourceFault(path, 'The file changed while it was read: run again when nothing writes to it any more')
  }
}
