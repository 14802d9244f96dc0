import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../src/clock.ts'
import type { ServiceStore } from '../../src/ledger/service-store.ts'
import { Triggers, type ScheduledRuns } from '../../src/trigger/trigger.ts'
import { plainSettings } from '../support/campaign-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs of schedules are not what it is about. */
const noRuns: ScheduledRuns = {
  start: async () => await Promise.reject(new Error('no schedules here')),
  has: () => false,
  isOpen: () => false,
}

export interface ServiceOptions {
  readonly store: ServiceStore
  readonly data: string
  readonly campaigns: string
  readonly clock: Clock
  readonly tell?: (type: string, facts: Readonly<Record<string, unknown>>) => void
  readonly onError?: (error: unknown) => void
}

/** The triggers of a service with real runs and senders. */
export function triggersOf({ store, data, campaigns, clock, tell, onError }: ServiceOptions): Triggers {
  return new Triggers({
    store,
    folder: campaigns,
    env: {},
    settings: plainSettings,
    host: {
      dataFolder: data,
      env: {},
      settings: plainSettings,
      clock,
      random: Math.random,
      senders: 1,
      version: '0.0.0',
      isUnknownResent: false,
      program: { entry: join(ROOT, 'src/sender/entry.ts'), readable: [ROOT, realpathSync(join(ROOT, 'node_modules'))] },
      onProgress: () => undefined,
    },
    runs: noRuns,
    tell: (type, facts) => tell?.(type, facts),
    log: () => undefined,
    onRun: () => undefined,
    onError:
      onError ??
      ((error) => {
        throw error
      }),
  })
}
