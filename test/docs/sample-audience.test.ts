import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../load/make-customers.ts', import.meta.url))

test('the sample audience is what load/make-customers.ts writes', () => {
  expect(() => execFileSync(process.execPath, [PROGRAM, '--check'], { stdio: 'pipe' })).not.toThrow()
})
