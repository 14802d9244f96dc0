import type { Slice } from '../campaign/delivery.ts'
import type { FromSender, ToSender } from './protocol.ts'
import type { Announced } from './queue.ts'

/** The way to one sender, wherever it runs. */
export interface SenderLine {
  /** Called back once, when it is gone for good; `error` says why, where that is known. */
  listen(onMessage: (message: FromSender) => void, onGone: (error: Error | null) => void): void
  send(message: ToSender): void
  /** Ends it at once. */
  kill(): void
  /** Nothing more comes from here: it ends by itself. */
  disconnect(): void
}

interface HeldSlice {
  readonly slice: Slice
  readonly lentAt: number
  isStarted: boolean
}

/** One sender as the coordinator sees it: what it holds, its share, and when it was heard last. */
export class KnownSender {
  readonly line: SenderLine
  readonly slices = new Map<number, HeldSlice>()
  isReady = false
  /** It is to be given nothing more. */
  isLeaving = false
  inFlight = 0
  unstarted = 0
  heardAt: number
  /** The share it was last told, and the one it may still be using until it acknowledges. */
  share = 0
  usedShare = 0
  toldGate = -1
  toldPerSecond: number | null = null
  announced: Announced | null = null

  constructor(line: SenderLine, now: number) {
    this.line = line
    this.heardAt = now
  }

  /** Slices that still have rows to start: it holds at most two of these. */
  get heldSlices(): number {
    let held = 0
    for (const { isStarted } of this.slices.values()) if (!isStarted) held++
    return held
  }

  /** The oldest slice that has rows to start; infinite without one. */
  get nextSlice(): number {
    let next = Number.POSITIVE_INFINITY
    for (const [id, { isStarted }] of this.slices) if (!isStarted && id < next) next = id
    return next
  }
}
