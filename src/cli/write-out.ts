import { chmodSync, closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { HookcastError } from '../errors.ts'
import type { Context } from './context.ts'

/** Customers' names and more: nobody but the owner reads them. */
const FILE_MODE = 0o600

/**
 * Writes pieces into a file, or to standard output without one, without holding them.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when the file cannot be written.
 */
export async function writeOut(
  pieces: Iterable<string>,
  { out, context, what }: { readonly out: string | undefined; readonly context: Context; readonly what: string },
): Promise<void> {
  if (out === undefined) await printAll(pieces, context)
  else writeFileWhole(pieces, out, what)
}

async function printAll(pieces: Iterable<string>, { terminal }: Context): Promise<void> {
  for (const piece of inBlocks(pieces)) if (!(await terminal.print(piece))) return
}

/**
 * Writes a file in place of what was there: whoever reads it meanwhile sees the old one or the new one whole, and a
 * disk that fills up leaves the old one.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when it cannot be written.
 */
export function writeFileWhole(pieces: Iterable<string>, file: string, what: string): void {
  try {
    const { path, mode } = placeOf(file)
    // What is no file (`/dev/stdout`, a named pipe) is written to as it is.
    if (mode === null) writeInto(pieces, path)
    else replaceFile(pieces, path, mode)
  } catch (cause) {
    if (cause instanceof HookcastError || !(cause instanceof Error) || !('syscall' in cause)) throw cause
    throw new HookcastError('HOOKCAST_USAGE', `Could not write the ${what} (${cause.message})`, { cause })
  }
}

/** Where a name leads, and the mode that the file there has or gets; null when it is no file. */
function placeOf(file: string): { readonly path: string; readonly mode: number | null } {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return { path: file, mode: FILE_MODE }
  return found.isFile() ? { path: realpathSync(file), mode: found.mode & 0o777 } : { path: file, mode: null }
}

function replaceFile(pieces: Iterable<string>, path: string, mode: number): void {
  const beside = `${path}.${process.pid}.part`
  try {
    writeInto(pieces, beside)
    chmodSync(beside, mode)
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

function writeInto(pieces: Iterable<string>, path: string): void {
  const descriptor = openSync(path, 'w', FILE_MODE)
  try {
    for (const block of inBlocks(pieces)) writeSync(descriptor, block)
  } finally {
    closeSync(descriptor)
  }
}

const BLOCK_LENGTH = 65_536

/** A million results are a million small pieces: one system call each would take longer than reading them. */
function* inBlocks(pieces: Iterable<string>): Iterable<string> {
  let block = ''
  for (const piece of pieces) {
    block += piece
    if (block.length < BLOCK_LENGTH) continue
    yield block
    block = ''
  }
  if (block !== '') yield block
}
