import { isIP } from 'node:net'
import { formatKey, shorten, type KeyPath } from './key-path.ts'
import { NOTICE_TYPES, type NoticeType } from './notice.ts'
import { placeholderNames } from './secret-text.ts'
import type { SecretText } from './campaign.ts'
import type { ListenAddress, LogSettings, NotifySettings, PortalSettings, ServerSettings } from './settings.ts'
import type { SettingsInput } from './settings-schema.ts'
import type { Repaired } from './shape-problem.ts'
import { printableUrl } from './webhook-url.ts'
import type { YamlReader } from './yaml-reader.ts'

type Input = Repaired<SettingsInput>

export function readServer(reader: YamlReader, { server }: Input): ServerSettings {
  const { listen } = server ?? {}
  return {
    publicUrl: readPublicUrl(reader, ['server', 'public_url'], server?.public_url ?? null),
    publicListen: readListen(reader, ['server', 'listen', 'public'], listen?.public ?? null),
    adminListen: readListen(reader, ['server', 'listen', 'admin'], listen?.admin ?? null),
  }
}

export function readLog({ log }: Input): LogSettings {
  return { attempts: log?.attempts ?? 'failed' }
}

/** What stands here becomes part of a header: nothing but origins gets there. @see CSP Level 3, "frame-ancestors" */
const ANCESTOR = /^https?:\/\/(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i

export function readPortal(reader: YamlReader, { portal }: Input): PortalSettings {
  const frameAncestors = (portal?.frame_ancestors ?? []).flatMap((written, index) => {
    if (written === undefined) return []
    if (ANCESTOR.test(written)) return [written]
    const path = ['portal', 'frame_ancestors', index]
    const got = JSON.stringify(shorten(written))
    reader.report(path, `expected ${formatKey(path)} to be an origin such as "https://app.example.com", got ${got}`)
    return []
  })
  return { frameAncestors }
}

/** Null when nobody is to be told. Address and secret are read when the service starts: other commands do without them. */
export function readNotify(reader: YamlReader, { notify }: Input): NotifySettings | null {
  if (notify === undefined || notify === null) return null
  const { url, secret } = notify
  if (typeof url !== 'string' || typeof secret !== 'string') return null
  if (placeholderNames(secret).length === 0) {
    reader.report(
      ['notify', 'secret'],
      'literal secret: notify.secret, write secret: "${NOTIFY_SECRET}" and set that variable',
    )
  }
  const on = (notify.on ?? NOTICE_TYPES).filter((type): type is NoticeType => type !== undefined)
  return {
    on,
    url: reader.secretAt(['notify', 'url'], url),
    secret: reader.secretAt(['notify', 'secret'], secret),
  }
}

/** Secrets are read when the service starts. */
export function readTriggers(reader: YamlReader, { triggers }: Input): Record<string, readonly SecretText[]> {
  const sources: Record<string, readonly SecretText[]> = {}
  for (const [name, source] of Object.entries(triggers ?? {})) {
    const path = ['triggers', name, 'secrets']
    const written = (source?.secrets ?? []).filter((secret) => secret !== undefined)
    if (source?.secrets?.length === 0) reader.report(path, `expected ${formatKey(path)} to hold a secret, got none`)
    sources[name] = written.map((secret, index) => {
      if (placeholderNames(secret).length === 0) {
        const place = formatKey([...path, index])
        reader.report([...path, index], `literal secret: ${place}, write "\${TRIGGER_SECRET}" and set that variable`)
      }
      return reader.secretAt([...path, index], secret)
    })
  }
  return sources
}

function readPublicUrl(reader: YamlReader, path: KeyPath, written: string | null): string | null {
  if (written === null) return null
  const url = URL.parse(written)
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && !/[?#\\\s]/.test(written)
  if (isUsable) return url.href.replace(/\/$/, '')
  const got = JSON.stringify(shorten(printableUrl(written)))
  reader.report(path, `expected ${formatKey(path)} to be a URL such as "https://hookcast.example.com", got ${got}`)
  return null
}

/** `:8080` is every address of this machine. */
function readListen(reader: YamlReader, path: KeyPath, written: string | null): ListenAddress | null {
  if (written === null) return null
  const match = /^(?:\[([^\]]*)\]|([^:\s]*)):(\d{1,5})$/.exec(written)
  const [ipv6, host = '', port] = match?.slice(1) ?? []
  const isHost = ipv6 === undefined ? /^[\w.-]*$/.test(host) : isIP(ipv6) === 6
  if (match !== null && isHost && Number(port) <= 65_535) return { host: ipv6 ?? (host || null), port: Number(port) }
  reader.report(
    path,
    `expected ${formatKey(path)} to be an address such as "127.0.0.1:8081" or ":8080", got ${JSON.stringify(shorten(written))}`,
  )
  return null
}
