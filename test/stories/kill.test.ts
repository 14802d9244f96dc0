import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand, startCommand } from '../support/command-line.ts'

describe('kill -9', () => {
  test('while the ledger is being made leaves no run behind, and nothing that anything else trips over', async ({
    onTestFinished,
  }) => {
    const folder = mkdtempSync(join(tmpdir(), 'kill-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'people.ndjson'), '{"customer_id":"c-1"}\n')
    const webhook = 'webhook: { url: "http://127.0.0.1:9/", body: "{}" }'
    writeFileSync(join(folder, 'campaign.yaml'), `name: kill\naudience: people.ndjson\n${webhook}\n`)
    const data = join(folder, 'data')
    mkdirSync(join(data, 'runs'), { recursive: true })
    const run = startCommand(['run', join(folder, 'campaign.yaml'), '--data', data])
    const watcher = watch(join(data, 'runs'), { recursive: true }, (_, file) => {
      if (file?.includes('ledger.db') === true) run.child.kill('SIGKILL')
    })
    await run.finished
    watcher.close()
    const runs = await runCommand(['runs', '--json', '--data', data])
    expect(runs.stdout).not.toContain('error')
    expect(await runCommand(['erase', '--customer', 'c-1', '--yes', '--data', data])).toMatchObject({ code: 0 })
  })
})
