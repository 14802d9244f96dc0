import type { Clock } from '../clock.ts'
import { orInterrupted } from '../library/library.ts'
import { EXIT_INTERRUPTED } from './exit-code.ts'

export interface Interrupts extends Disposable {
  /** Stop starting; finish what is in flight. */
  readonly signal: AbortSignal
  /** Stop at once. */
  readonly cutSignal: AbortSignal
}

/**
 * A second SIGINT within this time is the same press: npm and npx pass on what the terminal has sent to their
 * child already (@npmcli/run-script, signal-manager.js).
 */
const SAME_PRESS_MS = 500

/**
 * Listens to Ctrl-C and the signals that end a process, in place of dying from them.
 *
 * Ctrl-C or SIGTERM once, or SIGHUP: `signal`. Once more: `cutSignal`. A third time ends the process, as `kill -9` would.
 */
export function watchInterrupts(clock: Clock, onInterrupt: (how: 'stop' | 'cut') => void): Interrupts {
  const stop = new AbortController()
  const cut = new AbortController()
  let pressedAt = Number.NEGATIVE_INFINITY
  const onStop = (): void => {
    if (stop.signal.aborted) return
    onInterrupt('stop')
    stop.abort()
  }
  const onPress = (): void => {
    const now = clock.now()
    const isSamePress = now - pressedAt < SAME_PRESS_MS
    pressedAt = now
    if (isSamePress) return
    if (!stop.signal.aborted) return onStop()
    if (cut.signal.aborted) process.exit(EXIT_INTERRUPTED)
    onInterrupt('cut')
    cut.abort()
  }
  process.on('SIGINT', onPress)
  process.on('SIGTERM', onPress)
  process.on('SIGHUP', onStop)
  return {
    signal: stop.signal,
    cutSignal: cut.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onPress)
      process.off('SIGTERM', onPress)
      process.off('SIGHUP', onStop)
    },
  }
}

/** Does something that sends nothing until a signal ends it. */
export async function untilInterrupted<T>(clock: Clock, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using interrupts = watchInterrupts(clock, () => undefined)
  return await orInterrupted(interrupts.signal, () => work(interrupts.signal))
}
