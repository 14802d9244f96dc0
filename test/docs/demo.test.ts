import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { RunReport } from '../../src/report/report.ts'
import { readPage } from '../support/page.ts'

const DEMO = fileURLToPath(new URL('../../templates/welcome-sms/demo.ts', import.meta.url))
const readme = readPage('README.md')

/** The table that a report with these numbers begins with, without what is another every time. */
function stable(table: string): string {
  return table.replaceAll(/^( {2}(?:run|started|took) +).*$/gm, '$1…')
}

describe('npm run demo', () => {
  // Its first retries come after 7 s, as they do in earnest.
  it('ends as README.md shows it, everybody accounted for', { timeout: 120_000 }, async () => {
    const data = mkdtempSync(join(tmpdir(), 'hookcast-demo-'))
    try {
      const child = spawn(process.execPath, [DEMO, '--quiet'], {
        env: { PATH: process.env['PATH'], NO_COLOR: '1', HOOKCAST_DATA: data },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const closed = once(child, 'close') as Promise<[number]>
      const [output, told, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
      expect(code).toBe(0)
      expect(told).toContain('`replay` would find nobody to call')
      const [shown] = readme.section('Quick start').blocks
      expect(stable(output)).toContain(stable(shown?.text ?? '').trimEnd())
      const report = JSON.parse(readme.section('Results').blocks[0]?.text ?? '') as RunReport
      expect(output).toContain(`attempts  ${report.attempts.toLocaleString('en-US')} for `)
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
})
