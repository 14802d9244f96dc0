import { isIP } from 'node:net'
import { Cluster, Redis } from 'ioredis'
import { systemClock } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import { WireSeal, type SharedKey } from './wire-seal.ts'

export interface RedisAccess {
  /** `redis://` or `rediss://`, user and password included; `?cluster` and `?sentinel=NAME` say what is there. */
  readonly url: string
  readonly keys: readonly SharedKey[]
}

/** One connection to Redis, and what goes over it is sealed with. */
export interface RedisLink extends AsyncDisposable {
  readonly redis: Redis | Cluster
  readonly seal: WireSeal
  /** What somebody should know of this Redis, in words. */
  readonly warnings: readonly string[]
  /** Another connection, for commands that wait. */
  duplicate(): Redis | Cluster
}

const CONNECT_MS = 5000
const MOST_WAIT_MS = 1000
const OLDEST = [6, 2] as const

/**
 * Connects, and looks whether this Redis keeps what it is given.
 *
 * @throws {QueueError} HOOKCAST_REDIS_UNUSABLE, when it cannot be reached, is too old, or evicts.
 */
export async function openRedis({ url, keys }: RedisAccess): Promise<RedisLink> {
  const redis = clientFor(url)
  // Without a listener ioredis prints each failed attempt on stderr; what they mean for a command, its caller is told.
  let lastError: Error | null = null
  redis.on('error', (error: Error) => (lastError = error))
  const waiting = new AbortController()
  try {
    const late = (async () => {
      await systemClock.sleep(CONNECT_MS, waiting.signal)
      return 'late' as const
    })()
    const answer = await Promise.race([redis.ping(), late])
    if (answer === 'late') throw unusable(`Could not reach Redis at ${placeOf(url)}: ${reasonOf(lastError)}`, lastError)
    const warnings = await Promise.race([lookAt(redis), late])
    if (warnings === 'late') throw unusable(`Could not reach Redis at ${placeOf(url)}: no answer`, null)
    return {
      redis,
      seal: new WireSeal(keys),
      warnings,
      duplicate: () => {
        const more = clientFor(url)
        more.on('error', () => undefined)
        return more
      },
      [Symbol.asyncDispose]: async () => {
        redis.disconnect()
        await Promise.resolve()
      },
    }
  } catch (error) {
    redis.disconnect()
    if (error instanceof QueueError) throw error
    throw unusable(`Could not use Redis at ${placeOf(url)}: ${reasonOf(error)}`, error)
  } finally {
    waiting.abort()
  }
}

function clientFor(url: string): Redis | Cluster {
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isSealed = protocol === 'rediss:'
  const options = {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    // Certificates are held against the host that is called: an address has no name to send.
    ...(isSealed ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    // What was not acknowledged is said again once it is back: whoever reads counts.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    keepAlive: 5000,
    retryStrategy: (times: number) => Math.min(times * 50, MOST_WAIT_MS),
  }
  const place = { host, port: Number(port || 6379) }
  const db = Number(pathname.slice(1) || 0)
  const sentinel = searchParams.get('sentinel')
  if (sentinel !== null) {
    const sealed = isSealed ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}
    return new Redis({ ...options, ...sealed, db, sentinels: [place], name: sentinel })
  }
  if (!searchParams.has('cluster')) return new Redis({ ...options, db, ...place })
  return new Cluster([place], {
    redisOptions: options,
    // Whatever the slot of a key: the cluster says where it is now.
    clusterRetryStrategy: (times) => Math.min(times * 50, MOST_WAIT_MS),
    ...(isSealed ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
  })
}

async function lookAt(redis: Redis | Cluster): Promise<readonly string[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  const warnings = await Promise.all(nodes.map(lookAtNode))
  return [...new Set(warnings.flat())]
}

async function lookAtNode(node: Redis): Promise<readonly string[]> {
  const info = await node.info()
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  const version = value('redis_version')
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw unusable(`expected Redis ${OLDEST.join('.')} or newer, got ${version}`, null)
  }
  const policy = value('maxmemory_policy')
  if (policy !== 'noeviction' && policy !== '') {
    throw unusable(`expected maxmemory-policy of Redis to be noeviction, got ${policy}: it would throw work away`, null)
  }
  if (value('aof_enabled') === '1') return []
  return [
    'Redis keeps nothing over a restart (appendonly no): what is in flight then is sent again with the same keys; set `appendonly yes`',
  ]
}

function unusable(message: string, cause: unknown): QueueError {
  return new QueueError('HOOKCAST_REDIS_UNUSABLE', message, { cause })
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'no answer'
}

/** Without user and password. */
export function placeOf(url: string): string {
  return new URL(url).host
}
