import type { RunState } from '../campaign/result.ts'

/** How long a run waits for anything: until it is asked to end, with that state then. */
export interface Patience extends Disposable {
  readonly signal: AbortSignal
  readonly state: RunState
}

export function patienceUntil(asked: Promise<RunState>, cutSignal: AbortSignal | undefined): Patience {
  const patience = new AbortController()
  let state: RunState = 'interrupted'
  const listenTo = async (): Promise<void> => {
    state = await asked
    patience.abort()
  }
  void listenTo()
  const unlisten = onSignal(cutSignal, () => patience.abort())
  return {
    signal: patience.signal,
    get state() {
      return state
    },
    [Symbol.dispose]: unlisten,
  }
}

export function onSignal(signal: AbortSignal | undefined, onAbort: () => void): () => void {
  if (signal === undefined) return () => undefined
  if (signal.aborted) queueMicrotask(onAbort)
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
