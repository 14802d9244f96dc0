import { systemClock } from '../clock.ts'
import { packReports } from '../queue/plain-reports.ts'
import type { FromSender, ToSender } from '../queue/protocol.ts'
import { loadUndici } from '../request/request.ts'
import { armSender } from './crash-point.ts'
import { Sender, type SenderPort } from './sender.ts'
import type { SenderSetup } from './sender-setup.ts'

/** A sign of life, so that a hung sender is told apart from one with nothing to report. */
const BEAT_MS = 1000

let sender: Sender | null = null

function tell(message: FromSender, onSent?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => onSent?.())
}

function setUp(setup: SenderSetup, isReplacement: boolean): void {
  const port: SenderPort = {
    reports: (groups) => {
      const { inFlight, unstarted } = sender!
      tell({ kind: 'reports', packed: packReports(groups), inFlight, unstarted })
    },
    started: (sliceId) => tell({ kind: 'started', sliceId }),
    ended: (sliceId, notStarted) => tell({ kind: 'ended', sliceId, notStarted }),
    alarm: (alarm) => tell({ kind: 'alarm', alarm }),
    acknowledged: (order) => tell({ kind: 'acknowledged', order }),
    announce: (announced, onAnnounced) => tell({ kind: 'announced', announced }, onAnnounced),
  }
  const { crashAt } = setup
  sender = new Sender({
    setup,
    isReplacement,
    clock: systemClock,
    port: crashAt === undefined ? port : armSender(crashAt, port),
  })
  tell({ kind: 'ready' })
}

function hear(message: ToSender): void {
  switch (message.kind) {
    case 'setup':
      return setUp(message.setup as SenderSetup, message.isReplacement)
    case 'slice':
      return sender!.take(message.slice)
    case 'share':
      return sender!.setShare(message)
    case 'stop':
      return sender!.stop(message)
    case 'go':
      return sender!.go()
    case 'lease':
      return hold(message.ms)
  }
}

let cancelHold = (): void => undefined

/** Without another word it starts nothing once the lease is over, whatever became of whoever gave it. */
function hold(ms: number): void {
  cancelHold()
  sender!.hold(ms === 0)
  if (ms > 0) cancelHold = systemClock.after(ms, () => sender!.hold(true))
}

function beat(): void {
  systemClock.after(BEAT_MS, () => {
    tell({ kind: 'beat', inFlight: sender?.inFlight ?? 0, unstarted: sender?.unstarted ?? 0 })
    beat()
  })
}

// Ctrl-C reaches the whole foreground group: what it means is the coordinator's to decide.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
// Without a coordinator nobody writes outcomes down: not one call more.
process.on('disconnect', () => process.exit(0))
// It may have gone while this was being loaded, and nobody heard of it.
if (!process.connected) process.exit(0)
process.on('uncaughtException', (error) => {
  tell({ kind: 'failed', message: `A sender process failed: ${error.stack ?? error.message}` }, () => process.exit(1))
})
process.on('message', (message) => hear(message as ToSender))
beat()
// Whoever stands by has nothing else to do, and is to make calls: half of its start is loading what makes them.
if (process.argv[2] === 'standby') loadUndici()
