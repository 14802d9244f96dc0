import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test as base } from 'vitest'
import type { AudienceSource } from '../../src/campaign/campaign.ts'
import type { Problem } from '../../src/errors.ts'
import { ConfigError } from '../../src/errors.ts'
import type { AudienceRequest, AudienceRules, SpoolRow, SpoolSummary } from '../../src/audience/audience.ts'
import { parseSpoolLine, spoolAudience, SpoolReader } from '../../src/audience/audience.ts'

export const RULES: AudienceRules = {
  columns: {},
  customerId: null,
  isUnique: false,
  consentColumn: null,
  excludeFiles: [],
  maxCustomers: null,
}

export interface Room {
  /** Where the sources are. */
  readonly folder: string
  /** Where the spool goes. */
  readonly run: string
  write(name: string, content: string | Uint8Array): string
  request(path: string, options?: RequestOptions): AudienceRequest & { readonly folder: string }
  spool(path: string, options?: RequestOptions): Promise<Spooled>
  /** What is wrong with the source, as the error lists it. */
  problems(path: string, options?: RequestOptions): Promise<readonly Problem[]>
}

interface RequestOptions {
  readonly source?: Partial<AudienceSource>
  readonly rules?: Partial<AudienceRules>
  readonly skipBadRows?: boolean
  readonly stdin?: Readable
  readonly signal?: AbortSignal
}

interface Spooled {
  readonly summary: SpoolSummary
  readonly rows: readonly SpoolRow[]
  readonly data: readonly unknown[]
}

export const test = base.extend<{ room: Room }>({
  // oxlint-disable-next-line no-empty-pattern
  room: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'hookcast-audience-'))
    const run = join(folder, 'run')
    mkdirSync(run)
    const request: Room['request'] = (path, options = {}) => ({
      source: sourceOf(path, options.source),
      rules: { ...RULES, ...options.rules },
      skipBadRows: options.skipBadRows ?? false,
      folder: run,
      ...(options.stdin ? { stdin: options.stdin } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    await use({
      folder,
      run,
      request,
      write(name, content) {
        const path = join(folder, name)
        writeFileSync(path, content)
        return path
      },
      async spool(path, options) {
        const summary = await spoolAudience(request(path, options))
        const rows = readRows(run)
        return { summary, rows, data: rows.map(({ row }) => row) }
      },
      async problems(path, options) {
        const error = await spoolAudience(request(path, options)).then(
          () => null,
          (cause: unknown) => cause,
        )
        if (!(error instanceof ConfigError)) throw new TypeError('expected a ConfigError', { cause: error })
        return error.problems
      },
    })
    rmSync(folder, { recursive: true })
  },
})

function sourceOf(path: string, source: Partial<AudienceSource> = {}): AudienceSource {
  const name = path.endsWith('.gz') ? path.slice(0, -3) : path
  const format = name.endsWith('.csv') ? 'csv' : name.endsWith('.tsv') ? 'tsv' : 'ndjson'
  return { path, format, isGzip: path.endsWith('.gz'), delimiter: 'auto', encoding: 'utf-8', ...source }
}

export function readRows(folder: string): readonly SpoolRow[] {
  using reader = SpoolReader.open(folder)
  return [...reader.scan()].map(({ line }) => parseSpoolLine(line))
}

/** A text in pieces of `size` bytes, as a slow pipe brings it. */
export function inPieces(content: string | Uint8Array, size: number): Readable {
  const bytes = Buffer.from(content)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, at * size + size),
  )
  return Readable.from(pieces, { objectMode: false })
}
