import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { makeCallsFrom, RemoteCaller } from '../../src/events/events.ts'
import { openRedis, RemoteWorker, type RedisLink } from '../../src/queue/bullmq/bullmq.ts'
import { RemoteCalls } from '../../src/queue/bullmq/remote-calls.ts'
import type { EventNetwork } from '../../src/request/request.ts'
import { RedisServer } from '../support/redis-server.ts'
import { elsewhere } from './fixture.ts'

const KEYS = [{ id: 'test-key', bytes: randomBytes(32) }]

let server: RedisServer
let link: RedisLink
let network: EventNetwork
let working: Promise<void>
const stop = new AbortController()

beforeAll(async () => {
  server = await RedisServer.start()
  link = await openRedis({ url: server.url, keys: KEYS })
  const worker = new RemoteWorker({
    link,
    program: { entry: '', readable: [] },
    version: '1.0.0',
    senders: 1,
    ready: 0,
    egressPools: [],
    keyIds: ['test-key'],
    setupFrom: (brief) => brief,
    makerFrom: (brief) => makeCallsFrom(brief, { clock: systemClock, network }),
    onNote: (text) => console.error(text),
  })
  working = worker.run({ signal: stop.signal, cutSignal: stop.signal })
})
afterAll(async () => {
  stop.abort()
  await working
  await link[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

elsewhere.callerFor = (allowed) => {
  network = allowed
  const brief = { ownPorts: allowed.ownPorts }
  const calls = new RemoteCalls({ link, version: '1.0.0', brief, onNote: (text) => console.error(text) })
  void calls.start()
  return new RemoteCaller(calls)
}

describe('over workers', async () => {
  await import('./delivery.test.ts')
})
