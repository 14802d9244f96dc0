import { readFileSync } from 'node:fs'
import { networkList } from './address.ts'
import type { User } from './auth.ts'
import { parseFaults } from './faults.ts'
import type { FaultPlan } from './faults.ts'
import type { IdempotencyRules } from './idempotency.ts'
import { LOG_LEVELS } from './log.ts'
import type { LogLevel } from './log.ts'
import type { ProviderSettings } from './provider.ts'
import { BATCH_LIMIT } from './routes/messages.ts'
import { WEBHOOK_SOURCES } from './webhooks/verifier.ts'
import type { WebhookSource } from './webhooks/verifier.ts'
import { VERIFIERS } from './webhooks/webhooks.ts'

export interface Settings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Null: no administration port. */
  readonly adminPort: number | null
  readonly users: readonly User[]
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  /** Addresses and networks that may call; empty: everybody. */
  readonly ipAllow: readonly string[]
  /** Proxies whose X-Forwarded-For is believed; empty: none. */
  readonly trustProxy: readonly string[]
  readonly redisUrl: string | null
  readonly queueLimit: number
  readonly idempotency: IdempotencyRules & { readonly ttlMs: number; readonly keys: number }
  readonly webhookSecrets: Readonly<Record<WebhookSource, readonly string[]>>
  readonly faults: FaultPlan | null
  readonly logLevel: LogLevel
  readonly provider: ProviderSettings
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Everything that is wrong with the settings, one line each; never a value that is a secret. */
export class SettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'SettingsError'
  }
}

/**
 * Reads the settings: the only place that looks at the environment.
 *
 * @throws {SettingsError} with all problems at once.
 */
export function readSettings(environment: Environment): Settings {
  const read = new Reader(environment)
  const port = read.number('PORT', { least: 0, most: 65_535, fallback: 3000 })
  const settings: Settings = {
    host: read.text('HOST') ?? '127.0.0.1',
    port,
    adminPort:
      read.text('ADMIN_PORT') === 'off'
        ? null
        : read.number('ADMIN_PORT', { least: 0, most: 65_535, fallback: port === 0 ? 0 : port + 1 }),
    users: readUsers(read),
    tls: readTls(read),
    ipAllow: readNetworks(read, 'IP_ALLOW'),
    trustProxy: readNetworks(read, 'TRUST_PROXY'),
    redisUrl: readRedisUrl(read),
    // A batch that never fits would be turned away with a 429, and come again, for ever.
    queueLimit: read.number('QUEUE_LIMIT', { least: BATCH_LIMIT, most: 10_000_000, fallback: 10_000 }),
    idempotency: {
      isRequired: read.choice('IDEMPOTENCY', ['optional', 'required'], 'optional') === 'required',
      field: readPointer(read),
      ttlMs: read.span('IDEMPOTENCY_TTL', 7 * 86_400_000),
      keys: read.number('IDEMPOTENCY_KEYS', { least: 1, most: 10_000_000, fallback: 2_000_000 }),
    },
    webhookSecrets: readWebhookSecrets(read),
    faults: readFaults(read),
    logLevel: read.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    provider: {
      delayMs: read.number('PROVIDER_DELAY_MS', { least: 0, most: 60_000, fallback: 0 }),
      outboxFile: read.text('PROVIDER_OUTBOX'),
    },
  }
  if (read.problems.length > 0) throw new SettingsError(read.problems)
  return settings
}

class Reader {
  readonly problems: string[] = []
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** An empty variable counts as not set: that is how `.env` files write it. */
  text(name: string): string | null {
    return this.#environment[name] || null
  }

  number(name: string, { least, most, fallback }: { least: number; most: number; fallback: number }): number {
    const text = this.text(name)
    if (text === null) return fallback
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    this.expected(name, `to be a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`)
    return fallback
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.text(name)
    const found = choices.find((choice) => choice === text)
    if (text !== null && found === undefined) {
      this.expected(name, `to be one of ${choices.join(', ')}, got ${JSON.stringify(text)}`)
    }
    return found ?? fallback
  }

  span(name: string, fallbackMs: number): number {
    const text = this.text(name)
    if (text === null) return fallbackMs
    const [, amount, unit = ''] = /^(\d+)(s|m|h|d)$/.exec(text) ?? []
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit]
    if (amount !== undefined && unitMs !== undefined && Number(amount) > 0) return Number(amount) * unitMs
    this.expected(name, `to be a duration such as 7d, 24h, 30m or 90s, got ${JSON.stringify(text)}`)
    return fallbackMs
  }

  file(name: string, path: string): string {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      this.expected(
        name,
        `to name a file that can be read, got ${path} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
      )
      return ''
    }
  }

  expected(name: string, what: string): void {
    this.problems.push(`expected \`${name}\` ${what}`)
  }
}

