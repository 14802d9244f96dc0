import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test as base } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import * as sql from '../../src/trigger/statements.ts'

/** A data folder and a campaigns' folder of their own, and the store of a service on them. */
export interface Place {
  readonly data: string
  readonly campaigns: string
  readonly store: ServiceStore
  /** Writes a file below the campaigns' folder. */
  write(path: string, text: string): void
  /** Lets a campaign listen to a type, as its activation does. */
  listen(campaign: string, type: string): Promise<void>
}

export const test = base.extend<{ place: Place }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  place: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'trigger-'))
    const [data, campaigns] = [join(folder, 'data'), join(folder, 'campaigns')]
    mkdirSync(campaigns)
    {
      using store = new ServiceStore(data, systemClock)
      const write = (path: string, text: string): void => {
        mkdirSync(dirname(join(campaigns, path)), { recursive: true })
        writeFileSync(join(campaigns, path), text)
      }
      const listen = async (campaign: string, type: string): Promise<void> =>
        await store.commit((statements) => void statements.run(sql.insertListener, campaign, 1, type, 0))
      await use({ data, campaigns, store, write, listen })
    }
    rmSync(folder, { recursive: true })
  },
})

/** Lines of a campaign file that is right. */
export function campaignFile(name: string, lines: readonly string[] = []): string {
  return [`name: ${name}`, ...lines, 'webhook:', '  url: "https://api.example.com/v1/send"', '  body: "{}"', ''].join(
    '\n',
  )
}
