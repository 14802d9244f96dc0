import { closeSync, openSync, writeSync } from 'node:fs'
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
  else writeAll(pieces, out, what)
}

async function printAll(pieces: Iterable<string>, { terminal }: Context): Promise<void> {
  for (const piece of inBlocks(pieces)) if (!(await terminal.print(piece))) return
}

function writeAll(pieces: Iterable<string>, file: string, what: string): void {
  let descriptor: number | null = null
  const blocks = inBlocks(pieces)
  try {
    descriptor = openSync(file, 'w', FILE_MODE)
    for (const block of blocks) writeSync(descriptor, block)
  } catch (cause) {
    if (cause instanceof HookcastError || !(cause instanceof Error) || !('syscall' in cause)) throw cause
    throw new HookcastError('HOOKCAST_USAGE', `Could not write the ${what} (${cause.message})`, { cause })
  } finally {
    if (descriptor !== null) closeSync(descriptor)
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
