import { setTimeout as sleep } from 'node:timers/promises'
import { loadCampaign } from '../../src/campaign/campaign-file.ts'
import { campaignFilesAt } from '../../src/campaign/campaign-folder.ts'
import { loadSettings } from '../../src/config.ts'
import { wire } from '../../src/hookcast.ts'
import { openEventRun } from '../../src/runner/runner.ts'
import { eventsOf } from './event.ts'

/**
 * Opens a campaign's run of events and appends to it, from where it had come to: batch `n` is customers `10 n` to `10 n + 9`.
 *
 * Each batch that is on the disk is told on standard output. After the last it waits for the end of the run.
 */
async function main(file: string, dataFolder: string, batches: number): Promise<void> {
  const settings = loadSettings(null, {})
  const loaded = loadCampaign(campaignFilesAt(file), { env: {}, settings, isService: true })
  const host = {
    ...wire(),
    dataFolder,
    env: {},
    settings,
    senders: 1,
    isUnknownResent: false,
    onProgress: () => undefined,
  }
  const run = await openEventRun({ ...loaded, version: 1, day: '2026-11-22' }, host)
  for (let batch = (run.position ?? -1) + 1; batch < batches; batch++) {
    await run.append(eventsOf(10, batch * 10), batch)
    process.stdout.write(`${run.runId} ${batch}\n`)
    await sleep(10)
  }
  await run.seal()
  process.stdout.write(`${await run.ended}\n`)
}

const [file, dataFolder, batches] = process.argv.slice(2)
await main(file!, dataFolder!, Number(batches))
