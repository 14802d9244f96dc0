import type { WriteStream } from 'node:tty'
import type { Environment } from '../campaign/secret-text.ts'

const CLEAR_LINE = '\r\u001B[2K'
const DEFAULT_WIDTH = 100

/**
 * What people and programs read: results on standard output, everything else on standard error.
 *
 * A reader that goes away (`| head`, a closed window) is no reason to stop a run: nothing more is written to it then.
 */
export class Terminal {
  readonly #env: Environment
  readonly #gone = new Set<WriteStream>()
  #status = ''

  constructor(env: Environment) {
    this.#env = env
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => this.#gone.add(stream))
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
    if (!stdout.write(text)) await roomIn(stdout)
    return !this.#gone.has(stdout)
  }

  /** Writes a line to standard error. */
  tell(text: string): void {
    const status = this.#status
    this.status('')
    this.#write(`${visible(text)}\n`)
    this.status(status)
  }

  /** Shows one line that stays at the bottom and is written over; empty takes it away. */
  status(text: string): void {
    if (!this.hasStatusLine || text === this.#status) return
    this.#status = text
    this.#write(CLEAR_LINE + text)
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

/** Resolves when what was written has been taken, or nobody takes anything any more. */
function roomIn(stream: WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const events = ['drain', 'close', 'error'] as const
  const end = (): void => {
    for (const event of events) stream.off(event, end)
    resolve()
  }
  for (const event of events) stream.on(event, end)
  return promise
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
