import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes every webhook, and notes when each message came first. In the process of the sender: they have one clock. */
export class Receiver implements Disposable {
  /** By id, as `performance.now` has it. */
  readonly arrived = new Map<string, number>()
  /** Of Cross River's events, in the order in which they came. */
  readonly resources: number[] = []
  readonly #server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const id = request.headers['svix-id']
    if (typeof id === 'string') {
      request.resume().once('end', () => {
        if (!this.arrived.has(id)) this.arrived.set(id, performance.now())
        response.end('ok')
      })
      return
    }
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('end', () => {
        const event = JSON.parse(Buffer.concat(chunks).toString()) as { readonly resources: readonly string[] }
        this.resources.push(event.resources.length)
        response.end('ok')
      })
  })

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
