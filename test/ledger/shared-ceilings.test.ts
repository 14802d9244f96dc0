import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SharedCeilings, type Ceiling } from '../../src/ledger/shared-ceilings.ts'

describe('ceilings that runs share', () => {
  let dataFolder = ''
  let nowMs = 0
  let open: SharedCeilings[] = []

  beforeEach(() => {
    dataFolder = mkdtempSync(joinPath(tmpdir(), 'shared-ceilings-'))
    nowMs = 1_000_000
    open = []
  })

  afterEach(() => {
    for (const share of open) share[Symbol.dispose]()
    rmSync(dataFolder, { recursive: true })
  })

  function ceiling(concurrency: number | null, { name = 'crm', perSecond = null as number | null } = {}): Ceiling {
    return { name, concurrency, perSecond }
  }

  function join(runId: string, ...ceilings: Ceiling[]): SharedCeilings {
    const share = new SharedCeilings({ dataFolder, ceilings, runId, now: () => nowMs })
    open.push(share)
    return share
  }

  const claim = (share: SharedCeilings, wanted: number, inUse = 0): number => share.claim({ wanted, inUse }).concurrency

  it('give all to a run that is alone, as far as it wants', () => {
    const a = join('a', ceiling(10))
    expect(claim(a, 50)).toBe(10)
    expect(claim(a, 4, 10)).toBe(4)
  })

  it('give a newcomer only what others have given back', () => {
    const [a, b] = [join('a', ceiling(10)), join('b', ceiling(10))]
    expect(claim(a, 50)).toBe(10)
    expect(claim(b, 50)).toBe(0)
    // Told to lower, but not acknowledged yet.
    expect(claim(a, 50, 10)).toBe(5)
    expect(claim(b, 50)).toBe(0)
    expect(claim(a, 50, 5)).toBe(5)
    expect(claim(b, 50)).toBe(5)
  })

  it.each([
    ['is damaged', (path: string) => writeFileSync(path, 'no database'.repeat(1000))],
    ['was written by another version', (path: string) => new DatabaseSync(path).exec('CREATE TABLE lease (more)')],
  ])('are counted anew where the file %s', (_, spoil) => {
    spoil(joinPath(dataFolder, 'ceilings.db'))
    const [a, b] = [join('a', ceiling(10)), join('b', ceiling(10))]
    expect(claim(a, 50)).toBe(10)
    expect(claim(b, 50)).toBe(0)
  })

  it('hold when the file is removed while runs go on', () => {
    const a = join('a', ceiling(10))
    expect(claim(a, 50)).toBe(10)
    rmSync(joinPath(dataFolder, 'ceilings.db'))
    expect(claim(a, 50, 10)).toBe(10)
    const b = join('b', ceiling(10))
    expect(claim(b, 50)).toBe(0)
    expect(claim(a, 50, 10)).toBe(5)
  })

  it('leave to others what one does not want', () => {
    const [a, b, c] = [join('a', ceiling(10)), join('b', ceiling(10)), join('c', ceiling(10))]
    expect(claim(a, 1)).toBe(1)
    expect(claim(b, 3)).toBe(3)
    expect(claim(c, 50)).toBe(6)
  })

  it('give everybody a turn when there are more runs than calls', () => {
    const runs = ['a', 'b', 'c'].map((id) => ({ share: join(id, ceiling(2)), granted: 0, turns: 0 }))
    for (let turn = 0; turn < 12; turn++) {
      for (const run of runs) {
        run.granted = claim(run.share, 9, run.granted)
        expect(runs.reduce((sum, { granted }) => sum + granted, 0)).toBeLessThanOrEqual(2)
      }
      for (const run of runs) run.turns += run.granted
      nowMs += 2500
    }
    for (const { turns } of runs) expect(turns).toBeGreaterThanOrEqual(4)
  })

  it('hold all of several ceilings at once', () => {
    const policy = ceiling(6, { name: 'throughput:crm' })
    const [a, b] = [join('a', ceiling(4, { name: 'campaign:a' }), policy), join('b', ceiling(9, { name: 'b' }), policy)]
    expect(claim(a, 50)).toBe(4)
    expect(claim(b, 50)).toBe(2)
    expect(claim(a, 50, 4)).toBe(3)
    expect(claim(a, 50, 3)).toBe(3)
    expect(claim(b, 50, 2)).toBe(3)
  })

  it('split a rate with the calls, and give it to a newcomer only once it is given back', () => {
    const rate = ceiling(100, { perSecond: 60 })
    const [a, b] = [join('a', rate), join('b', rate)]
    const rateOf = (share: SharedCeilings, inUse: number): number | null => share.claim({ wanted: 50, inUse }).perSecond
    expect(rateOf(a, 0)).toBe(60)
    expect(rateOf(b, 0)).toBe(0)
    // Its senders hear of the lower rate now.
    expect(rateOf(a, 50)).toBe(30)
    expect(rateOf(b, 50)).toBe(0)
    expect(rateOf(a, 50)).toBe(30)
    expect(rateOf(b, 50)).toBe(30)
    // A run that only waits for its retries asks for one call.
    expect(b.claim({ wanted: 1, inUse: 0 }).perSecond).toBeCloseTo(60 / 51)
  })

  it('set no limit that nobody has set', () => {
    const [a, b] = [join('a', ceiling(null)), join('b', ceiling(null))]
    expect(a.claim({ wanted: 500, inUse: 0 })).toEqual({ concurrency: 500, perSecond: null })
    expect(b.claim({ wanted: 300, inUse: 0 })).toEqual({ concurrency: 300, perSecond: null })
  })

  it('never give more than there is, whatever runs want, in any order', () => {
    const runs = ['a', 'b', 'c', 'd'].map((id) => ({
      share: join(id, ceiling(7, { perSecond: 20 })),
      granted: 0,
      told: 0,
      rate: 0,
      toldRate: 0,
    }))
    let seed = 7
    const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let turn = 0; turn < 500; turn++) {
      const run = runs[draw(runs.length)]!
      // A lowered share is acknowledged at some later claim.
      const inUse = draw(2) === 0 ? Math.max(run.granted, run.told) : run.granted
      const part = run.share.claim({ wanted: draw(12), inUse })
      run.granted = part.concurrency
      run.told = Math.max(inUse, run.granted)
      // Between two claims a sender goes by the old rate or the new one.
      run.toldRate = Math.max(run.rate, part.perSecond!)
      run.rate = part.perSecond!
      nowMs += draw(100)
      expect(runs.reduce((sum, { told }) => sum + told, 0)).toBeLessThanOrEqual(7)
      expect(runs.reduce((sum, { toldRate }) => sum + toldRate, 0)).toBeLessThanOrEqual(20 + 1e-9)
    }
  })

  it('take back what a run held that has ended, or is not heard of any more', () => {
    const [a, b] = [join('a', ceiling(10)), join('b', ceiling(10))]
    claim(a, 50)
    expect(claim(b, 50)).toBe(0)
    nowMs += 11_000
    expect(claim(b, 50)).toBe(10)
    const c = join('c', ceiling(10))
    expect(claim(c, 50)).toBe(0)
    b[Symbol.dispose]()
    open = open.filter((share) => share !== b)
    expect(claim(c, 50)).toBe(10)
  })

  it('are apart by name', () => {
    const [a, b] = [join('a', ceiling(10)), join('b', ceiling(10, { name: 'other' }))]
    expect(claim(a, 50)).toBe(10)
    expect(claim(b, 50)).toBe(10)
  })

  it('say what is wrong with a data folder that cannot hold them', () => {
    mkdirSync(joinPath(dataFolder, 'ceilings.db'))
    expect(() => join('a', ceiling(10))).toThrow(/ceilings\.db/)
  })
})
