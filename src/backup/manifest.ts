import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { z } from 'zod'
import { HookcastError } from '../errors.ts'

const MANIFEST = 'manifest.json'

const schema = z.object({
  schema: z.literal(1),
  made_at: z.iso.datetime(),
  hookcast: z.string(),
  files: z.array(
    z.object({ path: z.string(), bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
})

/**
 * What a backup consists of. It is written last: a folder without it is none.
 *
 * Units: bytes. Shape: `path` with `/` between, from the backup's folder.
 */
export type Manifest = z.infer<typeof schema>
export type BackupFile = Manifest['files'][number]

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
}

/** @throws {HookcastError} HOOKCAST_BACKUP_UNUSABLE, when there is none, or one that this version does not know. */
export function readManifest(folder: string): Manifest {
  let text: string
  try {
    text = readFileSync(join(folder, MANIFEST), 'utf8')
  } catch (cause) {
    const message = `Could not find manifest.json, which a backup gets last: ${folder} is none, or one that broke off`
    throw new HookcastError('HOOKCAST_BACKUP_UNUSABLE', message, { cause })
  }
  const read = schema.safeParse(parsed(text))
  if (!read.success) {
    const message = `expected manifest.json of a backup with \`schema: 1\`, got another: ${folder}`
    throw new HookcastError('HOOKCAST_BACKUP_UNUSABLE', message)
  }
  const outside = read.data.files.find(({ path }) => isAbsolute(path) || normalize(path).startsWith('..'))
  if (outside === undefined) return read.data
  throw new HookcastError(
    'HOOKCAST_BACKUP_UNUSABLE',
    `The manifest names a file outside of the backup: ${outside.path}`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Size and SHA-256 of a file of a backup. */
export async function describeFile(folder: string, path: string): Promise<BackupFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(join(folder, path)) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { path, bytes, sha256: hash.digest('hex') }
}
