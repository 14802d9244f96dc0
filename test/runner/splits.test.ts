import { array, assert, boolean, infiniteStream, integer, nat, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { halvesOf } from '../../src/policy/policy.ts'
import { Splits, type Next, type RefusedPart } from '../../src/runner/splits.ts'

const NO_WORDS = { errorCode: null, resultCode: null, resultStatus: null, message: null }

function partOf(path: string, seqs: readonly number[]): RefusedPart {
  const members = seqs.map((seq) => ({ seq, customerId: `c-${seq}` }))
  const rows = { chunk: 0, root: 0, path, seq: seqs[0] ?? 0, count: seqs.length, members, requestId: path }
  return { ...rows, attempt: 1, calls: 1, httpStatus: 422, latencyMs: 1, words: NO_WORDS, isInDoubt: false }
}

/** Halves a refused batch as the recorder does, its halves ending in the order that `draw` says; a restart comes where it says so. */
function halve(
  customers: number,
  poisoned: ReadonlySet<number>,
  draw: () => boolean,
): Map<number, string> & { requests: number } {
  const ends = Object.assign(new Map<number, string>(), { requests: 0 })
  const end = (part: RefusedPart, how: string): void => {
    for (const { seq } of part.members) {
      expect(ends.has(seq)).toBe(false)
      ends.set(seq, how)
    }
  }
  let splits = new Splits([])
  let open: RefusedPart[] = []
  const held = new Map<string, RefusedPart>()
  const goOn = (next: Next): void => {
    if (next.kind === 'wait') return
    if (next.kind === 'fail') return next.parts.forEach((part) => end(part, 'client_error'))
    held.clear()
    if (next.part.members.length === 1) return end(next.part, 'culprit')
    splits.begin(next.part)
    const halves = halvesOf(next.part.members.map(({ seq }) => seq))
    open = halves.map((seqs, at) => partOf(`${next.part.path}${at}`, seqs))
  }
  goOn({
    kind: 'halve',
    part: partOf(
      '',
      Array.from({ length: customers }, (_, seq) => seq),
    ),
  })
  while (open.length > 0) {
    if (draw()) {
      const left = open.map((part) => ({ root: 0, path: part.path, refused: null }))
      splits = new Splits([...left, ...[...held.values()].map((refused) => ({ root: 0, path: refused.path, refused }))])
    }
    const part = open.splice(draw() && open.length > 1 ? 1 : 0, 1)[0]!
    ends.requests++
    if (part.members.some(({ seq }) => poisoned.has(seq))) {
      const next = splits.refused(part)
      if (next.kind === 'wait') held.set(part.path, part)
      goOn(next)
    } else {
      end(part, 'sent')
      goOn(splits.ended(0, part.path))
    }
  }
  return ends
}

describe('halving a refused batch', () => {
  it('ends everybody once, within its budget, in whatever order and over whatever restarts', () => {
    assert(
      property(
        integer({ min: 2, max: 1000 }),
        array(nat(), { maxLength: 4 }),
        infiniteStream(boolean()),
        (customers, picks, draws) => {
          const poisoned = new Set(picks.map((pick) => pick % customers))
          const ends = halve(customers, poisoned, () => draws.next().value as boolean)
          expect(ends.size).toBe(customers)
          expect(ends.requests).toBeLessThanOrEqual(2 * Math.log2(customers) + 2)
          for (const seq of poisoned) expect(ends.get(seq)).toBe(poisoned.size === 1 ? 'culprit' : 'client_error')
          const others = [...ends].filter(([seq, how]) => how !== 'sent' && !poisoned.has(seq))
          if (poisoned.size <= 1) expect(others).toEqual([])
        },
      ),
    )
  })
})
