import { relative } from 'node:path'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import { environment } from '../environment.ts'
import type { Wiring } from '../hookcast.ts'
import { settingsFor, type Surroundings } from '../library/library.ts'
import { Terminal } from './terminal.ts'

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly data?: string
  readonly config?: string
  readonly senders?: number
  readonly redis?: string
}

/** What one command works with, and what it leaves: its exit code. */
export class Context implements Surroundings {
  readonly env: Environment = environment()
  readonly terminal = new Terminal(this.env)
  readonly isJson: boolean
  /** A run that this process has begun: whatever happens from there on, it can be resumed. */
  openRun: { readonly runId: string; readonly settings: Settings } | null = null
  exitCode = 0
  /** The command that was typed. */
  command = '<command>'
  flags: GlobalFlags = {}
  readonly wiring: Wiring

  constructor({ isJson, wiring }: { isJson: boolean; wiring: Wiring }) {
    this.isJson = isJson
    this.wiring = wiring
  }

  /** Sender processes at most: the flag wins over hookcast.yaml, and that over the number of cores. */
  readonly senders = (settings: Settings): number => this.flags.senders ?? settings.senders ?? this.wiring.senders

  settings(campaignFolder: string | null): Settings {
    const { data, config } = this.flags
    const settings = settingsFor(campaignFolder, { data, config, env: this.env })
    const { redis } = this.flags
    return redis === undefined ? settings : { ...settings, redis: { text: redis, file: 'the command line', line: 1 } }
  }

  /** The command that does something with a run, as it has to be typed in this folder. */
  commandFor(verb: string, runId: string, settings: Settings): string {
    return `hookcast ${verb} ${runId}${this.#flagsFor(settings)}`
  }

  #flagsFor(settings: Settings): string {
    const { config, redis } = this.flags
    const data = this.#defaultData() === settings.data ? '' : ` --data ${quoted(relative('', settings.data) || '.')}`
    const over = redis === undefined ? '' : ` --redis ${quoted(withoutPassword(redis))}`
    return data + (config === undefined ? '' : ` --config ${quoted(config)}`) + over
  }

  /** Where the data folder is for whoever types a command here without naming it. */
  #defaultData(): string | null {
    try {
      return settingsFor(null, { config: this.flags.config, env: this.env }).data
    } catch {
      return null
    }
  }
}

/** What is typed again has to be known: a password is not told. */
function withoutPassword(url: string): string {
  const { username = '', password = '' } = URL.parse(url) ?? {}
  return username === '' && password === '' ? url : url.replace(/\/\/.*@/, '//…@')
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
