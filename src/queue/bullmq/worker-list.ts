import { Queue as JobQueue } from 'bullmq'
import { systemClock } from '../../clock.ts'
import type { RedisLink } from './redis-link.ts'
import { CALLS, SLICES, workerKeys, WORKERS, type Registration } from './wire.ts'

export interface ListedWorker extends Registration {
  readonly id: string
}

interface Seen {
  readonly beat: number
  readonly at: number
}

/** A worker registers each second: without it for so long it is not counted on. */
const MISSING_MS = 5000
/** After so long its place in the list is cleared. */
const FORGOTTEN_MS = 60_000

/** Which workers there are, as they say it themselves. */
export class WorkerList {
  readonly #link: RedisLink
  readonly #seen = new Map<string, Seen>()
  #workers: readonly ListedWorker[] = []

  constructor(link: RedisLink) {
    this.#link = link
  }

  get workers(): readonly ListedWorker[] {
    return this.#workers
  }

  /** Also clears what those have left who have said nothing for so long that they will not. */
  async look(): Promise<void> {
    const now = systemClock.now()
    const all = await this.#link.redis.hgetall(WORKERS)
    const workers: ListedWorker[] = []
    const forgotten: string[] = []
    for (const [id, text] of Object.entries(all)) {
      const registration = registrationFrom(text)
      if (registration === null) continue
      const seen = this.#seen.get(id)
      if (seen === undefined || seen.beat !== registration.beat)
        this.#seen.set(id, { beat: registration.beat, at: now })
      const silentMs = now - this.#seen.get(id)!.at
      if (silentMs < MISSING_MS) workers.push({ ...registration, id })
      else if (silentMs > FORGOTTEN_MS) forgotten.push(id)
    }
    for (const id of this.#seen.keys()) if (!(id in all)) this.#seen.delete(id)
    this.#workers = workers
    for (const id of forgotten) await clearWorker(this.#link, id)
  }
}

/** Null for what is none: another version may tell other things of itself, and must keep nobody from the workers that there are. */
function registrationFrom(text: string): Registration | null {
  try {
    const { beat, version, keyIds, host, senders, inUse, egressPools, ...rest } = JSON.parse(text) as Registration
    const isWhole = [beat, senders, inUse].every(Number.isFinite) && [keyIds, egressPools].every(Array.isArray)
    if (!isWhole || typeof version !== 'string' || typeof host !== 'string') return null
    return { beat, version, keyIds, host, senders, inUse, egressPools, ...rest }
  } catch {
    return null
  }
}

/** Removes what was said to a worker after it had left, and that nobody will read. */
export async function clearIfGone(link: RedisLink, worker: string): Promise<void> {
  if ((await link.redis.hexists(WORKERS, worker)) === 0) await clearWorker(link, worker)
}

/** Removes all that there is of a worker in Redis. */
export async function clearWorker({ redis }: RedisLink, worker: string): Promise<void> {
  const { prefix, inbox } = workerKeys(worker)
  for (const name of [SLICES, CALLS]) {
    const jobs = new JobQueue(name, { connection: redis, prefix, skipMetasUpdate: true })
    jobs.on('error', () => undefined)
    await jobs.obliterate({ force: true })
    await jobs.close()
  }
  await redis.del(inbox)
  // Last: as long as it is listed, others look after what is left.
  await redis.hdel(WORKERS, worker)
}

/** Why a worker is not for this process, in words; null when it is. */
export function whyUnusable(
  { version, keyIds, host }: ListedWorker,
  own: { readonly keyId: string; readonly version: string },
): string | null {
  if (!keyIds.includes(own.keyId)) return `The worker on ${host} has another HOOKCAST_SECRET_KEY, and is not used`
  if (version === own.version) return null
  return `The worker on ${host} is hookcast ${version}, not ${own.version}, and is not used`
}
