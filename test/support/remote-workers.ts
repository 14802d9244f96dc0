import { randomBytes } from 'node:crypto'
import { childrenOf, startCommand, type RunningCommand } from './command-line.ts'

/** Worker processes of one Redis, and what runs need to reach them. */
export class RemoteWorkers implements AsyncDisposable {
  readonly env = { HOOKCAST_SECRET_KEY: randomBytes(32).toString('base64') }
  readonly #url: string
  readonly #workers = new Set<RunningCommand>()

  constructor(url: string) {
    this.#url = url
  }

  get args(): readonly string[] {
    return ['--redis', this.#url]
  }

  /** In the order in which they were started. */
  get all(): readonly RunningCommand[] {
    return [...this.#workers]
  }

  /** Starts one more, and waits until it can be asked. */
  async add({
    url = this.#url,
    config,
  }: { readonly url?: string; readonly config?: string } = {}): Promise<RunningCommand> {
    const own = config === undefined ? [] : ['--config', config]
    const worker = startCommand(['worker', '--redis', url, '--senders', '2', ...own], this.env)
    this.#workers.add(worker)
    await worker.untilStderr('working for')
    return worker
  }

  /** Ends one at once, with its senders: as a machine that loses its power. */
  kill(worker: RunningCommand): void {
    const senders = childrenOf(worker.pid)
    for (const pid of [worker.pid, ...senders]) process.kill(pid, 'SIGKILL')
    this.#workers.delete(worker)
  }

  /** Lets one finish what is in flight, and leave. */
  async leave(worker: RunningCommand): Promise<void> {
    worker.child.kill('SIGTERM')
    await worker.finished
    this.#workers.delete(worker)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) {
      worker.child.kill('SIGKILL')
      await worker.finished
    }
  }
}
