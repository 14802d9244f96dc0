import type { Environment } from '../campaign/secret-text.ts'
import { isOwnName, substitute } from '../campaign/secret-text.ts'
import type { SecretText } from '../campaign/campaign.ts'
import type { NoticeType } from '../campaign/notice.ts'
import type { NotifySettings } from '../campaign/settings.ts'
import { ConfigError } from '../errors.ts'
import { secretFrom } from '../profile/profile.ts'
import type { CallClientOptions } from '../request/request.ts'

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
  const url = URL.parse(valueOf(written, 'notify.url', env))
  const isPlain = url?.protocol === 'http:'
  const isLoopback = url !== null && LOOPBACK.has(url.hostname)
  if (url === null || url.username !== '' || !(url.protocol === 'https:' || (isPlain && isLoopback))) {
    throw problem(
      written,
      'expected notify.url to be an https URL without user name (http to loopback only), got something else',
    )
  }
  const secret = secretFrom(valueOf(writtenSecret, 'notify.secret', env))
  if (secret === null) {
    throw problem(
      writtenSecret,
      'expected notify.secret to be whsec_ and 24 to 64 bytes in base64, got something else: make one with `echo whsec_$(openssl rand -base64 32)`',
    )
  }
  return {
    on: new Set(on),
    path: `${url.pathname}${url.search}`,
    secret,
    client: {
      origin: url.origin,
      connections: 1,
      timeoutMs: TIMEOUT_MS,
      ca: null,
      network: { allow: networkAllow, isLoopbackAllowed: isLoopback },
    },
  }
}

function valueOf(secret: SecretText, label: string, env: Environment): string {
  return substitute(secret.text, (name) => {
    const value = isOwnName(name) ? undefined : env[name]
    if (value !== undefined && value !== '') return value
    throw problem(secret, `environment variable not set: ${name}, for ${label}`)
  })
}

function problem({ file, line }: SecretText, message: string): ConfigError {
  return new ConfigError('HOOKCAST_CONFIG_INVALID', [{ file, line, column: null, message }])
}
