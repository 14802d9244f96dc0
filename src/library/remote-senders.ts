import { readVariable, variableProblem } from '../campaign/environment-variable.ts'
import { resolveSecret, type Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import type { RedisAccess, RemoteSenders } from '../queue/bullmq/bullmq.ts'
import { provideSecretKeys } from '../vault/vault.ts'
import type { Surroundings } from './surroundings.ts'

/** A run uses as many as its ceiling has use for, and there are. */
export const MOST_REMOTE_SENDERS = 1000

/**
 * Opens the way to workers where there is one; null when senders are processes here. What was opened goes with `cleanUp`.
 *
 * @throws {QueueError} HOOKCAST_REDIS_UNUSABLE.
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, without a key that workers share.
 */
export async function remoteSendersFor(
  surroundings: Surroundings,
  {
    settings,
    onNote,
    cleanUp,
  }: {
    readonly settings: Settings
    readonly onNote?: ((text: string) => void) | undefined
    readonly cleanUp: AsyncDisposableStack
  },
): Promise<RemoteSenders | null> {
  if (surroundings.remote !== undefined) return surroundings.remote
  const access = redisAccessFrom(settings, surroundings.env)
  if (access === null) return null
  // BullMQ and its client: whoever does without them does not wait for them.
  const { openRemoteSenders } = await import('../queue/bullmq/bullmq.ts')
  const remote = cleanUp.use(await openRemoteSenders(access))
  for (const warning of remote.warnings) onNote?.(`Warning: ${warning}`)
  return remote
}

/** The Redis of the settings, and what goes through it is encrypted with; null without. */
export function redisAccessFrom(settings: Settings, env: Environment): RedisAccess | null {
  if (settings.redis === null) return null
  const url = resolveSecret(settings.redis, env)
  const protocol = URL.parse(url)?.protocol
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw variableProblem(
      'expected redis to be a URL such as "redis://127.0.0.1:6379" or "rediss://…", got something else',
    )
  }
  return { url, keys: sharedKeys(env, settings) }
}

function sharedKeys(env: Environment, { data }: Settings): RedisAccess['keys'] {
  if (readVariable(env, 'HOOKCAST_SECRET_KEY') === null) {
    const message =
      'expected HOOKCAST_SECRET_KEY to be set, got nothing: what goes through Redis is encrypted, and workers need the same key (`openssl rand -base64 32` makes one)'
    throw variableProblem(message)
  }
  return provideSecretKeys({ env, dataFolder: data, warn: () => undefined })
}