function readUsers(read: Reader): readonly User[] {
  const file = read.text('API_USERS_FILE')
  const inline = read.text('API_USERS')
  const before = read.problems.length
  const entries = [
    ...(inline?.split(',') ?? []),
    ...(file === null
      ? []
      : read
          .file('API_USERS_FILE', file)
          .split(/\r?\n/)
          .filter((line) => line !== '' && !line.startsWith('#'))),
  ]
  const name = inline === null && file !== null ? 'API_USERS_FILE' : 'API_USERS'
  if (entries.length === 0 && read.problems.length === before) {
    read.expected(name, 'to hold at least one user:password, got none (there is no default password)')
  }
  const users: User[] = []
  for (const [index, entry] of entries.entries()) {
    const colon = entry.indexOf(':')
    const user = { name: entry.slice(0, colon), password: entry.slice(colon + 1) }
    // oxlint-disable-next-line no-control-regex -- RFC 7617 forbids control characters in both.
    if (colon < 1 || user.password === '' || /[\u0000-\u001f\u007f]/.test(entry)) {
      read.expected(
        name,
        `to be written user:password, got entry ${index + 1} without a user, a password, or with a control character`,
      )
    } else if (users.filter((other) => other.name === user.name).length === 2) {
      read.expected(name, `to hold at most two passwords for one user, got a third in entry ${index + 1}`)
    } else users.push(user)
  }
  return users
}

function readTls(read: Reader): Settings['tls'] {
  const certFile = read.text('TLS_CERT')
  const keyFile = read.text('TLS_KEY')
  if (certFile === null && keyFile === null) return null
  if (certFile === null || keyFile === null) {
    read.expected(certFile === null ? 'TLS_CERT' : 'TLS_KEY', 'to be set too: HTTPS takes both')
    return null
  }
  for (const [name, path] of [
    ['TLS_CERT', certFile],
    ['TLS_KEY', keyFile],
  ] as const)
    read.file(name, path)
  return { certFile, keyFile }
}

function readNetworks(read: Reader, name: string): readonly string[] {
  const networks = (read.text(name) ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  try {
    networkList(networks)
  } catch (error) {
    read.expected(
      name,
      `to be addresses or networks such as 203.0.113.10 or 10.0.0.0/8, got ${(error as Error).message}`,
    )
  }
  return networks
}

function readRedisUrl(read: Reader): string | null {
  const url = read.text('REDIS_URL')
  // The value may hold a password: it is never repeated.
  if (url !== null && !/^rediss?:\/\/./.test(url)) read.expected('REDIS_URL', 'to begin with redis:// or rediss://')
  return url
}

function readPointer(read: Reader): string | null {
  const pointer = read.text('IDEMPOTENCY_FIELD')
  if (pointer !== null && !/^(\/([^/~]|~[01])+)+$/.test(pointer)) {
    read.expected('IDEMPOTENCY_FIELD', `to be a JSON pointer such as /request_id, got ${JSON.stringify(pointer)}`)
  }
  return pointer
}

function readFaults(read: Reader): FaultPlan | null {
  const text = read.text('FAULTS')
  if (text === null) return null
  try {
    return parseFaults(text)
  } catch (error) {
    read.problems.push((error as Error).message)
    return null
  }
}

/** Several secrets are separated by commas: all are valid while one replaces the other. A PEM may be a file's name. */
function readWebhookSecrets(read: Reader): Settings['webhookSecrets'] {
  const secretsOf = (source: WebhookSource): readonly string[] => {
    const name = `WEBHOOK_SECRET_${source.toUpperCase()}`
    const secrets = (read.text(name) ?? '')
      .split(',')
      .map((secret) => secret.trim())
      .filter(Boolean)
      .map((secret) => (source === 'receeve' ? pemOf(read, name, secret) : secret))
    try {
      VERIFIERS[source](secrets)
    } catch (error) {
      read.expected(name, (error as Error).message)
    }
    return secrets
  }
  return Object.fromEntries(WEBHOOK_SOURCES.map((source) => [source, secretsOf(source)])) as Settings['webhookSecrets']
}

/** In a variable, line breaks are written `\n`. */
function pemOf(read: Reader, name: string, secret: string): string {
  return secret.startsWith('-----BEGIN') ? secret.replaceAll('\\n', '\n') : read.file(name, secret)
}
