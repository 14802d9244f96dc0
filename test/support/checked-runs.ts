import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Webhook } from '../../src/campaign/campaign.ts'
import { loadSettings } from '../../src/config.ts'
import { findRun } from '../../src/ledger/run-folder.ts'
import { campaignOf, readSnapshot } from '../../src/runner/run-snapshot.ts'
import { checkRun, journalFrom, type JournalEntry } from './invariants.ts'
import { RECEIVERS } from './receiver.ts'

export interface CheckedFolder {
  /** A hookcast.yaml. */
  readonly config?: string | null
  /** What the processes were given: none of the values may be said or stored. */
  readonly env?: Readonly<Record<string, string>>
  /** What each process has said. */
  readonly said?: readonly string[]
}

/**
 * Holds every run of a data folder against the invariants, with what all receivers of this test file got of it.
 *
 * Whatever starts runs for tests ends with this, so that no test has to think of it.
 */
export function checkRunsIn(dataFolder: string, { config = null, env = {}, said = [] }: CheckedFolder = {}): void {
  const folder = join(dataFolder, 'runs')
  if (!existsSync(folder)) return
  for (const runId of readdirSync(folder)) {
    const ledger = join(folder, runId, 'ledger.db')
    if (runId.startsWith('.') || !existsSync(ledger) || isKnown(ledger)) continue
    const webhook = webhookOf(dataFolder, runId, { config, env })
    checkRun({ dataFolder, runId, journal: journalOf(runId), webhook, said, secrets: secretsOf(env) })
  }
}

const known = new Map<string, string>()

/** A run that nothing was written of since the last look at it. */
function isKnown(ledger: string): boolean {
  const state = [ledger, `${ledger}-wal`].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs).join()
  const isOld = known.get(ledger) === state
  known.set(ledger, state)
  return isOld
}

const ANY = 'http://127.0.0.1:9'

/** The webhook as a run has it. Only what the invariants need is looked at: a variable that is not given may be anything. */
function webhookOf(dataFolder: string, runId: string, { config, env }: Required<Omit<CheckedFolder, 'said'>>): Webhook {
  const { campaign } = readSnapshot(findRun(dataFolder, runId))
  const any = new Proxy(env, {
    get: (given, name) => given[String(name)] ?? (String(name).endsWith('_FILE') ? undefined : ANY),
  })
  return campaignOf(campaign, { env: any, settings: loadSettings(config, any) }).webhook
}

/** Null when a receiver has not kept everything. What a replay sends anew under its old key is not the old run's. */
function journalOf(runId: string): JournalEntry[] | null {
  const journals = RECEIVERS.map((receiver) => {
    // One of an earlier test may have gone with its folder.
    if ('readJournal' in receiver) return existsSync(receiver.journal) ? receiver.readJournal() : []
    const own = receiver.requests.filter(({ headers }) => headers['x-hookcast-run'] === runId)
    return receiver.requests.length === receiver.count ? journalFrom(own) : null
  })
  return journals.includes(null) ? null : journals.flatMap((journal) => journal ?? [])
}

/** What is not the program's own configuration, and long enough not to be met by chance. */
export function secretsOf(env: Readonly<Record<string, string>>): Record<string, string> {
  const isSecret = (name: string, value: string): boolean =>
    value.length >= 8 && (name === 'HOOKCAST_ADMIN_TOKEN' || !/^(HOOKCAST|NODE|FAKETIME|LD)_|PATH$/.test(name))
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => isSecret(name, value)))
}
