import { wire } from '../hookcast.ts'

/** Those that end in calls, by how they begin. */
const SENDING: ReadonlySet<string> = new Set(['run', 'resume', 'replay'])
const NOT_SENDING: ReadonlySet<string> = new Set(['--help', '-h', '--dry-run', '--redis'])

/**
 * Runs one command of `hookcast` and sets the exit code of the process.
 *
 * A sender process takes as long to load as all that a command needs itself: it begins before that is looked at.
 *
 * Shape: `argv` without the program's own name
 */
export async function main(argv: readonly string[]): Promise<void> {
  const isSending = argv[0] !== undefined && SENDING.has(argv[0]) && !argv.some((word) => NOT_SENDING.has(word))
  const wiring = wire({ isSending })
  const { runCommand } = await import('./program.ts')
  await runCommand(argv, wiring)
}
