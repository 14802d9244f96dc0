import type { DeliveryReport } from '../../campaign/delivery.ts'
import { systemClock } from '../../clock.ts'
import { unpackReports } from '../plain-reports.ts'
import { atMost } from './at-most.ts'
import { Outbox } from './outbox.ts'
import type { RedisLink } from './redis-link.ts'
import { runKeys, workerKeys, type FromWorker } from './wire.ts'
import { WorkerList } from './worker-list.ts'

interface LinePlace {
  readonly runId: string
  readonly session: string
  readonly line: string
  readonly worker: string
}

/** Results of a run that nobody takes over are not kept for ever. */
export const KEPT_MS = 7 * 24 * 3_600_000
const LOOK_MS = 200
/** A worker that lives says within a second that it does; its last calls are over, or in doubt. */
const GIVEN_UP_MS = 6000
const MOST_ENTRIES = 1000

/** Writes down which worker a sender is on, before it is asked for it. */
export async function rememberLine(link: RedisLink, { runId, session, line, worker }: LinePlace): Promise<void> {
  const { sessions } = runKeys(runId)
  await Promise.all([link.redis.hset(sessions, `${session}/${line}`, worker), keepSessions(link, runId)])
}

/** A run may go on for longer than what it leaves is kept. */
export async function keepSessions({ redis }: RedisLink, runId: string): Promise<void> {
  await redis.pexpire(runKeys(runId).sessions, KEPT_MS)
}

/** Removes what a session has left in Redis; without an answer it goes by itself, in days. */
export async function forgetSession(
  { redis }: RedisLink,
  { runId, session }: Pick<LinePlace, 'runId' | 'session'>,
): Promise<void> {
  const { sessions, out } = runKeys(runId)
  const forget = async (): Promise<void> => {
    try {
      await redis.del(out(session))
      const fields = (await redis.hkeys(sessions)).filter((field) => field.startsWith(`${session}/`))
      if (fields.length > 0) await redis.hdel(sessions, ...fields)
    } catch {
      // Not now: it is sealed, and has its end.
    }
  }
  await atMost(GIVEN_UP_MS, forget())
}

/** What a dead coordinator has left with workers. */
export interface TakenBack {
  /** What they had reported since, in their order; some of it may have been recorded already. */
  readonly reports: readonly DeliveryReport[]
  /** Removes it from Redis, once it is recorded: until then another coordinator may have to take it back. */
  forget(): Promise<void>
}

/** Ends the senders that a dead coordinator has left on workers, so that two never send the same. */
export async function takeBack(link: RedisLink, runId: string): Promise<TakenBack> {
  const { sessions } = runKeys(runId)
  const lines = new Map<string, Map<string, string>>()
  for (const [field, worker] of Object.entries(await link.redis.hgetall(sessions))) {
    const [session = '', line = ''] = field.split('/')
    const known = lines.get(session) ?? new Map<string, string>()
    lines.set(session, known.set(line, worker))
  }
  const reports: DeliveryReport[] = []
  for (const [session, workers] of lines) {
    for (const report of await endSession(link, { runId, session, workers })) reports.push(report)
  }
  return {
    reports,
    forget: async () => {
      for (const session of lines.keys()) await forgetSession(link, { runId, session })
    },
  }
}

async function endSession(
  link: RedisLink,
  { runId, session, workers }: { runId: string; session: string; workers: ReadonlyMap<string, string> },
): Promise<readonly DeliveryReport[]> {
  const out = runKeys(runId).out(session)
  // Where Redis has lost it, nobody could say that they are gone.
  if ((await link.redis.exists(out)) === 0) await link.redis.xadd(out, '*', 'm', link.seal.seal([], out))
  const inboxes = new Map<string, Outbox>()
  for (const [line, worker] of workers) {
    const { inbox: key } = workerKeys(worker)
    const inbox = inboxes.get(key) ?? new Outbox({ link, key, clock: systemClock, gatherMs: 0, makesStream: false })
    inboxes.set(key, inbox)
    inbox.put({ kind: 'close', line, out })
  }
  const open = new Map(workers)
  const list = new WorkerList(link)
  const late: DeliveryReport[] = []
  const startedAt = systemClock.now()
  let cursor = '-'
  for (;;) {
    const entries = await link.redis.xrangeBuffer(out, cursor, '+', 'COUNT', MOST_ENTRIES)
    for (const [id, [, sealed]] of entries) {
      cursor = `(${String(id)}`
      for (const { line, message } of link.seal.open(sealed!, out) as FromWorker[]) {
        if (message.kind === 'gone') open.delete(line)
        if (message.kind !== 'reports') continue
        for (const { reports } of unpackReports(message.packed)) late.push(...reports)
      }
    }
    if (entries.length === MOST_ENTRIES) continue
    await list.look()
    const alive = new Set(list.workers.map(({ id }) => id))
    const isWaiting = [...open.values()].some((worker) => alive.has(worker))
    if (!isWaiting || systemClock.now() - startedAt > GIVEN_UP_MS) break
    await systemClock.sleep(LOOK_MS)
  }
  for (const inbox of inboxes.values()) inbox.close()
  return late
}
