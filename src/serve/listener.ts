import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import type { ListenAddress } from '../campaign/settings.ts'
import { ConfigError } from '../errors.ts'

/** An upload of any size may take this long; headers have 60 s (Node's default). */
const REQUEST_MS = 3_600_000
/** Longer than load balancers keep idle connections: whoever closes first must not be us. */
const KEEP_ALIVE_MS = 65_000

export interface Listener {
  readonly url: string
  /** Takes no more connections; resolves when those that are open have ended. */
  close(): Promise<void>
  /** Ends what is still open. */
  cut(): void
}

/** @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when the address is taken, or is not this machine's. */
export async function listen(app: Hono, { host, port }: ListenAddress): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS },
  }) as Server
  server.listen(port, host ?? undefined)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const message = `Could not listen on ${urlFrom(host, port)} (${code ?? 'unknown'}): name another address under server.listen, or another --port`
    const place = { file: 'hookcast.yaml', line: null, column: null, message }
    throw new ConfigError('HOOKCAST_CONFIG_INVALID', [place], { cause })
  }
  return {
    url: urlFrom(host, (server.address() as AddressInfo).port),
    cut: () => server.closeAllConnections(),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

function urlFrom(host: string | null, port: number): string {
  const name = host === null ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
