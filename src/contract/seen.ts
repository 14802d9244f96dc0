import type { Reply } from './caller.ts'
import type { CertificateTimes } from './certificate.ts'
import type { Load } from './load.ts'
import type { SpoiledBody } from './payload.ts'

export interface SpoiledReply {
  readonly body: SpoiledBody
  readonly reply: Reply
}

/** What was seen, by the probe that saw it. */
export interface Seen {
  readonly valid: Reply
  readonly certificate: CertificateTimes | null
  readonly noCredentials: Reply
  readonly wrongCredentials: Reply
  readonly broken: Reply
  readonly spoiled: readonly SpoiledReply[]
  readonly duplicate: readonly [Reply, Reply]
  readonly large: Reply
  readonly keepAlive: readonly Reply[]
  readonly load1: Load
  readonly load50: Load
  readonly connections: Load
  readonly load200: Load
}

export type ProbeId = keyof Seen

/** Every reply that came, whatever it was for. */
export function allReplies(seen: Partial<Seen>): readonly Reply[] {
  const { valid, noCredentials, wrongCredentials, broken, large } = seen
  const single = [valid, noCredentials, wrongCredentials, broken, large].filter((reply) => reply !== undefined)
  const loads = [seen.load1, seen.load50, seen.connections, seen.load200]
  return [
    ...single,
    ...(seen.spoiled ?? []).map(({ reply }) => reply),
    ...(seen.duplicate ?? []),
    ...(seen.keepAlive ?? []),
    ...loads.flatMap((load) => load?.replies ?? []),
  ]
}
