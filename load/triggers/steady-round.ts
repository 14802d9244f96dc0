import { systemClock } from '../../src/clock.ts'
import { readCpuTimes, readMachineTimes } from '../bench/process-figures.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { sendSteadily } from './send-steadily.ts'
import type { Service } from './service.ts'
import type { SteadyRound } from './table.ts'

/** Until everybody was called: a receiver that was gone is tried every 30 s at the latest. */
const LONGEST_MS = 180_000

/** Starts the service, sends `count` triggers to it one by one while a receiver takes the calls, and ends it. */
export async function steadyRound(
  service: Service,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<SteadyRound> {
  await using _ = service
  await service.start()
  await service.activate()
  using receiver = await startReceiver(service.receiverPort)
  await warmUp(service, perSecond)
  const before = service.taken()
  const others = watchOthers(service, receiver)
  const accepted = await sendSteadily(service.url, { count, perSecond })
  const othersShare = others()
  const lastAt = Math.max(...accepted.map(({ at }) => at))
  const all = accepted.length + warmUpOf(perSecond)
  const behind = all - (await receiver.count())
  await untilCalled(receiver, all)
  const after = service.taken()
  const journal = await receiver.journal()
  const calledAt = new Map(journal.map(({ id, at }) => [id, at]))
  return {
    accepted,
    toCallMs: accepted.map(({ id, at }) => (calledAt.get(id) ?? Infinity) - at),
    behind,
    caughtUpMs: Math.max(...calledAt.values()) - lastAt,
    ownMicros: ((after.ownMs - before.ownMs) * 1000) / count,
    senderMicros: ((after.sendersMs - before.sendersMs) * 1000) / count,
    peakBytes: after.peakBytes,
    othersShare,
  }
}

/** Gives what share of one core programs that are no part of this took since. */
function watchOthers(service: Service, receiver: Receiver): () => number {
  const look = (): readonly [number, number] => {
    const { ownMs, sendersMs } = service.taken()
    const partsMs = ownMs + sendersMs + (readCpuTimes('self')?.ownMs ?? 0) + (readCpuTimes(receiver.pid)?.ownMs ?? 0)
    return [(readMachineTimes()?.busyMs ?? partsMs) - partsMs, performance.now()]
  }
  const [othersMs, at] = look()
  return () => {
    const [othersMsNow, now] = look()
    return (othersMsNow - othersMs) / (now - at)
  }
}

/** Two seconds of it: a process that has just begun compiles what it runs, at both ends. */
export const warmUpOf = (perSecond: number): number => 2 * perSecond

export async function warmUp(service: Service, perSecond: number): Promise<void> {
  await sendSteadily(service.url, { count: warmUpOf(perSecond), perSecond, prefix: 'w' })
}

/** Repeats may come besides: whoever is missing after that time shows in the table. */
export async function untilCalled(receiver: Receiver, customers: number): Promise<void> {
  for (const until = Date.now() + LONGEST_MS; Date.now() < until;) {
    if ((await receiver.count()) >= customers) return
    await systemClock.sleep(100)
  }
}
