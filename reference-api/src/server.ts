import { createAdaptorServer } from '@hono/node-server'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAddressCheck } from './address.ts'
import { createAdminApp } from './admin.ts'
import { createApp, createRoutes } from './app.ts'
import { createAuthenticator } from './auth.ts'
import { BodyReader } from './body.ts'
import { Customers } from './customers.ts'
import { FaultSource } from './faults.ts'
import { createLog } from './log.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { openProvider } from './provider.ts'
import type { Settings } from './settings.ts'
import { MemoryStore } from './store/memory-store.ts'
import { RedisStore } from './store/redis-store.ts'
import type { Store } from './store/store.ts'
import { Turns } from './turns.ts'
import { WEBHOOK_SOURCES } from './webhooks/verifier.ts'
import { VERIFIERS } from './webhooks/webhooks.ts'
import { Worker } from './worker.ts'

export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Where the administration listens; null without. */
  readonly adminUrl: string | null
  /** Reads the certificate again: a new one is used from the next connection on. */
  reloadCertificate(): void
  /** Stops taking requests, answers those in hand, finishes the work in hand. Safe to call twice. */
  stop(): Promise<void>
}

/** Pieces of work done at once. */
const WORK_CONCURRENCY = 16
/** What is in hand or queued in memory has this long to be done when the process is asked to stop. */
const GRACE_MS = 20_000

/** Starts everything, in the order in which it depends on one another. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const log = createLog(settings.logLevel)
  const store = await openStore(settings, log)
  const metrics = new Metrics()
  const bodies = new BodyReader()
  const provider = await openProvider(settings.provider)
  const worker = new Worker({ store, perform: provider.perform, log, concurrency: WORK_CONCURRENCY })
  const routes = createRoutes({ customers: new Customers() })
  let isServing = true

  const app = createApp({
    routes,
    verifiers: createVerifiers(settings),
    checkAddress: createAddressCheck(settings),
    authenticate: createAuthenticator(settings.users),
    bodies,
    turns: new Turns(),
    idempotency: settings.idempotency,
    store,
    faults: settings.faults ? new FaultSource(settings.faults) : null,
    metrics,
    log,
  })
  const isKeyRequired = settings.idempotency.isRequired
  const adminApp = createAdminApp({
    routes,
    metrics,
    store,
    isKeyRequired,
    heldBytes: () => bodies.heldBytes,
    isServing: () => isServing,
  })

  const server = createAdaptorServer({
    fetch: app.fetch,
    // Node itself throws away a body that nobody read; what the adapter would add costs every request a listener.
    autoCleanupIncoming: false,
    ...protocolOptions(settings.tls),
  }) as Server
  const admin = createAdaptorServer({ fetch: adminApp.fetch }) as Server
  const url = await listen(server, settings, settings.port)
  const adminUrl =
    settings.adminPort === null ? null : await listen(admin, { ...settings, tls: null }, settings.adminPort)
  worker.start()
  log.write('info', 'server.started', { url, users: settings.users.length, faults: settings.faults !== null })

  const stop = async (): Promise<void> => {
    isServing = false
    await close(server)
    store.endQueue()
    await Promise.race([worker.ended(), sleep(GRACE_MS, undefined, { ref: false })])
    const lost = store.lostOnExit()
    if (lost > 0) log.write('error', 'queue.lost', { count: lost })
    await close(admin)
    await store.close()
    await provider.close()
    metrics.close()
    log.write('info', 'server.stopped')
  }
  let stopped: Promise<void> | null = null
  return {
    url,
    adminUrl,
    reloadCertificate() {
      if (settings.tls) (server as unknown as HttpsServer).setSecureContext(certificateOf(settings.tls))
    },
    stop: () => (stopped ??= stop()),
  }
}

async function openStore(settings: Settings, log: Log): Promise<Store> {
  const { ttlMs, keys } = settings.idempotency
  const limits = { ttlMs, keys, queue: settings.queueLimit }
  if (settings.redisUrl !== null) return RedisStore.connect(settings.redisUrl, limits, log)
  log.write('warn', 'store.in_memory', {
    lost_in_a_crash: 'every idempotency key, and the work that is queued',
    queue_limit: limits.queue,
    remedy: 'set REDIS_URL',
  })
  return new MemoryStore(limits)
}

function createVerifiers({ webhookSecrets }: Settings): Parameters<typeof createApp>[0]['verifiers'] {
  const known = WEBHOOK_SOURCES.filter((source) => webhookSecrets[source].length > 0)
  return new Map(known.map((source) => [source, VERIFIERS[source](webhookSecrets[source])]))
}

/**
 * A request's head has 10 s, all of it 15 s: longer than the sender waits, so that no sender ever sees a 408. An idle
 * connection is kept for 75 s: longer than a proxy in front keeps its own (60 s with most), or the proxy would write
 * into a connection that is being closed.
 */
const SERVER_OPTIONS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 75_000,
} as const

function protocolOptions(tls: Settings['tls']): object {
  if (tls === null) return { createServer: createHttpServer, serverOptions: SERVER_OPTIONS }
  const serverOptions = { ...SERVER_OPTIONS, ...certificateOf(tls), minVersion: 'TLSv1.2' }
  return { createServer: createHttpsServer, serverOptions }
}

function certificateOf({ certFile, keyFile }: NonNullable<Settings['tls']>): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

function listen(server: Server, { host, tls }: Pick<Settings, 'host' | 'tls'>, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 4096 }, () => {
      const { port: actual } = server.address() as AddressInfo
      resolve(`${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${actual}`)
    })
  })
}

/** A kept-alive connection counts as open: those that fall idle after their last answer are closed as they do. */
function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearInterval(sweep)
      resolve()
    })
  })
}
