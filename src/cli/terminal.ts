import type { WriteStream } from 'node:tty'
import type { Environment } from '../campaign/secret-text.ts'

const CLEAR_LINE = '\r\u001B[2K'
const DEFAULT_WIDTH = 100
/** Set by npm for whatever it starts: `exec`, `run-script`. */
const NPM_COMMAND = 'npm_command'
const OUR_COMMAND = /(?<=`)hookcast (?=[a-z<])|(?<!npx )\bhookcast (?=[a-z]+ [\da-f]{8}-)/g

/**
 * What people and programs read: results on standard output, everything else on standard error.
 *
 * A reader that goes away (`| head`, a closed window) is no reason to stop a run: nothing more is written to it then.
 */
export class Terminal {
  readonly #env: Environment
  /** Streams that take nothing any more, and why. */
  readonly #gone = new Map<WriteStream, unknown>()
  #status = ''

  constructor(env: Environment) {
    this.#env = env
    for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => this.#lose(stream, error))
  }

  /** Somebody sits there who can be asked. */
  get isInteractive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY
  }

  get isOutputColored(): boolean {
    return this.#isColored(process.stdout)
  }

  get hasStatusLine(): boolean {
    return process.stderr.isTTY && this.#env['TERM'] !== 'dumb'
  }

  get outputWidth(): number {
    return widthOf(process.stdout)
  }

  get statusWidth(): number {
    return widthOf(process.stderr)
  }

  /** Writes to standard output, as fast as it is read; false when nobody reads it any more. */
  async print(text: string): Promise<boolean> {
    const { stdout } = process
    if (this.#gone.has(stdout) || stdout.destroyed) return false
    const { promise, resolve } = Promise.withResolvers<void>()
    stdout.write(text, (error) => {
      if (error != null) this.#lose(stdout, error)
      resolve()
    })
    await promise
    return !this.#gone.has(stdout)
  }

  /** Why what was printed has not arrived (a full disk); null when it has, or when its reader had seen enough. */
  get printFailure(): Error | null {
    const cause = this.#gone.get(process.stdout)
    return cause instanceof Error && !isReaderGone(cause) ? cause : null
  }

  /**
   * Names our commands in a text for people as they have to be typed here.
   *
   * Under npm (`npx hookcast`, a script of package.json) the command is in no folder that a shell looks into.
   */
  asTyped(text: string): string {
    return this.#env[NPM_COMMAND] === undefined ? text : text.replaceAll(OUR_COMMAND, 'npx $&')
  }

  /** Writes a line to standard error. */
  tell(text: string): void {
    const status = this.#status
    this.status('')
    this.#write(`${visible(this.asTyped(text))}\n`)
    this.status(status)
  }

  /** Shows one line that stays at the bottom and is written over; empty takes it away. */
  status(text: string): void {
    if (!this.hasStatusLine || text === this.#status) return
    this.#status = text
    this.#write(CLEAR_LINE + text)
  }

  #lose(stream: WriteStream, error: unknown): void {
    if (!this.#gone.has(stream)) this.#gone.set(stream, error)
  }

  #write(text: string): void {
    if (!this.#gone.has(process.stderr) && !process.stderr.destroyed) process.stderr.write(text)
  }

  /** @see https://no-color.org */
  #isColored(stream: WriteStream): boolean {
    return stream.isTTY && (this.#env['NO_COLOR'] ?? '') === '' && this.#env['TERM'] !== 'dumb'
  }
}

/** A terminal that was never told its size says 0; a file or a pipe says nothing. */
function widthOf({ columns }: { readonly columns?: number }): number {
  return columns === undefined || columns === 0 ? DEFAULT_WIDTH : columns
}

function isReaderGone(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET')
}

/**
 * Makes control characters visible, line breaks and tabs aside.
 *
 * What customers and receivers wrote would otherwise move the cursor, retitle the window, or worse.
 *
 * @example visible('a\u001B[2J') // 'a\\x1b[2J'
 */
export function visible(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n\t]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
