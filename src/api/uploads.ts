import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createRunId as createName } from '../campaign/run-id.ts'
import { ApiError, HookcastError } from '../errors.ts'
import { folderError } from '../ledger/folder-error.ts'

/** An audience that came with a request, as a file of its own. */
export interface Upload {
  readonly path: string
  readonly format: 'ndjson' | 'csv' | 'tsv'
  /** SHA-256 of what came, in hex. */
  readonly digest: string
}

/**
 * Audiences on their way from a request into a run: written to disk as they come, so that no size needs more memory than another.
 *
 * A file is gone once the run has its own copy, or was refused.
 */
export class Uploads {
  readonly #folder: string
  readonly #mostBytes: number

  private constructor(folder: string, mostBytes: number) {
    this.#folder = folder
    this.#mostBytes = mostBytes
  }

  /** Opens the folder of uploads in a data folder; what a service that died has left there goes. */
  static open(dataFolder: string, mostBytes: number): Uploads {
    const folder = join(dataFolder, 'uploads')
    try {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch (cause) {
      throw folderError(folder, cause)
    }
    return new Uploads(folder, mostBytes)
  }

  /**
   * Writes a body to a file of its own.
   *
   * @throws {ApiError} HOOKCAST_API_REQUEST, when it is too large, or ends before its end.
   * @throws {LedgerError} HOOKCAST_STORAGE_FULL.
   */
  async take(
    body: ReadableStream<Uint8Array>,
    { format, isGzip, now }: { readonly format: Upload['format']; readonly isGzip: boolean; readonly now: number },
  ): Promise<Upload> {
    const path = join(this.#folder, `upload-${createName(now)}.${format}${isGzip ? '.gz' : ''}`)
    const hash = createHash('sha256')
    const mostBytes = this.#mostBytes
    let bytes = 0
    const count = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        bytes += chunk.length
        if (bytes > mostBytes) return done(tooLarge(mostBytes))
        hash.update(chunk)
        done(null, chunk)
      },
    })
    try {
      await pipeline(Readable.fromWeb(body), count, createWriteStream(path, { mode: 0o600, flags: 'wx' }))
    } catch (cause) {
      rmSync(path, { force: true })
      if (cause instanceof HookcastError) throw cause
      if (cause instanceof Error && 'syscall' in cause && cause.syscall !== 'read') throw folderError(path, cause)
      throw new ApiError('HOOKCAST_API_REQUEST', 'The body ended before its end', { status: 400, cause })
    }
    return { path, format, digest: hash.digest('hex') }
  }

  drop({ path }: Upload): void {
    rmSync(path, { force: true })
  }
}

/** @see RFC 9110 §15.5.14 */
export function tooLarge(mostBytes: number): ApiError {
  const message = `expected the body to be at most ${mostBytes.toLocaleString('en-US')} bytes, got more`
  return new ApiError('HOOKCAST_API_REQUEST', message, { status: 413 })
}
