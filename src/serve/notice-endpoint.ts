import type { Environment } from '../campaign/secret-text.ts'
import type { NoticeType } from '../campaign/notice.ts'
import type { NotifySettings } from '../campaign/settings.ts'
import type { CallClientOptions } from '../request/request.ts'
import { settingProblem, settingValue, signingSecret } from './setting-secret.ts'

/** Where notices go, with every variable read: to be kept in memory only. */
export interface NoticeEndpoint {
  readonly on: ReadonlySet<NoticeType>
  readonly path: string
  readonly secret: Uint8Array
  readonly client: CallClientOptions
}

const TIMEOUT_MS = 15_000
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Reads the address and the secret of notices, which may stand in the environment.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, without showing either.
 */
export function noticeEndpointFrom(
  { on, url: written, secret: writtenSecret }: NotifySettings,
  { env, networkAllow }: { readonly env: Environment; readonly networkAllow: readonly string[] },
): NoticeEndpoint {
  const url = URL.parse(settingValue(written, 'notify.url', env))
  const isPlain = url?.protocol === 'http:'
  const isLoopback = url !== null && LOOPBACK.has(url.hostname)
  if (url === null || url.username !== '' || !(url.protocol === 'https:' || (isPlain && isLoopback))) {
    throw settingProblem(
      written,
      'expected notify.url to be an https URL without user name (http to loopback only), got something else',
    )
  }
  return {
    on: new Set(on),
    path: `${url.pathname}${url.search}`,
    secret: signingSecret(writtenSecret, 'notify.secret', env),
    client: {
      origin: url.origin,
      connections: 1,
      timeoutMs: TIMEOUT_MS,
      ca: null,
      network: { allow: networkAllow, isLoopbackAllowed: isLoopback },
    },
  }
}
