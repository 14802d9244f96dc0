import assert from 'node:assert/strict'
import { createServer, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CampaignRun, CampaignRunSetup } from '../../support/campaign-run.ts'
import type { RunningCommand } from '../../support/command-line.ts'
import { RedisServer, type RedisSetup } from '../../support/redis-server.ts'
import { RemoteWorkers } from '../../support/remote-workers.ts'
import type { Fault, FaultContext } from '../fault.ts'

const CUSTOMERS = 6000
const SHORT = 1500

/** A run over Redis, with its workers, about to begin. */
interface RemoteRun {
  readonly server: RedisServer
  readonly workers: RemoteWorkers
  readonly run: CampaignRun
  readonly customers: number
  start(): RunningCommand
  /** Waits for the end of a command, holds the run against the invariants, and everybody must be sent. */
  finish(command: RunningCommand): Promise<void>
}

async function remoteRun(
  { isShort, run: createRun, cleanUp, held, say }: FaultContext,
  {
    redis = {},
    workers: count = 1,
    ...setup
  }: { readonly redis?: RedisSetup; readonly workers?: number } & Partial<
    Omit<CampaignRunSetup, 'folder' | 'seed'>
  > = {},
): Promise<RemoteRun> {
  const server = cleanUp.use(await RedisServer.start(redis))
  const workers = cleanUp.use(new RemoteWorkers(server.url))
  for (let i = 0; i < count; i++) await workers.add()
  const customers = isShort ? SHORT : CUSTOMERS
  const run = await createRun({
    customers,
    body: '{"customer_id":{{ customer.customer_id }},"at":{{ time }},"n":{{ range(1000)|random }}}',
    webhook: 'concurrency: 50\nretry: { delays: [200ms, 200ms, 200ms] }',
    receiver: { rules: [{ attempt: 1, share: 0.01, reply: { status: 500 } }], reply: { delayMs: 20 } },
    ...setup,
  })
  const start = (): RunningCommand => run.start(workers.args, { env: workers.env })
  const finish = async (command: RunningCommand): Promise<void> => {
    const { code, stdout, stderr } = await command.finished
    assert.equal(code, 0, stderr)
    const report = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual([report['sent'], report['failed'], report['aborted']], [customers, 0, 0])
    say(`${String(report['attempts'])} attempts, ${run.received} requests for ${customers} customers`)
    held(run.check())
  }
  return { server, workers, run, customers, start, finish }
}

/** Somewhere in the middle: enough is done, and enough is left. */
function somewhere({ random }: FaultContext, { customers }: RemoteRun): number {
  return Math.floor(customers * (0.1 + random() * 0.4))
}

async function killRedis(context: FaultContext): Promise<void> {
  const kinds = ['everysec', 'always'] as const
  for (let round = 0; round < context.rounds; round++) {
    const remote = await remoteRun(context, { redis: { appendFsync: kinds[round % kinds.length]! } })
    const command = remote.start()
    assert.ok(await remote.run.untilReceived(somewhere(context, remote), command), command.stderr())
    await remote.server.kill()
    remote.run.crashes++
    await sleep(1000)
    await remote.server.start()
    await remote.finish(command)
  }
}

async function loseRedis(context: FaultContext): Promise<void> {
  for (let round = 0; round < context.rounds; round++) {
    const remote = await remoteRun(context)
    const command = remote.start()
    assert.ok(await remote.run.untilReceived(somewhere(context, remote), command), command.stderr())
    await remote.server.killAndForget()
    remote.run.crashes++
    await sleep(500)
    await remote.server.start()
    await remote.finish(command)
  }
}

async function stopRedis(context: FaultContext): Promise<void> {
  const remote = await remoteRun(context)
  const command = remote.start()
  assert.ok(await remote.run.untilReceived(somewhere(context, remote), command), command.stderr())
  process.kill(remote.server.pid, 'SIGSTOP')
  await sleep(3000)
  const received = remote.run.received
  await sleep(37_000)
  assert.equal(remote.run.received, received, 'calls were started while nobody could hear of them')
  process.kill(remote.server.pid, 'SIGCONT')
  remote.run.crashes++
  await remote.finish(command)
}

