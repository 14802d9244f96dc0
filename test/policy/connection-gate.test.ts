import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONNECTION_ISSUES_IN_A_ROW, ConnectionGate, type GateEvent } from '../../src/policy/policy.ts'
import { CONNECTION_ISSUE, SENT, TIMEOUT, retryOutcome, stopOutcome } from './answers.ts'

const OK: GateEvent = { outcome: SENT, httpStatus: 200, latencyMs: 5 }
const ISSUE: GateEvent = { outcome: CONNECTION_ISSUE, httpStatus: null, latencyMs: 5 }
const SLOW: GateEvent = { outcome: TIMEOUT, httpStatus: null, latencyMs: 10_000 }
const UNAVAILABLE: GateEvent = { outcome: retryOutcome(), httpStatus: 500, latencyMs: 5 }
const BARE_429: GateEvent = { outcome: retryOutcome({ cause: 'pressure' }), httpStatus: 429, latencyMs: 5 }
const later = (retryAfterMs: number, httpStatus = 503): GateEvent => ({
  outcome: retryOutcome({ retryAfterMs }),
  httpStatus,
  latencyMs: 5,
})
const FIVE_MINUTES = 300_000

function createGate(rules: { readonly connectionMs?: number | 'never' } = {}): ConnectionGate {
  return new ConnectionGate({ connectionMs: FIVE_MINUTES, timeoutMs: 10_000, ...rules })
}

/** A gate that has just met the twentieth connection issue in a row, at 0. */
function createProbing(rules = {}): ConnectionGate {
  const gate = createGate(rules)
  for (let i = 0; i < CONNECTION_ISSUES_IN_A_ROW; i++) gate.record(ISSUE, 0)
  return gate
}

/** Starts the lone call at `at` and records its end after `event.latencyMs`; gives that instant. */
function callAlone(gate: ConnectionGate, at: number, event: GateEvent): number {
  expect(gate.startsAllowed(at)).toBe('one')
  gate.recordStart(at)
  expect(gate.startsAllowed(at)).toBe('none')
  gate.record(event, at + event.latencyMs)
  return at + event.latencyMs
}

describe('an open gate', () => {
  it('lets all start and waits for nothing', () => {
    const gate = createGate()
    gate.recordStart(0)
    gate.recordUnused()
    expect([gate.mode, gate.startsAllowed(0), gate.wakeAt(0), gate.stopDue(0)]).toEqual(['open', 'all', null, null])
  })

  it('closes at the twentieth connection issue in a row, each of which used up its attempt', () => {
    const gate = createGate()
    for (let i = 1; i <= 20; i++) {
      expect(gate.startsAllowed(0)).toBe('all')
      expect(gate.record(ISSUE, 0)).toEqual({ isAttemptSpent: true })
    }
    expect([gate.mode, gate.startsAllowed(0), gate.wakeAt(0)]).toEqual(['probing', 'none', 1000])
  })

  it.each<[string, GateEvent]>([
    ['a success', OK],
    ['a 500', UNAVAILABLE],
    ['a client error', { outcome: stopOutcome('client_error'), httpStatus: 401, latencyMs: 5 }],
  ])('begins to count anew after %s', (_, answer) => {
    const gate = createGate()
    for (let i = 0; i < 19; i++) gate.record(ISSUE, 0)
    gate.record(answer, 0)
    for (let i = 0; i < 19; i++) gate.record(ISSUE, 0)
    expect(gate.mode).toBe('open')
    gate.record(ISSUE, 0)
    expect(gate.mode).toBe('probing')
  })

  it('counts a 408 on a reused connection, and neither counts answer timeouts nor lets them break the row', () => {
    const stale: GateEvent = {
      outcome: retryOutcome({ cause: 'stale_connection', isConnectionIssue: true }),
      httpStatus: 408,
      latencyMs: 5,
    }
    const gate = createGate()
    for (let i = 0; i < 100; i++) gate.record(SLOW, 0)
    expect(gate.mode).toBe('open')
    for (let i = 0; i < 20; i++) {
      expect(gate.mode).toBe('open')
      gate.record(i % 2 === 0 ? stale : ISSUE, 0)
      gate.record(SLOW, 0)
    }
    expect(gate.mode).toBe('probing')
  })

  it('takes no notice of our own trouble, which uses up no attempt', () => {
    const gate = createGate()
    const local: GateEvent = {
      outcome: { kind: 'local', message: 'No file descriptor' },
      httpStatus: null,
      latencyMs: 0,
    }
    for (let i = 0; i < 30; i++) expect(gate.record(local, 0)).toEqual({ isAttemptSpent: false })
    expect(gate.mode).toBe('open')
  })
})

