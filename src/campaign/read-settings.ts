import { isIP } from 'node:net'
import type { Auth, EgressPool, Throughput } from './campaign.ts'
import { readEgressProxy } from './egress-proxy.ts'
import { type KeyPath, formatKey, shorten } from './key-path.ts'
import { readCredentials } from './read-credentials.ts'
import { readEvents } from './read-event-settings.ts'
import { readLog, readNotify, readPortal, readServer, readTriggers } from './read-service-settings.ts'
import { placeholderNames } from './secret-text.ts'
import type { Settings } from './settings.ts'
import type { SettingsInput } from './settings-schema.ts'
import type { Repaired } from './shape-problem.ts'
import { parsePerSecond } from './unit.ts'
import { printableUrl } from './webhook-url.ts'
import type { YamlReader } from './yaml-reader.ts'

type Input = Repaired<SettingsInput>

/** Reads hookcast.yaml but for its data folder; what is wrong is reported, and left out. */
export function readSettings(reader: YamlReader, input: Input): Omit<Settings, 'data'> {
  return {
    file: reader.file,
    senders: input.senders ?? null,
    redis: typeof input.redis === 'string' ? readSecretUrl(reader, ['redis'], input.redis) : null,
    auth: readAuth(reader, input),
    throughput: readThroughput(input),
    networkAllow: readRanges(reader, ['network', 'campaigns', 'allow'], input.network?.campaigns?.allow ?? []),
    project: input.project ?? {},
    env: (input.env ?? []).filter((name) => name !== undefined),
    egress: readEgress(reader, input),
    events: readEvents(reader, input),
    eventNetwork: readEventNetwork(reader, input),
    portal: readPortal(reader, input),
    notify: readNotify(reader, input),
    triggers: readTriggers(reader, input),
    log: readLog(input),
    server: readServer(reader, input),
  }
}

function readEventNetwork(reader: YamlReader, input: Input): Settings['eventNetwork'] {
  const { allow, http, ports } = input.network?.events ?? {}
  return {
    allow: readRanges(reader, ['network', 'events', 'allow'], allow ?? []),
    isHttpAllowed: http ?? false,
    ports: (ports ?? [443, 8443]).filter((port) => port !== undefined),
  }
}

function readAuth(reader: YamlReader, input: Input): Record<string, Auth> {
  const named: Record<string, Auth> = {}
  for (const [name, credentials] of Object.entries(input.auth ?? {})) {
    const prefix = credentials?.url_prefix
    if (credentials === undefined || prefix === undefined) continue
    const path = ['auth', name]
    const urlPrefix = readPrefix(reader, [...path, 'url_prefix'], prefix)
    const auth = readCredentials(reader, credentials, { path, urlPrefix, variablePrefix: name })
    if (auth !== null) named[name] = auth
  }
  return named
}

/** What credentials are bound to is compared segment by segment: query and fragment have no say there. */
function readPrefix(reader: YamlReader, path: KeyPath, written: string): string {
  const resolved = reader.valueAt(path, reader.secretAt(path, written))
  if (resolved === null) return ''
  const url = URL.parse(resolved)
  const isUsable =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    !/[?#\\\s]|\p{Cc}/u.test(resolved)
  if (isUsable) return url.href
  const got = JSON.stringify(shorten(printableUrl(written)))
  reader.report(
    path,
    `expected ${formatKey(path)} to be an https URL without user name, query and fragment, got ${got}`,
  )
  return ''
}

function readThroughput(input: Input): Record<string, Throughput> {
  const policies: Record<string, Throughput> = {}
  for (const [name, policy] of Object.entries(input.throughput ?? {})) {
    const perSecond = typeof policy?.rate === 'string' ? parsePerSecond(policy.rate) : null
    policies[name] = { name, concurrency: policy?.concurrency ?? null, perSecond }
  }
  return policies
}

function readRanges(reader: YamlReader, path: KeyPath, ranges: readonly (string | undefined)[]): string[] {
  return ranges.flatMap((range, index) => {
    if (range === undefined) return []
    const cidr = cidrFrom(range)
    if (cidr !== null) return [cidr]
    const place = [...path, index]
    reader.report(
      place,
      `expected ${formatKey(place)} to be a range such as "10.0.0.0/8", got ${JSON.stringify(range)}`,
    )
    return []
  })
}

/** A bare address is the range of just itself. */
function cidrFrom(range: string): string | null {
  const [address = '', bits, ...more] = range.split('/')
  const family = isIP(address)
  const widest = family === 4 ? 32 : 128
  if (family === 0 || more.length > 0) return null
  if (bits === undefined) return `${address}/${widest}`
  return /^\d{1,3}$/.test(bits) && Number(bits) <= widest ? range : null
}

function readEgress(reader: YamlReader, input: Input): Record<string, EgressPool> {
  const pools: Record<string, EgressPool> = {}
  for (const [name, pool] of Object.entries(input.egress ?? {})) {
    if (pool === undefined) continue
    const path = ['egress', name]
    const common = { name, concurrency: pool.concurrency ?? POOL_CONCURRENCY, line: reader.lineOf(path) }
    if ('proxy' in pool && pool.proxy !== undefined) {
      pools[name] = { ...common, kind: 'proxy', proxy: readProxy(reader, [...path, 'proxy'], pool.proxy) }
    } else if ('addresses' in pool) {
      const addresses = readAddresses(reader, [...path, 'addresses'], pool.addresses ?? [])
      pools[name] = { ...common, kind: 'addresses', addresses }
    }
  }
  return pools
}

const POOL_CONCURRENCY = 200

/** Looked at as far as its variables are set: a pool that no campaign uses may wait for them. */
function readProxy(reader: YamlReader, path: KeyPath, written: string): ReturnType<YamlReader['secretAt']> {
  const secret = readSecretUrl(reader, path, written)
  const isWhole = written.startsWith('${')
  if (isWhole && placeholderNames(written).some((name) => reader.peek(name) === null)) return secret
  const proxy = readEgressProxy(written, (name) => reader.peek(name) ?? 'x')
  if (typeof proxy === 'string') reader.report(path, `expected ${formatKey(path)} to ${proxy}`)
  return secret
}

function readAddresses(reader: YamlReader, path: KeyPath, addresses: readonly (string | undefined)[]): string[] {
  if (addresses.length === 0) reader.report(path, `expected ${formatKey(path)} to hold an IP address, got none`)
  return addresses.flatMap((address, index) => {
    if (address === undefined) return []
    if (isIP(address) !== 0) return [address]
    const place = [...path, index]
    reader.report(place, `expected ${formatKey(place)} to be an IP address, got ${JSON.stringify(address)}`)
    return []
  })
}

function readSecretUrl(reader: YamlReader, path: KeyPath, written: string): ReturnType<YamlReader['secretAt']> {
  const userInfo = /\/\/[^/?#]*:([^/?#]*)@/.exec(written)
  if (userInfo !== null && userInfo[1] !== '' && placeholderNames(userInfo[1] ?? '').length === 0) {
    reader.report(path, `literal secret: ${formatKey(path)}, write the password as "\${NAME}" and set that variable`)
  }
  return reader.secretAt(path, written)
}
