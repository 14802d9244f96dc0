import type { Auth, EgressPool, SecretText, Throughput } from './campaign.ts'

/** The most sender processes that anybody may ask for: each is a process with a heap of its own. */
export const MOST_SENDERS = 64

/** Sections that the service and the event webhooks will read; checked for their keys only. */
type LaterSection = Readonly<Record<string, unknown>>

/** hookcast.yaml and the environment, checked and with every default filled in. */
export interface Settings {
  /** As shown in messages; null without a file. */
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
  readonly events: LaterSection
  readonly eventNetwork: LaterSection
  readonly notify: LaterSection
  readonly portal: LaterSection
  readonly log: LaterSection
  readonly server: LaterSection
}
