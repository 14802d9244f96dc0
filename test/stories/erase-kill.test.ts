import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { filesHolding } from '../privacy/fixture.ts'
import { isAlive, runCommand, startCommand } from '../support/command-line.ts'
import { startReceiverProcess } from '../support/receiver.ts'

const CUSTOMERS = 3000
const LEAVERS = 12

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0
}

/** Moments of an erasure, as they show in the run's folder. */
const MOMENTS: Readonly<Record<string, (folder: string) => boolean>> = {
  'before anything is written': (folder) => existsSync(join(folder, 'ledger.db-shm')),
  'when the ledger is being written': (folder) => sizeOf(join(folder, 'ledger.db-wal')) > 0,
  'when the ledger is being rebuilt': (folder) => sizeOf(join(folder, 'ledger.db-wal')) > 250_000,
  'when the new spool is begun': (folder) => existsSync(join(folder, 'spool.1.ndjson')),
  'when the new spool counts': (folder) => readFileSync(join(folder, 'spool.json'), 'utf8').includes('"generation":1'),
}

describe('kill -9 in the middle of an erasure', () => {
  test('loses nobody, and the same call finishes', { timeout: 240_000 }, async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'erase-kill-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    await using receiver = await startReceiverProcess({
      journal: join(folder, 'journal.ndjson'),
      rules: [
        { attempt: 1, share: 0.05, reply: { body: { success: false, errors: [{ code: 'no', description: 'no' }] } } },
      ],
      reply: {},
    })
    const nameOf = (i: number): string => `Person number ${i}x`
    const rows = Array.from({ length: CUSTOMERS }, (_, i) =>
      JSON.stringify({ customer_id: `cu-${i}`, name: nameOf(i) }),
    )
    writeFileSync(join(folder, 'people.ndjson'), `${rows.join('\n')}\n`)
    const campaign = [
      'name: leave',
      'audience: people.ndjson',
      'webhook:',
      `  url: "${receiver.url}/v1/messages"`,
      '  event_properties: { who: "{{ customer.name }}" }',
      '  body: \'{"customer_id":"{{ customer.customer_id }}"}\'',
    ]
    writeFileSync(join(folder, 'campaign.yaml'), campaign.join('\n'))
    const original = join(folder, 'data')
    const args = ['--data', original, '--quiet', '--yes', '--json', '--limit', String(CUSTOMERS - 500)]
    const run = await runCommand(['run', join(folder, 'campaign.yaml'), ...args])
    const { run_id: runId } = JSON.parse(run.stdout) as { run_id: string }
    const linesOf = async (data: string): Promise<readonly string[]> => {
      const { code, stdout } = await runCommand(['report', runId, '--format', 'ndjson', '--data', data])
      expect(code).toBe(0)
      return stdout.trimEnd().split('\n')
    }
    const before = await linesOf(original)
    expect(before).toHaveLength(CUSTOMERS - 500)
    const leavers = Array.from({ length: LEAVERS }, (_, i) => i * 240 + 7)
    const isLeaver = new Set(leavers.map((i) => `cu-${i}`))
    writeFileSync(join(folder, 'leavers.txt'), [...isLeaver].join('\n'))
    const staying = before.filter((line) => !isLeaver.has((JSON.parse(line) as { customer_id: string }).customer_id))

    let kills = 0
    for (const [moment, hasCome] of Object.entries(MOMENTS)) {
      const data = join(folder, 'copy')
      cpSync(original, data, { recursive: true })
      const runFolder = join(data, 'runs', runId)
      const erase = ['erase', '--file', join(folder, 'leavers.txt'), '--data', data, '--yes', '--json']
      const killed = startCommand(erase)
      while (isAlive(killed.pid) && !hasCome(runFolder)) await setImmediate()
      killed.child.kill('SIGKILL')
      if ((await killed.finished).code === null) kills++
      expect({ moment, lines: (await linesOf(data)).length }).toEqual({ moment, lines: before.length })

      const { code, stderr } = await runCommand(erase)
      expect({ moment, code, stderr }).toEqual({ moment, code: 0, stderr: '' })
      const traces = leavers.flatMap((i) => [`cu-${i}`, nameOf(i)])
      expect({ moment, files: filesHolding(data, traces) }).toEqual({ moment, files: [] })
      const after = await linesOf(data)
      expect(after.filter((line) => !line.includes('"erased-'))).toEqual(staying)
      expect(after).toHaveLength(before.length)
      rmSync(data, { recursive: true })
    }
    // On a busy machine a moment may pass between two looks, but not all of them.
    expect(kills).toBeGreaterThan(1)
  })
})
