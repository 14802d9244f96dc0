import { subscribe } from 'node:diagnostics_channel'
import type { SenderPort } from './sender.ts'

const CRASH_POINTS = ['after_lend', 'after_send', 'after_answer', 'before_commit', 'after_commit'] as const

/** Where a test lets the program die, as by `kill -9`: at the nth delivery that comes there, counted from 1. */
export interface CrashPoint {
  readonly point: (typeof CRASH_POINTS)[number]
  readonly nth: number
}

/** Reads `HOOKCAST_CRASH_AT=after_send:17`; null without it. Only the environment can say it: no file does. */
export function crashPointFrom(env: Readonly<Record<string, string | undefined>>): CrashPoint | null {
  const [name, nth] = (env['HOOKCAST_CRASH_AT'] ?? '').split(':')
  const point = CRASH_POINTS.find((known) => known === name)
  return point === undefined ? null : { point, nth: Number(nth) }
}

/** Arms the points on a sender's way. They stand beside the engine, so that one that is not armed has nothing to pass by. */
export function armSender({ point, nth }: CrashPoint, port: SenderPort): SenderPort {
  let seen = 0
  if (point === 'after_send') {
    subscribe('undici:request:bodySent', () => {
      // What undici has written leaves when it gives way.
      if (++seen === nth) setImmediate(dieWithParent)
    })
  }
  if (point !== 'after_answer') return port
  return {
    ...port,
    reports: (batches) => {
      for (const { reports } of batches) seen += reports.length
      if (seen >= nth) dieWithParent()
      port.reports(batches)
    },
  }
}

/** The coordinator first: nobody is to hear of this sender's end. */
function dieWithParent(): void {
  process.kill(process.ppid, 'SIGKILL')
  process.kill(process.pid, 'SIGKILL')
}
