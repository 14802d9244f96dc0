import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { Tokens } from '../access/access.ts'
import { createApi, servicesFrom, type AnsweredRequest } from '../api/api.ts'
import type { ListenAddress, ServerSettings } from '../campaign/settings.ts'
import { createDashboard, createPortal } from '../dashboard/dashboard.ts'
import { HookcastError } from '../errors.ts'
import { createEventApi } from '../event-api/event-api.ts'
import { isStorageFull } from '../ledger/folder-error.ts'
import { ServiceStore } from '../ledger/service-store.ts'
import { ActiveRuns, remoteSendersFor, type Surroundings } from '../library/library.ts'
import { Telemetry } from '../telemetry.ts'
import { provideAdministrator } from './admin-token.ts'
import { errorFacts } from './error-facts.ts'
import { announce } from './address-file.ts'
import { openEvents } from './event-webhooks.ts'
import { createFront } from './front.ts'
import { listen, type Listener } from './listener.ts'
import { noticeEndpointFrom } from './notice-endpoint.ts'
import { Notices } from './notices.ts'
import { RunObserver } from './run-observer.ts'
import { endLeft, goOn } from './left-runs.ts'
import { signingSecret } from './setting-secret.ts'
import { openStarters } from './starters.ts'
import { diskOf, watchStorage } from './storage-watch.ts'

export interface ServeOptions {
  readonly surroundings: Surroundings
  /** The folder with one folder for each campaign. */
  readonly campaigns: string
  /** In place of what the settings say: everything on this loopback port. */
  readonly port: number | null
  /** Fires to end in order: nothing new is taken, what is in flight comes to its end, the rest waits for the next start. */
  readonly signal: AbortSignal
  /** Fires to end at once. */
  readonly cutSignal: AbortSignal
  readonly isTerminal: boolean
  /** Says something to whoever has started it. */
  readonly tell: (text: string) => void
}

const DEFAULT_ADDRESS: ListenAddress = { host: '127.0.0.1', port: 8080 }

/**
 * Is the service, until a signal ends it: APIs, dashboard, runs in the background, notices, metrics.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, before it listens.
 * @throws {HookcastError} HOOKCAST_SERVICE_RUNNING, when another process has the data folder.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { signal, cutSignal } = options
  await using cleanUp = new AsyncDisposableStack()
  const surroundings = await ownSurroundings(options, cleanUp)
  const { wiring, env } = surroundings
  const { clock, version, random } = wiring
  const settings = surroundings.settings(null)
  const { publicUrl } = settings.server
  const endpoint =
    settings.notify === null ? null : noticeEndpointFrom(settings.notify, { env, networkAllow: settings.networkAllow })
  const triggerSources = new Map(
    Object.entries(settings.triggers).map(([name, secrets]) => [
      name,
      secrets.map((secret, index) => signingSecret(secret, `triggers.${name}.secrets[${index}]`, env)),
    ]),
  )
  const store = cleanUp.use(new ServiceStore(settings.data, clock))
  const telemetry = new Telemetry({ clock, version, attempts: settings.log.attempts })
  const fail = (error: unknown): void => {
    // Work that the end of the service has cut short begins anew with the next start.
    const isCutShort = signal.aborted && error instanceof HookcastError && error.code === 'HOOKCAST_INTERRUPTED'
    if (!isCutShort) telemetry.log('service.failed', errorFacts(error))
  }
  await provideAdministrator(new Tokens(store, clock), { env, ...options })
  const notices = cleanUp.use(new Notices({ endpoint, store, clock, random, telemetry, version, publicUrl }))
  const tell = notices.put
  const observer = new RunObserver({ store, clock, telemetry, tell })
  const runs = new ActiveRuns(surroundings, observer)
  const { campaigns } = options
  const around = { surroundings, store, campaigns, runs, observer, telemetry, cutSignal, tell, onError: fail }
  const starters = cleanUp.use(openStarters(around))
  const addresses = addressesFrom(settings.server, options.port)
  // Of a port that the system is to choose nobody knows yet: it is for trials and tests.
  const ownPorts = addresses.map(([, { port }]) => port)
  const events = cleanUp.use(openEvents({ ...around, ownPorts, warn: options.tell }))
  const onUnexpected = (error: unknown): void => telemetry.log('request.failed', errorFacts(error))
  const onAnswered = ({ method, route, status, waitMs }: AnsweredRequest): void => {
    telemetry.count('hookcast_http_requests_total', { method, route, status: String(status) })
    telemetry.observe('hookcast_http_request_duration_seconds', waitMs / 1000, { route })
  }
  const eventApi = createEventApi({ events, store, clock, publicUrl, addressOf, onUnexpected, onAnswered })
  const told = { onUnexpected, onAnswered }
  const apiOptions = { ...around, starters, triggerSources, publicUrl, addressOf, ...told }
  const services = servicesFrom(apiOptions)
  const api = createApi(apiOptions, services)
  const dashboard = createDashboard({ services, events, store, publicUrl, ...told })
  const { frameAncestors } = settings.portal
  const portal = createPortal({ events, store, clock, frameAncestors, addressOf, ...told })
  const whyNotReady = (): string | null => (signal.aborted ? 'shutting down' : whyNotWritable(settings.data))
  const front = { api, eventApi, dashboard, portal, telemetry, whyNotReady }
  const listeners: Listener[] = []
  cleanUp.defer(() => closeAll(listeners))
  for (const [audience, address] of addresses) {
    listeners.push(await listen(createFront(front, audience), address))
  }
  const onLow = (facts: Readonly<Record<string, unknown>>): void =>
    void store.commit(() => tell('storage.low', facts)).catch(fail)
  if (surroundings.remote !== undefined) watchWorkers(surroundings.remote, telemetry)
  cleanUp.defer(watchStorage({ clock, telemetry, look: () => diskOf(settings.data), onLow }))
  const left = observer.left()
  const urls = listeners.map(({ url }) => url)
  telemetry.log('service.started', { version, listeners: urls, runs_resumed: left.length })
  cleanUp.use(announce(settings.data, urls[0]!))
  options.tell(urls.map((url) => `listening on ${url}`).join('\n'))
  notices.start()
  events.start()
  const going = endLeft(left, { surroundings, observer, fail })
  await starters.start()
  const resuming = Promise.all(going.map(async (known) => await goOn(known, { surroundings, runs, observer, fail })))
  await fired(signal)
  observer.prepareStop()
  telemetry.log('service.stopping', { runs_active: runs.size })
  const closing = [...listeners.map((listener) => listener.close()), starters[Symbol.asyncDispose]()]
  await runs.stop(cutSignal)
  await resuming
  for (const listener of listeners) listener.cut()
  await Promise.all(closing)
  listeners.length = 0
  telemetry.log('service.stopped', { runs_left: observer.left().length })
}

const addressOf = (context: Context): string => getConnInfo(context).remote.address ?? ''

/**
 * One hookcast.yaml holds for the whole service: one in a campaign's folder could give that campaign what `env` keeps
 * from all.
 */