describe('a probing gate', () => {
  it('lets one call go after 1, 2, 4 … 30 s, again and again', () => {
    const gate = createProbing({ connectionMs: 'never' })
    let endedAt = 0
    for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]) {
      expect(gate.wakeAt(endedAt)).toBe(endedAt + waitMs)
      expect(gate.startsAllowed(endedAt + waitMs - 1)).toBe('none')
      endedAt = callAlone(gate, endedAt + waitMs, ISSUE)
      expect(gate.mode).toBe('probing')
    }
  })

  it('uses up no attempt for a failed probe, and one for a call from before or without an answer in time', () => {
    const gate = createProbing()
    expect(gate.record({ ...ISSUE, latencyMs: 100 }, 500)).toEqual({ isAttemptSpent: true })
    gate.recordStart(1000)
    expect(gate.record({ ...ISSUE, latencyMs: 3000 }, 1200)).toEqual({ isAttemptSpent: true })
    expect(gate.startsAllowed(1200)).toBe('none')
    expect(gate.record({ ...ISSUE, latencyMs: 300 }, 1300)).toEqual({ isAttemptSpent: false })
    expect(gate.wakeAt(1300)).toBe(3300)
    gate.recordStart(3300)
    expect(gate.record(SLOW, 13_300)).toEqual({ isAttemptSpent: true })
    expect([gate.mode, gate.wakeAt(13_300)]).toEqual(['probing', 17_300])
  })

  it('knows its probe by when it began, to a quarter of a second', () => {
    const gate = createProbing()
    gate.recordStart(1000)
    expect(gate.record({ ...ISSUE, latencyMs: 251 }, 1000)).toEqual({ isAttemptSpent: true })
    expect(gate.record({ ...ISSUE, latencyMs: 250 }, 1000)).toEqual({ isAttemptSpent: false })
  })

  it.each<[string, GateEvent]>([
    ['a success', OK],
    ['a 500', UNAVAILABLE],
    ['a bare 429', BARE_429],
    ['an old call’s answer', { ...OK, latencyMs: 9000 }],
  ])('opens at %s', (_, answer) => {
    const gate = createProbing()
    gate.recordStart(1000)
    expect(gate.record(answer, 1500)).toEqual({ isAttemptSpent: true })
    expect([gate.mode, gate.startsAllowed(1500), gate.wakeAt(1500)]).toEqual(['open', 'all', null])
    for (let i = 0; i < 19; i++) gate.record(ISSUE, 1500)
    expect(gate.mode).toBe('open')
  })

  it('pauses when the answer asks for it', () => {
    const gate = createProbing()
    callAlone(gate, 1000, later(5000))
    expect([gate.mode, gate.startsAllowed(6004), gate.startsAllowed(6005)]).toEqual(['paused', 'none', 'one'])
  })

  it('gives up a probe whose sender went down, and one that was not used at once', () => {
    const gate = createProbing()
    gate.recordStart(1000)
    expect(gate.wakeAt(1000)).toBe(21_000)
    expect([gate.startsAllowed(20_999), gate.startsAllowed(21_000)]).toEqual(['none', 'one'])
    gate.recordStart(21_000)
    gate.recordUnused()
    expect(gate.startsAllowed(21_000)).toBe('one')
    gate.recordStart(22_000)
    gate.record({ outcome: { kind: 'local', message: 'No local port' }, httpStatus: null, latencyMs: 1 }, 22_001)
    expect(gate.startsAllowed(22_001)).toBe('one')
  })
})

