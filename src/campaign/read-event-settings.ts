import type { EventProfileSettings, EventSettings } from './settings.ts'
import type { SettingsInput } from './settings-schema.ts'
import type { Repaired } from './shape-problem.ts'
import { parseBytes, parseDurationMs, parsePerSecond } from './unit.ts'
import type { YamlReader } from './yaml-reader.ts'

const KEPT = '30d'
const STORAGE = '20GiB'
const MOST_HELD = 500_000
const APP_RATE = '5000/s'
const APP_BACKLOG = 1_000_000
const APP_STORAGE = '10GiB'
const APP_ENDPOINTS = 1000

type Input = Repaired<SettingsInput>

/** Reads `events:`. Whether there are such profiles is looked at when the service starts: this room knows none. */
export function readEvents(reader: YamlReader, { events }: Input): EventSettings {
  const { retry, default_profile, profiles, retention, storage, disk_reserve, ...ceilings } = events ?? {}
  const payloadsKeptMs = parseDurationMs(retention?.payloads ?? KEPT)!
  const attemptsKeptMs = parseDurationMs(retention?.attempts ?? KEPT)!
  if (attemptsKeptMs < payloadsKeptMs) {
    const message = 'expected events.retention.attempts to be at least as long as events.retention.payloads, got less'
    reader.report(['events', 'retention', retention?.attempts === undefined ? 'payloads' : 'attempts'], message)
  }
  const delaysMs = retry?.flatMap((wait) => (wait === undefined ? [] : [parseDurationMs(wait)!])) ?? null
  return {
    delaysMs,
    defaultProfile: default_profile ?? 'svix',
    profiles: wholeProfiles(profiles ?? {}),
    payloadsKeptMs,
    attemptsKeptMs,
    storageBytes: parseBytes(storage ?? STORAGE)!,
    reserveBytes: disk_reserve == null ? null : parseBytes(disk_reserve)!,
    ...readCeilings(ceilings),
  }
}

type Ceilings = Pick<NonNullable<Input['events']>, 'most_held' | 'per_app'>

function readCeilings({ most_held, per_app }: Ceilings): Pick<EventSettings, 'mostHeld' | 'perApp'> {
  const { rate, backlog, storage, endpoints } = per_app ?? {}
  return {
    mostHeld: most_held ?? MOST_HELD,
    perApp: {
      perSecond: parsePerSecond(rate ?? APP_RATE)!,
      backlog: backlog ?? APP_BACKLOG,
      bytes: parseBytes(storage ?? APP_STORAGE)!,
      endpoints: endpoints ?? APP_ENDPOINTS,
    },
  }
}

/** What is wrong with the others was reported with their shape. */
function wholeProfiles(written: Readonly<Record<string, unknown>>): EventSettings['profiles'] {
  const whole: Record<string, EventProfileSettings> = {}
  for (const [name, profile] of Object.entries(written)) {
    if (typeof profile !== 'object' || profile === null) continue
    const { header, content, hash, encoding, key_encoding } = profile as Partial<EventProfileSettings>
    if (header === undefined || content === undefined || hash === undefined) continue
    if (encoding === undefined || key_encoding === undefined) continue
    const given = Object.entries(profile).filter(([, value]) => value !== undefined && value !== null)
    whole[name] = Object.fromEntries(given) as unknown as EventProfileSettings
  }
  return whole
}
