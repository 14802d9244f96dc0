import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes every call of campaigns and every event webhook; one in twenty is answered 503. */
export class Receiver implements AsyncDisposable {
  readonly port: number
  requests = 0
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('request', (request, response) => {
      const status = ++this.requests % 20 === 0 ? 503 : 200
      request.resume().once('end', () => response.writeHead(status).end('ok'))
    })
  }

  static async listen(): Promise<Receiver> {
    const server = createServer({ keepAliveTimeout: 600_000 }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Receiver(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
