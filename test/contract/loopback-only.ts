import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Preloaded into servers that would listen on every address of the machine: they listen on loopback, and say where. */
const listen = Reflect.get(Server.prototype, 'listen') as (this: Server, ...args: unknown[]) => Server

Server.prototype.listen = function (this: Server, _port: unknown, ...rest: unknown[]): Server {
  this.once('listening', () => console.log(`listening on http://127.0.0.1:${(this.address() as AddressInfo).port}`))
  const onListening = rest.find((each) => typeof each === 'function')
  return listen.call(this, 0, '127.0.0.1', onListening)
}
