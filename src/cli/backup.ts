import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { backUp, restoreData, type Restored } from '../backup/backup.ts'
import { KEY_FILE } from '../vault/vault.ts'
import type { Context } from './context.ts'

export function addBackup(program: Command, context: Context): void {
  program
    .command('backup')
    .summary('copy the data folder, also while a service or runs are at work on it')
    .description(
      'Copies runs, triggers, schedules, tokens and event webhooks into a new folder, with a manifest of sizes and SHA-256. Not in it: the key of stored secrets, campaign files, hookcast.yaml.',
    )
    .argument('<folder>', 'the folder to make')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast backup /backups/hookcast-2026-11-22\n')
    .action(async (target: string) => {
      const { terminal, wiring, isJson } = context
      const { data } = context.settings(null)
      const files = await backUp({ dataFolder: data, target, clock: wiring.clock, version: wiring.version })
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      const told = { schema: 1, target, files: files.length, bytes }
      if (isJson) await terminal.print(`${JSON.stringify(told, null, 2)}\n`)
      else await terminal.print(`Copied ${counted(files.length, 'file')}, ${sizeOf(bytes)}, to ${target}\n`)
      const key = join(data, KEY_FILE)
      if (existsSync(key)) {
        terminal.tell(`Not in it: ${key}, the key of stored secrets. Keep a copy elsewhere: a restore needs it`)
      }
    })
}

export function addRestore(program: Command, context: Context): void {
  program
    .command('restore')
    .summary('make a data folder out of a backup, with everything in it paused')
    .description(
      'Checks the backup, and fills a data folder that is new or empty. Runs come back paused, campaigns of events on hold, schedules make up for nothing: who was called after the backup is called again when you let them go on, with the same keys.',
    )
    .argument('<backup>', 'the folder that `hookcast backup` has made')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast restore /backups/hookcast-2026-11-22 --data /var/lib/hookcast\n')
    .action(async (backup: string) => {
      const { terminal, wiring, isJson } = context
      const { data } = context.settings(null)
      const restored = await restoreData(backup, { dataFolder: data, clock: wiring.clock })
      await terminal.print(
        isJson ? `${JSON.stringify(restored, null, 2)}\n` : terminal.asTyped(inWords(restored, context)),
      )
    })
}

function inWords({ made_at: madeAt, files, bytes, ...restored }: Restored, context: Context): string {
  const settings = context.settings(null)
  const { runs, held, triggers, deliveries } = restored
  const lines = [
    `Restored ${counted(files, 'file')}, ${sizeOf(bytes)}, of the backup of ${madeAt}, to ${settings.data}`,
  ]
  for (const { run_id: runId, campaign, state, open } of runs) {
    const repeats = `of ${counted(open, 'customer')} without a result here, who was called after the backup is called again`
    lines.push(`${campaign} ${runId} is ${state}: ${repeats}: ${context.commandFor('resume', runId, settings)}`)
  }
  for (const campaign of held)
    lines.push(`${campaign} is on hold: ${context.commandFor('release', campaign, settings)}`)
  if (triggers > 0) lines.push(`${counted(triggers, 'trigger')} in no run yet`)
  if (deliveries > 0) {
    const many = counted(deliveries, 'event webhook')
    lines.push(`${many} not delivered in the backup: sent with the next start of the service, under the same ids`)
  }
  if (existsSync(join(settings.data, 'events/events.db'))) {
    const key = join(settings.data, KEY_FILE)
    lines.push(
      `The key of stored secrets is in no backup: put the old ${KEY_FILE} to ${key} before the first start, unless HOOKCAST_SECRET_KEY is set`,
    )
  }
  lines.push('Who was erased after the backup is in it again: `hookcast erase` them anew')
  return `${lines.join('\n')}\n`
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`
}

function sizeOf(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`
}