describe('a receiver that stays silent', () => {
  it('stops the webhook 5 min after its last sign, once', () => {
    const gate = createProbing()
    let endedAt = 0
    while (gate.wakeAt(endedAt) !== FIVE_MINUTES) endedAt = callAlone(gate, Number(gate.wakeAt(endedAt)), ISSUE)
    expect(gate.stopDue(FIVE_MINUTES - 1)).toBeNull()
    expect([gate.startsAllowed(FIVE_MINUTES), gate.wakeAt(FIVE_MINUTES)]).toEqual(['none', FIVE_MINUTES])
    expect(gate.stopDue(FIVE_MINUTES)).toEqual({
      rule: 'connection',
      scope: 'webhook',
      chunk: null,
      httpStatus: null,
      message: 'Could not connect: refused',
      count: 33,
      of: null,
      silentMs: FIVE_MINUTES,
      chunksRule: null,
    })
    expect([gate.stopDue(FIVE_MINUTES), gate.wakeAt(FIVE_MINUTES)]).toEqual([null, null])
    expect(gate.startsAllowed(FIVE_MINUTES + 60_000)).toBe('none')
  })

  it('is not given up while a probe is out, and at once when that one fails', () => {
    const gate = createProbing({ connectionMs: 2000 })
    callAlone(gate, 1000, ISSUE)
    const gate2 = createProbing({ connectionMs: 4000 })
    callAlone(gate2, 1000, ISSUE)
    gate2.recordStart(3005)
    expect([gate2.stopDue(4000), gate2.wakeAt(3005)]).toEqual([null, 4000])
    gate2.record({ ...ISSUE, latencyMs: 3000 }, 6005)
    expect([gate2.startsAllowed(60_000), gate2.wakeAt(6005)]).toEqual(['none', 6005])
    expect(gate2.stopDue(6005)?.silentMs).toBe(6005)
    expect(gate.stopDue(2000)?.silentMs).toBe(2000)
  })

  it('is not given up before it was asked: the time counts from the first probe', () => {
    const gate = createProbing()
    expect([gate.stopDue(FIVE_MINUTES), gate.startsAllowed(FIVE_MINUTES)]).toEqual([null, 'one'])
    const endedAt = callAlone(gate, FIVE_MINUTES, ISSUE)
    expect(gate.stopDue(endedAt)).toBeNull()
    expect(gate.stopDue(2 * FIVE_MINUTES - 1001)).toBeNull()
    expect(gate.stopDue(2 * FIVE_MINUTES - 1000)?.silentMs).toBe(FIVE_MINUTES)
  })

  it('is asked for ever where the campaign says never', () => {
    const gate = createProbing({ connectionMs: 'never' })
    callAlone(gate, 1000, ISSUE)
    expect([gate.stopDue(1e12), gate.startsAllowed(1e12)]).toEqual([null, 'one'])
  })
})

