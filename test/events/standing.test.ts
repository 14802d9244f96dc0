import { describe, expect, it } from 'vitest'
import { seqAt } from '../../src/events/public-id.ts'
import { standingUnder, type Standing } from '../../src/events/standing.ts'

const ACCEPTED_AT = 1_700_000_000_000
const MESSAGE = seqAt(ACCEPTED_AT) + 7
const RETRIED: Standing = { state: 'open', lane: 'live', tries: 3, dueAt: ACCEPTED_AT + 60_000 }

describe('a delivery whose endpoint has changed while it was called', () => {
  it.each([
    ['active', RETRIED],
    ['restarting', RETRIED],
    // As if it had come just then: in its place, with all of its attempts.
    ['suspended', { state: 'open', lane: 'held', tries: 0, dueAt: ACCEPTED_AT }],
    ['disabled', { ...RETRIED, state: 'cancelled', dueAt: null }],
    [null, { ...RETRIED, state: 'cancelled', dueAt: null }],
  ] as const)('to %s is told so', (state, standing) => {
    expect(standingUnder(RETRIED, state, MESSAGE)).toEqual(standing)
  })

  it('has come to its end all the same, when it has', () => {
    const sent: Standing = { state: 'sent', lane: 'live', tries: 1, dueAt: null }
    for (const state of ['suspended', 'disabled', null] as const) {
      expect(standingUnder(sent, state, MESSAGE)).toEqual(sent)
    }
  })
})