function watchWorkers(remote: NonNullable<Surroundings['remote']>, telemetry: Telemetry): void {
  telemetry.onCollect(() => {
    const { workers, senders, slices, oldestSliceMs } = remote.health()
    telemetry.set('hookcast_workers', workers, {})
    telemetry.set('hookcast_worker_senders', senders, {})
    telemetry.set('hookcast_worker_slices', slices, {})
    telemetry.set('hookcast_worker_slice_age_seconds', oldestSliceMs / 1000, {})
  })
}

async function ownSurroundings(
  { surroundings: around, tell }: ServeOptions,
  cleanUp: AsyncDisposableStack,
): Promise<Surroundings> {
  const { env, wiring, senders } = around
  const settings = around.settings(null)
  const own: Surroundings = { env, wiring, senders, isService: true, settings: () => settings, onNote: tell }
  const remote = await remoteSendersFor(own, { settings, onNote: tell, cleanUp })
  return remote === null ? own : { ...own, remote }
}

function addressesFrom(
  { adminListen, publicListen }: ServerSettings,
  port: number | null,
): readonly (readonly ['admin' | 'public', ListenAddress])[] {
  if (port !== null) return [['admin', { ...DEFAULT_ADDRESS, port }]]
  const admin = ['admin', adminListen ?? DEFAULT_ADDRESS] as const
  return publicListen === null ? [admin] : [admin, ['public', publicListen]]
}

/** A block of common file systems. */
const PROBE_BYTES = 4096

function whyNotWritable(dataFolder: string): string | null {
  const probe = join(dataFolder, 'ready')
  try {
    // An empty file takes no room, and a full disk would take it.
    writeFileSync(probe, Buffer.alloc(PROBE_BYTES), { flush: true })
    return null
  } catch (error) {
    return isStorageFull(error) ? 'the disk of the data folder is full' : 'the data folder cannot be written'
  } finally {
    rmSync(probe, { force: true })
  }
}

async function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(
    listeners.map((listener) => {
      const closing = listener.close()
      listener.cut()
      return closing
    }),
  )
}
