import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publicIdFrom, seqAt, seqFrom, Sequence, timeOfSeq } from '../../src/events/public-id.ts'

const seqs = fc.integer({ min: seqAt(Date.UTC(2024, 0)), max: seqAt(Date.UTC(2100, 0)) })

describe('a public id', () => {
  it('is a KSUID from which the place in time can be read', () => {
    fc.assert(
      fc.property(seqs, (seq) => {
        const id = publicIdFrom('msg', seq)
        expect(id).toMatch(/^msg_[0-9A-Za-z]{27}$/)
        expect(seqFrom('msg', id)).toBe(seq)
        expect(seqFrom('ep', id)).toBeNull()
      }),
    )
  })

  it('sorts as its place does, and is another each time', () => {
    fc.assert(
      fc.property(seqs, seqs, (a, b) => {
        fc.pre(a !== b)
        expect(publicIdFrom('ep', a) < publicIdFrom('ep', b)).toBe(a < b)
        expect(publicIdFrom('ep', a)).not.toBe(publicIdFrom('ep', a))
      }),
    )
  })

  it('is not read from any other text', () => {
    for (const text of ['', 'msg_', `msg_${'z'.repeat(27)}`, `msg_${'-'.repeat(27)}`, 'order-1']) {
      expect(seqFrom('msg', text)).toBeNull()
    }
  })
})

describe('a sequence', () => {
  it('rises whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1.7e12, max: 1.9e12 }), { minLength: 2 }), (times) => {
        const sequence = new Sequence(0)
        const given = times.map((time) => sequence.next(time))
        for (const [at, seq] of given.slice(1).entries()) expect(seq).toBeGreaterThan(given[at]!)
        expect(timeOfSeq(given[0]!)).toBe(times[0])
      }),
    )
  })
})
