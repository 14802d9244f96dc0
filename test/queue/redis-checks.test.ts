import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRedis } from '../../src/queue/bullmq/bullmq.ts'
import { RedisServer } from '../support/redis-server.ts'

const KEYS = [{ id: 'test-key', bytes: randomBytes(32) }]

let cleanUp: AsyncDisposableStack

beforeEach(() => {
  cleanUp = new AsyncDisposableStack()
})
afterEach(async () => {
  await cleanUp.disposeAsync()
})

/** What answers as a Redis of that version does to whoever looks at it: RESP, one line of each command is enough. */
async function startOldRedis(version: string): Promise<string> {
  const sockets = new Set<Socket>()
  const info = `# Server\r\nredis_version:${version}\r\nloading:0\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n`
  const answers: Readonly<Record<string, string>> = {
    INFO: `$${info.length}\r\n${info}\r\n`,
    PING: '+PONG\r\n',
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', (text: string) => {
      // Each command is an array of its words: `*1\r\n$4\r\nPING\r\n`.
      for (const [, name = ''] of text.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        socket.write(answers[name.toUpperCase()] ?? '+OK\r\n')
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp.defer(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('openRedis', () => {
  test('warns of a Redis that keeps nothing over a restart, in words', async () => {
    const forgetful = cleanUp.use(await RedisServer.start())
    const link = cleanUp.use(await openRedis({ url: forgetful.url, keys: KEYS }))
    expect(link.warnings).toEqual([
      expect.stringMatching(/keeps nothing over a restart \(appendonly no\).*sent again.*set `appendonly yes`/),
    ])
  })

  test('says nothing of a Redis that keeps what it is given', async () => {
    const keeping = cleanUp.use(await RedisServer.start({ appendFsync: 'everysec' }))
    const link = cleanUp.use(await openRedis({ url: keeping.url, keys: KEYS }))
    expect(link.warnings).toEqual([])
  })

  test('refuses a Redis that evicts, and says what it has to be', async () => {
    const evicting = cleanUp.use(await RedisServer.start({ args: ['--maxmemory-policy', 'volatile-lru'] }))
    await expect(openRedis({ url: evicting.url, keys: KEYS })).rejects.toThrow(
      'expected maxmemory-policy of Redis to be noeviction, got volatile-lru: it would throw work away',
    )
  })

  test.each(['6.0.16', '5.0.7'])('refuses Redis %s, which is too old', async (version) => {
    const url = await startOldRedis(version)
    await expect(openRedis({ url, keys: KEYS })).rejects.toThrow(`expected Redis 6.2 or newer, got ${version}`)
  })

  test('takes the oldest that is new enough', async () => {
    const link = cleanUp.use(await openRedis({ url: await startOldRedis('6.2.0'), keys: KEYS }))
    expect(link.warnings).toEqual([])
  })
})
