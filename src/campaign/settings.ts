import type { Auth, EgressPool, SecretText, Throughput } from './campaign.ts'
import type { NoticeType } from './notice.ts'

/** The most sender processes that anybody may ask for: each is a process with a heap of its own. */
export const MOST_SENDERS = 64

/** hookcast.yaml and the environment, checked and with every default filled in. */
export interface Settings {
  /** Absolute path of hookcast.yaml; null without one. */
  readonly file: string | null
  /** Absolute path of the data folder. */
  readonly data: string
  /** Sender processes; null for one per core to spare. */
  readonly senders: number | null
  readonly redis: SecretText | null
  /** Named credentials, each bound to its URL prefix. */
  readonly auth: Readonly<Record<string, Auth>>
  readonly throughput: Readonly<Record<string, Throughput>>
  /** CIDRs of private ranges that campaigns may call. */
  readonly networkAllow: readonly string[]
  /** The template variable `project`. */
  readonly project: Readonly<Record<string, unknown>>
  /** Variables that campaign files may read under `serve`. */
  readonly env: readonly string[]
  readonly egress: Readonly<Record<string, EgressPool>>
  readonly events: EventSettings
  /** Where event endpoints may be. */
  readonly eventNetwork: EventNetworkSettings
  readonly portal: PortalSettings
  /** Null when no operator is to be told of anything. */
  readonly notify: NotifySettings | null
  /** Whose signature stands for a token when they send triggers: their secrets, by the name of the source. */
  readonly triggers: Readonly<Record<string, readonly SecretText[]>>
  readonly log: LogSettings
  readonly server: ServerSettings
}

/** How event webhooks are sent and kept. */
export interface EventSettings {
  /** Waits before the second attempt and those after it; null for what each profile says. */
  readonly delaysMs: readonly number[] | null
  readonly defaultProfile: string
  /** More wire formats, by name. */
  readonly profiles: Readonly<Record<string, EventProfileSettings>>
  readonly payloadsKeptMs: number
  readonly attemptsKeptMs: number
  readonly storageBytes: number
  /** What is left free on the disk; null for 5 % of it, at most 1 GiB. */
  readonly reserveBytes: number | null
  /** Messages that may be held for one endpoint: of more, the oldest expire. */
  readonly mostHeld: number
  /** What one app may bring. */
  readonly perApp: Readonly<Record<'perSecond' | 'backlog' | 'bytes' | 'endpoints', number>>
}

/** A signature scheme, as it is written. */
export interface EventProfileSettings {
  readonly header: string
  readonly content: string
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'base64' | 'hex' | 'HEX'
  readonly key_encoding: 'whsec' | 'base64' | 'hex' | 'utf8'
  readonly prefix?: string
  readonly separator?: ' ' | ','
  readonly headers?: Readonly<Record<string, string>>
}

export interface EventNetworkSettings {
  /** CIDRs of private ranges that may be called. */
  readonly allow: readonly string[]
  readonly isHttpAllowed: boolean
  readonly ports: readonly number[]
}

export interface PortalSettings {
  /** Origins whose pages may show the portal in a frame. */
  readonly frameAncestors: readonly string[]
}

export interface NotifySettings {
  readonly on: readonly NoticeType[]
  readonly url: SecretText
  /** What notices are signed with: `whsec_`, and 24 to 64 bytes in base64. */
  readonly secret: SecretText
}

export interface LogSettings {
  /** Which attempts get a line: those that were not sent, all, or none. */
  readonly attempts: 'failed' | 'all' | 'none'
}

export interface ServerSettings {
  readonly publicUrl: string | null
  /** For callers from outside: triggers and health, nothing else; null for no such listener. */
  readonly publicListen: ListenAddress | null
  /** For everything; null for the default, one loopback port. */
  readonly adminListen: ListenAddress | null
}

export interface ListenAddress {
  /** Null: every address of this machine. */
  readonly host: string | null
  /** 0: one that is free. */
  readonly port: number
}
