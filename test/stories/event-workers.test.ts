import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Svix, Webhook } from 'svix'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createReceiver, type Received, type Receiver, type Reply } from '../support/receiver.ts'
import { RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'
import { ADMIN_TOKEN, createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

let cleanUp: AsyncDisposableStack
let server: RedisServer
let receiver: Receiver
let workers: RemoteWorkers
let folder: ServiceFolder
let answer: (request: Received, n: number) => Reply
/** Held answers: their calls stay in flight until they are let go. */
let isHeld: boolean
let held: { readonly id: string; readonly go: () => void }[]

beforeAll(async () => {
  server = await RedisServer.start({ appendFsync: 'everysec' })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await server.command('FLUSHALL')
  cleanUp = new AsyncDisposableStack()
  answer = () => ({})
  isHeld = false
  held = []
  receiver = cleanUp.use(
    await createReceiver({
      answer: async (request, n) => {
        if (isHeld) await new Promise<void>((go) => held.push({ id: idOf(request), go }))
        return answer(request, n)
      },
    }),
  )
  workers = cleanUp.use(new RemoteWorkers(server.url))
  const allowed = `network: { events: { allow: ["127.0.0.0/8"], http: true, ports: [${receiver.port}] } }\n`
  const own = `redis: ${server.url}\nserver: { listen: { admin: "127.0.0.1:0" } }\n`
  folder = cleanUp.use(createServiceFolder({ 'hookcast.yaml': own + allowed, 'campaigns/.keep': '' }))
  writeFileSync(join(folder.path, 'worker.yaml'), allowed)
})
afterEach(async () => {
  await cleanUp.disposeAsync()
})

const addWorker = (config = 'worker.yaml') => workers.add({ config: join(folder.path, config) })

/** A service with an app and endpoints at the receiver. */
async function serve(endpoints = 4): Promise<{ service: RunningService; svix: Svix }> {
  const service = await folder.start(workers.env)
  const svix = new Svix(ADMIN_TOKEN, { serverUrl: service.url })
  await svix.application.create({ name: 'Acme', uid: 'acme' })
  for (let n = 0; n < endpoints; n++) {
    const headers = { 'X-Partner': 'canary-header' }
    await svix.endpoint.create('acme', {
      url: `${receiver.url}/canary-${n}`,
      uid: `e${n}`,
      channels: [`c${n}`],
      headers,
    })
  }
  return { service, svix }
}

/** Publishes messages, in turn to the endpoints; gives their ids. */
async function publish(svix: Svix, count: number, endpoints = 4): Promise<string[]> {
  const all = Array.from({ length: count }, async (_, n) => {
    const message = { eventType: 'user.created', payload: { n, name: 'canary-body' }, channels: [`c${n % endpoints}`] }
    return (await svix.message.create('acme', message)).id
  })
  return await Promise.all(all)
}

const idOf = ({ headers }: Received): string => headers['svix-id']!
/** How often each message came. */
const arrivals = (): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const request of receiver.requests) counts.set(idOf(request), (counts.get(idOf(request)) ?? 0) + 1)
  return counts
}
const untilAllCame = (ids: readonly string[]): Promise<void> =>
  receiver.waitUntil(() => {
    const came = arrivals()
    return ids.every((id) => came.has(id))
  }, 60_000)
const cameTwice = (): string[] => [...arrivals()].flatMap(([id, count]) => (count > 1 ? [id] : []))

function letGo(): void {
  isHeld = false
  for (const { go } of held.splice(0)) go()
}

/** Publishes more than may be in flight, and lets all that may be in flight wait for its answer; gives the ids of those, too. */
async function publishHeld(svix: Svix): Promise<{ ids: readonly string[]; inFlight: readonly string[] }> {
  isHeld = true
  const ids = await publish(svix, 80)
  await expect.poll(() => held.length, { timeout: 20_000 }).toBe(4 * 8)
  return { ids, inFlight: held.map(({ id }) => id) }
}

/** Each was recorded with one attempt, and that has succeeded. */
async function expectOneAttempt(svix: Svix, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const found = async () => (await svix.messageAttempt.listByMsg('acme', id)).data.map(({ status }) => status)
    await expect.poll(found, { timeout: 20_000 }).toEqual([0])
  }
}