async function fillRedis(context: FaultContext): Promise<void> {
  const remote = await remoteRun(context)
  const command = remote.start()
  assert.ok(await remote.run.untilReceived(somewhere(context, remote), command), command.stderr())
  await remote.server.command('CONFIG SET maxmemory 1mb')
  await sleep(3000)
  const received = remote.run.received
  await sleep(5000)
  assert.equal(remote.run.received, received, 'calls were started that nobody could write down')
  await remote.server.command('CONFIG SET maxmemory 0')
  remote.run.crashes++
  await remote.finish(command)

  // One that evicts is refused before anything is sent.
  const evicting = context.cleanUp.use(await RedisServer.start({ args: ['--maxmemory-policy', 'allkeys-lru'] }))
  const refused = await context.run({ customers: 1 })
  const { code, stderr } = await refused.start(['--redis', evicting.url], { env: remote.workers.env }).finished
  assert.equal(code, 2, stderr)
  assert.match(stderr, /expected maxmemory-policy of Redis to be noeviction, got allkeys-lru/)
  assert.equal(refused.received, 0)
}

/** A way to Redis that can be cut, as a cable can. */
class Cable implements AsyncDisposable {
  readonly #server = createServer((socket) => this.#join(socket))
  readonly #sockets = new Set<Socket>()
  readonly #port: number
  #isCut = false

  constructor(port: number) {
    this.#port = port
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  #join(socket: Socket): void {
    if (this.#isCut) return void socket.destroy()
    const far = connect(this.#port, '127.0.0.1')
    for (const end of [socket, far]) {
      this.#sockets.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        this.#sockets.delete(end)
        socket.destroy()
        far.destroy()
      })
    }
    socket.pipe(far).pipe(socket)
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

async function cutWorkerOff(context: FaultContext): Promise<void> {
  const remote = await remoteRun(context, { workers: 0 })
  const cable = context.cleanUp.use(new Cable(remote.server.port))
  await remote.workers.add({ url: await cable.listen() })
  const command = remote.start()
  assert.ok(await remote.run.untilReceived(somewhere(context, remote), command), command.stderr())
  cable.cut()
  // What is in flight comes to its end within 20 ms, and 250 ms of more are told of in vain.
  await sleep(2500)
  const received = remote.run.received
  await sleep(5000)
  assert.equal(remote.run.received, received, 'a worker that nobody hears has started calls')
  cable.mend()
  remote.run.crashes++
  await remote.finish(command)
}

async function killWorkers(context: FaultContext): Promise<void> {
  const remote = await remoteRun(context, {
    workers: 3,
    receiver: { rules: [{ attempt: 1, share: 0.01, reply: { status: 500 } }], reply: { delayMs: 200 } },
  })
  const command = remote.start()
  for (let round = 0; round < context.rounds; round++) {
    if (!(await remote.run.untilReceived(remote.run.received + 200, command))) break
    const [oldest] = remote.workers.all
    remote.workers.kill(oldest!)
    remote.run.crashes++
    context.say(`round ${round + 1}: killed a worker after ${remote.run.received} requests`)
    await remote.workers.add()
    if (!context.isShort) await sleep(5000)
  }
  await remote.finish(command)
}

export const REDIS: readonly Fault[] = [
  {
    id: 'F30',
    name: 'Redis killed and started again, with AOF everysec and always',
    holds: 'the run goes on by itself; nobody is lost, and nothing beyond what was in flight is repeated',
    rounds: 4,
    shortRounds: 1,
    needs: ['redis-server'],
    run: killRedis,
  },
  {
    id: 'F31',
    name: 'Redis started again with nothing in it',
    holds: 'slices are lent anew from the ledger; nobody is lost, and nothing beyond what was in flight is repeated',
    rounds: 3,
    shortRounds: 1,
    needs: ['redis-server'],
    run: loseRedis,
  },
  {
    id: 'F32',
    name: 'Redis stopped for 40 s',
    holds: 'no call is started meanwhile; then it goes on, and nothing beyond what was in flight is repeated',
    rounds: 1,
    shortRounds: 0,
    needs: ['redis-server'],
    run: stopRedis,
  },
  {
    id: 'F33',
    name: 'Redis out of memory; a Redis that evicts',
    holds: 'no call is started meanwhile; then it goes on. One that evicts is refused before anything is sent',
    rounds: 1,
    shortRounds: 0,
    needs: ['redis-server'],
    run: fillRedis,
  },
  {
    id: 'F34',
    name: 'a worker cut off from Redis while it reaches the receiver',
    holds: 'it finishes what is in flight and starts nothing; its rows are sent once it is back, or by others',
    rounds: 1,
    shortRounds: 0,
    needs: ['redis-server'],
    run: cutWorkerOff,
  },
  {
    id: 'F35',
    name: 'three workers, one of them killed every 5 s',
    holds: 'others go on with what it held; nobody is lost, and nothing beyond what was in flight is repeated',
    rounds: 4,
    shortRounds: 0,
    needs: ['redis-server'],
    run: killWorkers,
  },
]
