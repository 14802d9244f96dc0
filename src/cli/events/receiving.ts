import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { HookcastError } from '../../errors.ts'

/** A request that has come, byte by byte. */
export interface Received {
  readonly method: string
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface ReceivingOptions {
  readonly port: number
  /** What every request is answered with. */
  readonly status: number
  /** Told of a request before it is answered. */
  readonly onReceived: (received: Received) => Promise<void>
}

/**
 * Takes requests on a loopback port until it is disposed of.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when another program has the port.
 */
export async function startReceiving({ port, status, onReceived }: ReceivingOptions): Promise<AsyncDisposable> {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await onReceived(await receivedFrom(request))
      response.writeHead(status).end()
    } catch {
      // Whoever sent it has gone in the middle of it.
      response.destroy()
    }
  }
  const server = createServer((request, response) => void take(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `expected \`--port\` to be a port that is free, got ${port}`
      reject(new HookcastError('HOOKCAST_USAGE', message, { cause }))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function receivedFrom(request: IncomingMessage): Promise<Received> {
  const { method = '', url: path = '', headers } = request
  const texts = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return { method, path, headers: Object.fromEntries(texts) as Received['headers'], body: await buffer(request) }
}