describe('a gate paused by Retry-After', () => {
  it.each([429, 503])('lets nothing start until then after a %i, and then one', (status) => {
    const gate = createGate()
    gate.record(later(7000, status), 1000)
    expect([gate.mode, gate.wakeAt(1000)]).toEqual(['paused', 8000])
    expect([gate.startsAllowed(7999), gate.startsAllowed(8000), gate.wakeAt(8000)]).toEqual(['none', 'one', null])
  })

  it.each([429, 503, 500, 409])('does not pause for another status or without Retry-After (%i)', (status) => {
    const gate = createGate()
    gate.record({ outcome: retryOutcome(), httpStatus: status, latencyMs: 5 }, 0)
    if (status === 500 || status === 409) gate.record(later(5000, status), 0)
    expect(gate.mode).toBe('open')
  })

  it('pauses for a minute at most, and for the longest that was asked for', () => {
    const gate = createGate()
    gate.record(later(10_000), 0)
    gate.record(later(3_600_000), 0)
    gate.record(later(1000), 0)
    expect(gate.wakeAt(0)).toBe(60_000)
  })

  it('stays shut for answers to calls from before', () => {
    const gate = createGate()
    gate.record(later(5000), 0)
    gate.record(OK, 100)
    expect(gate.startsAllowed(100)).toBe('none')
    gate.recordStart(5000)
    gate.record({ ...OK, latencyMs: 6000 }, 5500)
    expect(gate.startsAllowed(5500)).toBe('none')
    gate.record(OK, 5600)
    expect(gate.startsAllowed(5600)).toBe('all')
  })

  it.each<[string, GateEvent]>([
    ['a success', OK],
    ['a 500', UNAVAILABLE],
    ['a 503 without Retry-After', { ...UNAVAILABLE, httpStatus: 503 }],
    ['a client error', { outcome: stopOutcome('client_error'), httpStatus: 403, latencyMs: 5 }],
  ])('opens when the one that goes first gets %s', (_, answer) => {
    const gate = createGate()
    gate.record(later(0), 0)
    callAlone(gate, 1000, answer)
    expect(gate.mode).toBe('open')
  })

  it('pauses anew when the one that goes first is turned away', () => {
    const gate = createGate()
    gate.record(later(0), 0)
    const endedAt = callAlone(gate, 1000, later(4000))
    expect(gate.wakeAt(endedAt)).toBe(endedAt + 4000)
  })

  it.each<[string, GateEvent]>([
    ['a bare 429', BARE_429],
    ['a connection issue', ISSUE],
    ['no answer in time', SLOW],
  ])('lets another go first after 1, 2, 4 … 30 s for %s, which used up its attempt', (_, event) => {
    const gate = createGate()
    gate.record(later(0), 0)
    let startAt = 0
    for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const endedAt = callAlone(gate, startAt, event)
      startAt = endedAt + waitMs
      expect(gate.wakeAt(endedAt)).toBe(startAt)
    }
  })

  it('begins to probe after 20 connection issues in a row, not before the pause has passed', () => {
    const gate = createGate()
    gate.record(later(30_000), 0)
    for (let i = 0; i < 20; i++) expect(gate.record(ISSUE, 10)).toEqual({ isAttemptSpent: true })
    expect([gate.mode, gate.wakeAt(10)]).toEqual(['probing', 30_000])
    expect(gate.stopDue(1e9)).toBeNull()
  })

  it('goes on with the one that is out when an older call asks for a longer pause', () => {
    const gate = createGate()
    gate.record(later(0), 0)
    gate.recordStart(1000)
    gate.record({ ...later(9000), latencyMs: 5000 }, 1100)
    expect([gate.startsAllowed(10_099), gate.mode]).toEqual(['none', 'paused'])
    gate.record({ ...OK, latencyMs: 500 }, 1500)
    expect(gate.mode).toBe('open')
  })
})

describe('whatever comes', () => {
  const EVENTS = { OK, ISSUE, SLOW, UNAVAILABLE, BARE_429, later: later(3000), long: later(1e9) }
  const event = fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[]))

  it('never has two lone calls out, never sleeps for ever, and always opens at a success', () => {
    const step = fc.record({
      event,
      afterMs: fc.integer({ min: 0, max: 40_000 }),
      burst: fc.integer({ min: 1, max: 25 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const gate = createGate({ connectionMs: 'never' })
        let now = 0
        let isOut = false
        for (const { event, afterMs, burst } of steps) {
          now += afterMs
          const allowed = gate.startsAllowed(now)
          expect(allowed === 'all').toBe(gate.mode === 'open')
          if (allowed === 'one') {
            expect(isOut && afterMs < 20_000).toBe(false)
            gate.recordStart(now)
            isOut = true
          }
          const wakeAt = gate.wakeAt(now)
          if (gate.mode !== 'open') expect(wakeAt).toBeGreaterThan(now)
          expect((wakeAt ?? now) - now).toBeLessThanOrEqual(60_000)
          now += EVENTS[event].latencyMs
          for (let i = 0; i < burst; i++) {
            const { isAttemptSpent } = gate.record(EVENTS[event], now)
            if (!isAttemptSpent) expect([event, gate.mode]).toEqual(['ISSUE', 'probing'])
          }
          isOut = false
        }
        for (let i = 0; gate.mode !== 'open'; i++) {
          expect(i).toBeLessThan(3)
          now = gate.wakeAt(now) ?? now
          if (gate.startsAllowed(now) === 'one') gate.recordStart(now)
          gate.record({ ...OK, latencyMs: 0 }, now)
        }
      }),
    )
  })
})
