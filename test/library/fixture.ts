import { join } from 'node:path'
import { test as base, type Desk } from '../cli/fixture.ts'
import type { ReceiverOptions } from '../support/receiver.ts'

/** A folder with a campaign, and what a program hands over to run it there: its own data folder, environment and one sender. */
export interface ProgramDesk extends Desk {
  readonly campaign: string
  readonly options: { readonly data: string; readonly senders: number; readonly env: Readonly<Record<string, string>> }
  /** Customers `c-0`, `c-1` … as NDJSON. */
  writeRows(name: string, count: number): void
}

export const test = base.extend<{ openDesk: (receiver?: ReceiverOptions) => Promise<ProgramDesk>; desk: ProgramDesk }>({
  openDesk: async ({ openDesk }, use) =>
    use(async (receiver) => {
      const desk = await openDesk(receiver)
      return {
        ...desk,
        campaign: join(desk.folder, 'campaign.yaml'),
        options: { data: join(desk.folder, '.hookcast'), senders: 1, env: {} },
        writeRows: (name, count) =>
          void desk.write(name, Array.from({ length: count }, (_, i) => `{"id":"c-${i}"}\n`).join('')),
      }
    }),
  desk: async ({ openDesk }, use) => use(await openDesk()),
})
