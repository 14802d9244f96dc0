import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock, type Clock } from './clock.ts'
import { environment, trustEnvironment } from './environment.ts'
import { StandbySender, type SenderProgram } from './queue/processes/processes.ts'

/** The parts that a run is put together from on this machine. */
export interface Wiring {
  readonly version: string
  readonly clock: Clock
  readonly random: () => number
  readonly program: SenderProgram
  /** Sender processes when nobody says how many. */
  readonly senders: number
}

/** Each takes memory of its own, and the one coordinator that feeds them all is the narrow place long before. */
const MOST_SENDERS = 8

/** Puts the parts together: from source as well as from the built program. `isSending`: calls are about to be made. */
export function wire({ isSending = false } = {}): Wiring {
  const program = senderProgram()
  return {
    version: ownVersion(),
    clock: systemClock,
    random: Math.random,
    program: isSending ? { ...program, standby: new StandbySender(program) } : program,
    senders: Math.min(MOST_SENDERS, Math.max(1, availableParallelism())),
  }
}

const PACKAGE = new URL('../package.json', import.meta.url)

function ownVersion(): string {
  return (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { readonly version: string }).version
}

/**
 * Finds a sender's entry file and the folders that it may read under `--permission`: our code, and the packages beside it.
 *
 * Node looks for a package in the `node_modules` of every folder on the way up, and a look that is not permitted is an
 * error, not a miss: all on the way have to be named, whether there or not.
 */
function senderProgram(): SenderProgram {
  const own = fileURLToPath(import.meta.url)
  const readable = new Set([dirname(own), fileURLToPath(PACKAGE)])
  for (let folder = dirname(dirname(own)); ; folder = dirname(folder)) {
    readable.add(join(folder, 'node_modules', '*'))
    if (folder === dirname(folder)) break
  }
  // Where it really lies, should a symbolic link lead to it: the one package that a sender loads from outside.
  const place = import.meta.resolve('undici')
  const end = place.lastIndexOf('/node_modules/')
  if (end !== -1) readable.add(fileURLToPath(`${place.slice(0, end)}/node_modules`))
  const entry = fileURLToPath(new URL(`sender/entry${extname(own)}`, import.meta.url))
  return { entry, readable: [...readable], env: trustEnvironment(environment()) }
}
