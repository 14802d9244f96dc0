import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SenderSeats } from '../../src/runner/runner.ts'
import { SkippingClock } from '../support/skipping-clock.ts'

const never = new AbortController().signal
const nothing = (): void => undefined

describe('seats of sender processes', () => {
  it('are never more than there are, and everybody gets some in the end, whoever comes and goes', async () => {
    const steps = fc.array(
      fc.oneof(
        {
          arbitrary: fc.record({ kind: fc.constant('run' as const), wanted: fc.integer({ min: 1, max: 8 }) }),
          weight: 2,
        },
        { arbitrary: fc.constant({ kind: 'event' as const }), weight: 3 },
        { arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.nat() }), weight: 3 },
      ),
      { maxLength: 60 },
    )
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 2, max: 16 }), async (steps, most) => {
        const seats = new SenderSeats(most, new SkippingClock())
        const seated: { readonly count: number; leave: () => void }[] = []
        const counts = { asked: 0, given: 0 }
        const take = async (kind: 'run' | 'event', wanted: number): Promise<void> => {
          counts.asked++
          const own = await seats.take({ kind, wanted, onTurn: nothing, signal: never })
          counts.given++
          expect(own!.count).toBeGreaterThan(0)
          expect(own!.count).toBeLessThanOrEqual(wanted)
          seated.push({ count: own!.count, leave: () => own![Symbol.dispose]() })
        }
        const settle = async (): Promise<void> => {
          for (let i = 0; i < 5; i++) await Promise.resolve()
          expect(seats.taken).toBe(seated.reduce((sum, { count }) => sum + count, 0))
          expect(seats.taken).toBeLessThanOrEqual(most)
        }
        for (const step of steps) {
          if (step.kind === 'run') void take('run', step.wanted)
          else if (step.kind === 'event') void take('event', 1)
          else seated.splice(step.who % Math.max(1, seated.length), 1)[0]?.leave()
          await settle()
        }
        while (counts.given < counts.asked || seated.length > 0) {
          seated.shift()?.leave()
          await settle()
        }
        expect(seats.taken).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('are there for events, however many long runs go on', async () => {
    const seats = new SenderSeats(8, new SkippingClock())
    const counts: number[] = []
    for (let i = 0; i < 6; i++) {
      void seats.take({ kind: 'run', wanted: 4, onTurn: nothing, signal: never }).then((own) => counts.push(own!.count))
      await Promise.resolve()
    }
    await Promise.resolve()
    expect(counts).toEqual([2, 1, 1, 1, 1])
    const own = await seats.take({ kind: 'event', wanted: 1, onTurn: nothing, signal: never })
    expect(own!.count).toBe(1)
  })

  it.each(['event', 'run'] as const)('go round among those that all have work: %s', async (kind) => {
    const clock = new SkippingClock()
    const seats = new SenderSeats(2, clock)
    const order: string[] = []
    const work = async (name: string): Promise<void> => {
      const turn = Promise.withResolvers<void>()
      using own = (await seats.take({ kind, wanted: 1, onTurn: turn.resolve, signal: never }))!
      own.begin()
      expect(own.count).toBe(1)
      order.push(name)
      await turn.promise
    }
    for (const name of ['a', 'b', 'c', 'd']) void work(name)
    for (let i = 0; i < 20 && order.length < 4; i++) {
      await Promise.resolve()
      clock.skip(kind === 'event' ? 5000 : 20_000)
    }
    expect(order).toEqual(['a', 'b', 'c', 'd'])
  })

  it('are waited for no longer than the one who asks has patience', async () => {
    const seats = new SenderSeats(2, new SkippingClock())
    await seats.take({ kind: 'run', wanted: 1, onTurn: nothing, signal: never })
    const patience = new AbortController()
    const waiting = seats.take({ kind: 'run', wanted: 1, onTurn: nothing, signal: patience.signal })
    patience.abort()
    expect(await waiting).toBe(null)
    expect(seats.taken).toBe(1)
  })
})
