import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PoolShare } from '../../src/ledger/pool-share.ts'

describe('a pool that runs share', () => {
  let dataFolder = ''
  let nowMs = 0
  let open: PoolShare[] = []

  beforeEach(() => {
    dataFolder = mkdtempSync(joinPath(tmpdir(), 'pool-share-'))
    nowMs = 1_000_000
    open = []
  })

  afterEach(() => {
    for (const share of open) share[Symbol.dispose]()
    rmSync(dataFolder, { recursive: true })
  })

  function join(runId: string, options: { pool?: string; ceiling?: number } = {}): PoolShare {
    const { pool = 'static', ceiling = 10 } = options
    const share = new PoolShare({ dataFolder, pool, ceiling, runId, now: () => nowMs })
    open.push(share)
    return share
  }

  it('gives all to a run that is alone, as far as it wants', () => {
    const a = join('a')
    expect(a.claim({ wanted: 50, inUse: 0 })).toBe(10)
    expect(a.claim({ wanted: 4, inUse: 10 })).toBe(4)
  })

  it('gives a newcomer only what others have given back', () => {
    const [a, b] = [join('a'), join('b')]
    expect(a.claim({ wanted: 50, inUse: 0 })).toBe(10)
    expect(b.claim({ wanted: 50, inUse: 0 })).toBe(0)
    // Told to lower, but not acknowledged yet.
    expect(a.claim({ wanted: 50, inUse: 10 })).toBe(5)
    expect(b.claim({ wanted: 50, inUse: 0 })).toBe(0)
    expect(a.claim({ wanted: 50, inUse: 5 })).toBe(5)
    expect(b.claim({ wanted: 50, inUse: 0 })).toBe(5)
  })

  it('leaves to others what one does not want', () => {
    const [a, b, c] = [join('a'), join('b'), join('c')]
    expect(a.claim({ wanted: 1, inUse: 0 })).toBe(1)
    expect(b.claim({ wanted: 3, inUse: 0 })).toBe(3)
    expect(c.claim({ wanted: 50, inUse: 0 })).toBe(6)
  })

  it('keeps one for each that has one when there are more runs than calls', () => {
    const [a, b, c] = [join('a', { ceiling: 2 }), join('b', { ceiling: 2 }), join('c', { ceiling: 2 })]
    const runs = [a, b, c]
    const granted = runs.map((run) => run.claim({ wanted: 9, inUse: 0 }))
    for (let turn = 0; turn < 5; turn++) {
      runs.forEach((run, i) => (granted[i] = run.claim({ wanted: 9, inUse: granted[i]! })))
      expect(granted[0]! + granted[1]! + granted[2]!).toBeLessThanOrEqual(2)
    }
    expect(granted).toEqual([1, 1, 0])
  })

  it('never gives more than its ceiling, whatever runs want, in any order', () => {
    const runs = ['a', 'b', 'c', 'd'].map((id) => ({ share: join(id, { ceiling: 7 }), granted: 0, told: 0 }))
    let seed = 7
    const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let turn = 0; turn < 300; turn++) {
      const run = runs[draw(runs.length)]!
      // A lowered share is acknowledged at some later claim.
      const inUse = draw(2) === 0 ? Math.max(run.granted, run.told) : run.granted
      run.told = inUse
      run.granted = run.share.claim({ wanted: draw(12), inUse })
      run.told = Math.max(run.told, run.granted)
      expect(runs.reduce((sum, { told }) => sum + told, 0)).toBeLessThanOrEqual(7)
    }
  })

  it('takes back what a run held that has ended, or is not heard of any more', () => {
    const [a, b] = [join('a'), join('b')]
    a.claim({ wanted: 50, inUse: 0 })
    expect(b.claim({ wanted: 50, inUse: 0 })).toBe(0)
    nowMs += 11_000
    expect(b.claim({ wanted: 50, inUse: 0 })).toBe(10)
    const c = join('c')
    expect(c.claim({ wanted: 50, inUse: 0 })).toBe(0)
    b[Symbol.dispose]()
    open = open.filter((share) => share !== b)
    expect(c.claim({ wanted: 50, inUse: 0 })).toBe(10)
  })

  it('is one for each pool', () => {
    const [a, b] = [join('a'), join('b', { pool: 'other' })]
    expect(a.claim({ wanted: 50, inUse: 0 })).toBe(10)
    expect(b.claim({ wanted: 50, inUse: 0 })).toBe(10)
  })
})
