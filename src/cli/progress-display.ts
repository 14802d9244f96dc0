import type { Clock } from '../clock.ts'
import { formatProgress } from '../report/report.ts'
import type { Progress } from '../runner/runner.ts'
import type { Terminal } from './terminal.ts'

/** Ten times a second looks alive; more only costs the coordinator time. */
const BAR_MS = 100
/** A log file is read later: a line now and then tells enough. */
const LINE_MS = 5000

/** Shows how far a run is: a bar that is written over on a terminal, a line now and then elsewhere. */
export class ProgressDisplay implements Disposable {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #isUnderWay: boolean
  readonly #everyMs: number
  #latest: Progress | null = null
  #cancel: (() => void) | null = null

  /** `isUnderWay`: the run has come some way already, so that the first word is worth a line. */
  constructor(terminal: Terminal, clock: Clock, { isUnderWay = false } = {}) {
    this.#isUnderWay = isUnderWay
    this.#terminal = terminal
    this.#clock = clock
    this.#everyMs = terminal.hasStatusLine ? BAR_MS : LINE_MS
  }

  /** Called with every commit; shown when it is time. Time alone changes it too: a retry comes nearer. */
  update(progress: Progress): void {
    const isFirst = this.#latest === null
    this.#latest = progress
    if (!isFirst) return
    if (this.#terminal.hasStatusLine || this.#isUnderWay) this.#show()
    this.#wait()
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
    this.#terminal.status('')
  }

  #wait(): void {
    this.#cancel = this.#clock.after(this.#everyMs, () => {
      this.#show()
      this.#wait()
    })
  }

  #show(): void {
    if (this.#latest === null) return
    const isTerminal = this.#terminal.hasStatusLine
    const text = formatProgress(this.#latest, { width: this.#terminal.statusWidth, isTerminal, now: this.#clock.now() })
    if (isTerminal) this.#terminal.status(text)
    else this.#terminal.tell(text)
  }
}
