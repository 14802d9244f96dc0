import { describe, test } from 'vitest'
import { obstacleTo } from './fault.ts'
import { makeFault } from './make-fault.ts'
import { FAULTS } from './rows/rows.ts'

const SEED = Number(process.env['SEED'] ?? 20_261_122)

describe('the short set of the fault matrix', () => {
  for (const fault of FAULTS) {
    if (fault.shortRounds === 0) continue
    test(`${fault.id}, ${fault.name}: ${fault.holds}`, { timeout: 120_000 }, async ({ skip }) => {
      const obstacle = obstacleTo(fault)
      if (obstacle !== null && process.env['CI'] === 'true') throw new Error(`${fault.id} was not made: ${obstacle}`)
      if (obstacle !== null) skip(obstacle)
      const { error } = await makeFault(fault, { seed: SEED, isShort: true, say: () => undefined, limitMs: 110_000 })
      if (error !== null) throw error
    })
  }
})
