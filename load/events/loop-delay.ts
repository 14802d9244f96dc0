/** Loaded into the service before its own code: tells how long its event loop was held up since it was asked last. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface LoopDelays {
  /** Milliseconds. */
  readonly p99: number
  readonly max: number
}

/** Of the watch itself, which is in what it finds. */
const RESOLUTION_MS = 1

const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()
process.on('message', () => {
  const found: LoopDelays = { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 }
  delays.reset()
  process.send!(found)
})
