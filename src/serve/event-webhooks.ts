import type { Settings } from '../campaign/settings.ts'
import { Events, RemoteCaller, type CallsBrief, type EventRules } from '../events/events.ts'
import type { Tell } from '../campaign/notice.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import type { Surroundings } from '../library/library.ts'
import type { Telemetry } from '../telemetry.ts'
import { provideSecretKeys, Vault } from '../vault/vault.ts'
import { eventProfiles } from './event-profiles.ts'

export interface EventWebhooksOptions {
  readonly surroundings: Surroundings
  readonly telemetry: Telemetry
  /** Ports of the service: no endpoint is there. */
  readonly ownPorts: readonly number[]
  readonly store: ServiceStore
  readonly tell: Tell
  readonly warn: (text: string) => void
  readonly onError: (error: unknown) => void
}

/**
 * Opens the event webhooks of the service, and counts what they do.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when hookcast.yaml names a profile that is none, or a secret key is none.
 */
export function openEvents({ surroundings, telemetry, ownPorts, warn, ...around }: EventWebhooksOptions): Events {
  const { store, tell, onError } = around
  const { env, wiring } = surroundings
  const { clock, random, version } = wiring
  const settings = surroundings.settings(null)
  const { remote } = surroundings
  const brief: CallsBrief = { ownPorts }
  const elsewhere =
    remote === undefined ? {} : { caller: new RemoteCaller(remote.createCalls({ version, brief, onNote: warn })) }
  const events = new Events({
    dataFolder: settings.data,
    clock,
    random,
    userAgent: `hookcast/${version}`,
    vault: new Vault(provideSecretKeys({ env, dataFolder: settings.data, warn })),
    rules: rulesFrom(settings, ownPorts),
    ...elsewhere,
    onError,
    onSuspended: async (id, facts) => await store.commit(() => tell('endpoint.suspended', facts, id)),
    onResealed: ({ resealed, unopened }) => {
      if (resealed + unopened > 0) telemetry.log('secrets.resealed', { resealed, unopened })
      if (unopened > 0) warn(unopenedWords(unopened))
    },
    onAttempt: ({ code, hasSucceeded, httpStatus, latencyMs }, { state }) => {
      telemetry.count('hookcast_event_attempts_total', {
        code: httpStatus === null ? (code ?? '') : String(httpStatus),
      })
      if (httpStatus !== null) telemetry.observe('hookcast_event_attempt_duration_seconds', latencyMs / 1000, {})
      if (!hasSucceeded && state !== 'open') telemetry.count('hookcast_event_deliveries_failed_total', {})
    },
  })
  telemetry.onCollect(() => {
    const { inFlight, stalled, bytes } = events.load
    telemetry.set('hookcast_event_endpoints_stalled', stalled, {})
    telemetry.set('hookcast_event_requests_in_flight', inFlight, {})
    telemetry.set('hookcast_event_storage_bytes', bytes, {})
    telemetry.reset('hookcast_event_endpoints')
    for (const [state, count] of Object.entries(events.endpoints.countByState())) {
      telemetry.set('hookcast_event_endpoints', count, { state })
    }
  })
  return events
}

function unopenedWords(count: number): string {
  const what = count === 1 ? '1 stored secret' : `${count} stored secrets`
  const key = 'HOOKCAST_SECRET_KEY_FILE or HOOKCAST_SECRET_KEY to the key that sealed them, behind the new one'
  return `Endpoints are not called: ${what} cannot be opened by any key set; set ${key}; after a restore that is the old secret.key`
}

function rulesFrom(settings: Settings, ownPorts: readonly number[]): EventRules {
  const { events, eventNetwork } = settings
  const profiles = eventProfiles(settings)
  const { payloadsKeptMs, attemptsKeptMs, storageBytes, reserveBytes, mostHeld, defaultProfile, delaysMs, perApp } =
    events
  return {
    network: { policy: 'event', ...eventNetwork, ownPorts },
    profiles,
    defaultProfile,
    delaysMs,
    keeping: { payloadsKeptMs, attemptsKeptMs, storageBytes, reserveBytes, mostHeld },
    ceilings: perApp,
  }
}