describe('event webhooks over workers', () => {
  test(
    'leave from a worker, signed by the service, and nothing in Redis can be read',
    { timeout: 60_000 },
    async () => {
      const monitor = spawn('redis-cli', ['-p', String(server.port), 'MONITOR'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let seen = ''
      monitor.stdout.setEncoding('latin1').on('data', (text: string) => (seen += text))
      await once(monitor.stdout, 'data')
      const { service, svix } = await serve()
      const ids = await publish(svix, 40)
      await service.command.untilStderr('Event webhooks wait for a worker: start one with `hookcast worker --redis')
      expect(receiver.count).toBe(0)
      await addWorker()
      await untilAllCame(ids)
      const { key } = await svix.endpoint.getSecret('acme', 'e0')
      const request = receiver.requests.find(({ path }) => path === '/canary-0')!
      expect(request.headers['x-partner']).toBe('canary-header')
      expect(() => new Webhook(key).verify(request.body, request.headers as Record<string, string>)).not.toThrow()
      await expectOneAttempt(svix, ids.slice(0, 4))
      expect(receiver.count).toBe(40)
      // As many connections as a service of its own would have, used again and again.
      expect(receiver.connections).toBeLessThanOrEqual(4 * 8)
      const ended = once(monitor, 'exit')
      monitor.kill()
      await ended
      expect(seen).toMatch(/:calls:/)
      expect(seen).not.toMatch(/canary|Y2FuYXJ5|whsec/)
      expect(seen).not.toContain(key.replace('whsec_', ''))
      // Nor is anything left of what was sent.
      expect((await server.command('KEYS *:calls:[0-9]*')).trim()).toBe('')
      const { stderr } = await service.end('SIGTERM')
      expect(stderr.match(/wait for a worker/g)).toHaveLength(1)
      expect((await server.command('KEYS hookcast:{e-*')).trim()).toBe('')
    },
  )

  test('are repeated after a kill of their worker only where they were in flight', { timeout: 240_000 }, async () => {
    const first = await addWorker()
    const { svix } = await serve()
    const { ids, inFlight } = await publishHeld(svix)
    workers.kill(first)
    isHeld = false
    await addWorker()
    await untilAllCame(ids)
    await receiver.waitUntil(() => cameTwice().length === inFlight.length, 30_000)
    expect(new Set(cameTwice())).toEqual(new Set(inFlight))
    // What nobody knows the end of was no attempt.
    await expectOneAttempt(svix, inFlight.slice(0, 3))
    expect(receiver.count).toBe(ids.length + inFlight.length)
    letGo()
  })

  test('are not repeated while all workers are replaced, one after the other', { timeout: 240_000 }, async () => {
    answer = () => ({ delayMs: 100 })
    const [first, second] = [await addWorker(), await addWorker()]
    const { svix } = await serve(8)
    const ids = await publish(svix, 400, 8)
    await receiver.waitFor(50)
    await workers.leave(first)
    await addWorker()
    await workers.leave(second)
    answer = () => ({})
    await untilAllCame(ids)
    await expectOneAttempt(svix, ids.slice(-3))
    expect(cameTwice()).toEqual([])
  })

  test('wait for a Redis that comes back with nothing, and none is repeated', { timeout: 240_000 }, async () => {
    await addWorker()
    const { svix } = await serve()
    const { ids } = await publishHeld(svix)
    await server.killAndForget()
    letGo()
    await server.start()
    await untilAllCame(ids)
    await expectOneAttempt(svix, ids.slice(0, 3))
    expect(cameTwice()).toEqual([])
  })

  test('go on with the next start of a service that was killed', { timeout: 240_000 }, async () => {
    await addWorker()
    const { service, svix } = await serve()
    const { ids, inFlight } = await publishHeld(svix)
    await service.end('SIGKILL')
    letGo()
    await folder.start(workers.env)
    await untilAllCame(ids)
    expect(inFlight).toEqual(expect.arrayContaining(cameTwice()))
  })

  test('go only to where the worker lets event webhooks go', { timeout: 240_000 }, async () => {
    const stranger = cleanUp.use(new RemoteWorkers(server.url))
    await stranger.add()
    writeFileSync(join(folder.path, 'strict.yaml'), 'network: { campaigns: { allow: ["127.0.0.0/8"] } }\n')
    await addWorker('strict.yaml')
    const { service, svix } = await serve(1)
    await service.command.untilStderr('has another HOOKCAST_SECRET_KEY, and is not used')
    const [id = ''] = await publish(svix, 1, 1)
    const found = async () => (await svix.messageAttempt.listByMsg('acme', id)).data.map(({ response }) => response)
    await expect.poll(found, { timeout: 20_000 }).toHaveLength(1)
    expect(receiver.connections).toBe(0)
  })
})
