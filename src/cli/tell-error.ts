import { CommanderError } from 'commander'
import { ConfigError, ERROR_CODES, HookcastError, type ErrorCode, type Problem } from '../errors.ts'
import type { Context } from './context.ts'
import { EXIT_INTERRUPTED, EXIT_REFUSED } from './exit-code.ts'

/** Says in words what went wrong, and as one JSON object where that was asked for; gives the exit code. */
export async function tellError(error: unknown, context: Context): Promise<number> {
  const { terminal, openRun, command } = context
  const told = describe(error)
  // Commander has told its own already.
  if (!(error instanceof CommanderError))
    terminal.tell(wordsOf(error, told).replace('hookcast <command> --help', `hookcast ${command} --help`))
  if (openRun !== null) {
    terminal.tell(`Go on with: ${context.commandFor('resume', openRun.runId, openRun.settings)}`)
  }
  if (context.isJson) await terminal.print(`${JSON.stringify({ error: told }, null, 2)}\n`)
  return openRun !== null || told.code === 'HOOKCAST_INTERRUPTED' ? EXIT_INTERRUPTED : EXIT_REFUSED
}

interface ToldError {
  readonly code: ErrorCode
  readonly message: string
  readonly problems: readonly Problem[]
}

function describe(error: unknown): ToldError {
  if (error instanceof ConfigError) return { code: error.code, message: error.message, problems: error.problems }
  if (error instanceof HookcastError) return { code: error.code, message: error.message, problems: [] }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof CommanderError) {
    return { code: 'HOOKCAST_USAGE', message: message.replace(/^error: /, ''), problems: [] }
  }
  return { code: 'HOOKCAST_UNEXPECTED', message, problems: [] }
}

/** The sentence for the terminal: what happened, then what to do. */
export function wordsOf(error: unknown, told: ToldError = describe(error)): string {
  const { code, message, problems } = told
  const todo = `${ERROR_CODES[code].todo} (${code})`
  if (problems.length > 0) return `${message}\n\n${todo}`
  if (code !== 'HOOKCAST_UNEXPECTED') return `${message}\n${todo}`
  const stack = error instanceof Error ? (error.stack ?? message) : message
  return `${stack}\n${todo}`
}
