import { createAdaptorServer } from '@hono/node-server'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import { createAuthenticator } from './auth.ts'
import { BodyReader } from './body.ts'
import { FaultSource } from './faults.ts'
import { createLog } from './log.ts'
import { createProvider } from './provider.ts'
import type { Settings } from './settings.ts'
import { MemoryStore } from './store/memory-store.ts'
import { Worker } from './worker.ts'

export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Stops taking requests, answers those in hand, finishes the queued work. Safe to call twice. */
  stop(): Promise<void>
}

/** Pieces of work done at once. */
const WORK_CONCURRENCY = 16

/** Starts everything, in the order in which it depends on one another. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const log = createLog(settings.logLevel)
  const { ttlMs, keys } = settings.idempotency
  const store = new MemoryStore({ ttlMs, keys, queue: settings.queueLimit })
  const provider = createProvider(settings.provider)
  const worker = new Worker({ store, perform: provider.perform, log, concurrency: WORK_CONCURRENCY })
  const app = createApp({
    authenticate: createAuthenticator(settings.users),
    bodies: new BodyReader(),
    idempotency: settings.idempotency,
    store,
    faults: settings.faults ? new FaultSource(settings.faults) : null,
    log,
  })
  const server = createAdaptorServer({ fetch: app.fetch, ...protocolOptions(settings.tls) }) as Server
  const url = await listen(server, settings)
  worker.start()
  log.write('info', 'server.started', { url, users: settings.users.length, faults: settings.faults !== null })

  let stopped: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    await close(server)
    await worker.stop()
    await store.close()
    await provider.close()
    log.write('info', 'server.stopped')
  }
  return { url, stop: () => (stopped ??= stop()) }
}

/**
 * Timeouts: a request's head within 10 s, all of it within 15 s. An idle connection is kept for 75 s, longer than
 * a proxy in front keeps its own (60 s with most), or the proxy would write into a connection that closes.
 */
const SERVER_OPTIONS = { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 75_000 } as const

function protocolOptions(tls: Settings['tls']): object {
  if (tls === null) return { createServer: createHttpServer, serverOptions: SERVER_OPTIONS }
  const serverOptions = {
    ...SERVER_OPTIONS,
    cert: readFileSync(tls.certFile),
    key: readFileSync(tls.keyFile),
    minVersion: 'TLSv1.2',
  }
  return { createServer: createHttpsServer, serverOptions }
}

function listen(server: Server, { host, port, tls }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 4096 }, () => {
      const { port: actual } = server.address() as AddressInfo
      const name = host.includes(':') ? `[${host}]` : host
      resolve(`${tls ? 'https' : 'http'}://${name}:${actual}`)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}
