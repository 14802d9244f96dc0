import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runAgreement } from '../../load/api/agreement.ts'

describe('a run against the reference API while that misbehaves', () => {
  test(
    'ends with a ledger that says of each customer what the API’s own record says',
    { timeout: 90_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'agreement-'))
      try {
        const { disagreeing, doubled, codes, ...agreement } = await runAgreement(folder, 5_000)
        expect({ disagreeing, doubled }).toEqual({ disagreeing: [], doubled: [] })
        expect(agreement).toMatchObject({ customers: 5_000, sent: 4_950, failed: 50 })
        // It was no quiet afternoon: every kind of fault was met.
        expect(Object.keys(codes)).toEqual(expect.arrayContaining(['200', '429', '500', '503', 'timeout']))
        expect(agreement.instantRetries).toBeGreaterThan(0)
        expect(agreement.attempts).toBeGreaterThan(5_000)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})
