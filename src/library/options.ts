import type { ResultStatus } from '../campaign/result.ts'
import type { AudienceRows } from './audience-stream.ts'

/** Where a run lives and what it may use: what `--data`, `--config`, `--senders` and the environment say on the command line. */
export interface SurroundingsOptions {
  /** The data folder. Default: `HOOKCAST_DATA` of `env`, else `data` of hookcast.yaml, else `.hookcast` in the current folder. */
  readonly data?: string | undefined
  /** The path of hookcast.yaml. Default: beside the campaign, else in the current folder. */
  readonly config?: string | undefined
  /** Sender processes at most, 1 to 64. Default: `senders` of hookcast.yaml, else one a core, 8 at most. */
  readonly senders?: number | undefined
  /** Where `${NAME}` of campaign files is read from. Default: `process.env`, as it is when the run starts. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** How a campaign is run: what the flags of `hookcast run` say. */
export interface RunCampaignOptions extends SurroundingsOptions {
  /** Customers in place of the campaign's own: a file, relative to the current folder, or rows (see `stream`). */
  readonly audience?: string | AudienceRows | undefined
  /** Format of the audience. Default: by the file's name; NDJSON for rows. */
  readonly format?: 'csv' | 'tsv' | 'ndjson' | undefined
  /** Interrupts the run after this many customers, or pauses it (`after` a number, or a share such as `1%`); `resumeRun` does the rest. */
  readonly limit?: number | { readonly pauseAfter: number | `${number}%` } | undefined
  /** Replaces params of the campaign for this run. */
  readonly params?: Readonly<Record<string, unknown>> | undefined
  /** Calls while the audience is still being read; a row that cannot be read is `failed` then. Default: true for rows, else false. */
  readonly stream?: boolean | undefined
  /** Records rows that cannot be read as failed and goes on, in place of refusing the audience. Default: false. */
  readonly skipBadRows?: boolean | undefined
  /** Agrees beforehand, as `--yes` does, to more than 100,000 requests over static IPs. Default: false, such a run is refused. */
  readonly yes?: boolean | undefined
  /** Stops the run as Ctrl-C does: nothing more is started, what is in flight comes to its end, and the report says `interrupted`. */
  readonly signal?: AbortSignal | undefined
}

/** How a run goes on: what the flags of `hookcast resume` say. */
export interface ResumeRunOptions extends SurroundingsOptions {
  /** Sends again what may have arrived longer ago than the receiver remembers keys. Default: false. */
  readonly resendUnknown?: boolean | undefined
  /** Stops the run as Ctrl-C does. */
  readonly signal?: AbortSignal | undefined
}

/** Which results are wanted. */
export interface ReadResultsOptions extends SurroundingsOptions {
  /** Default: all. */
  readonly status?: readonly ResultStatus[] | undefined
}
