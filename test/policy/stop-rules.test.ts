import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AbortRules } from '../../src/campaign/campaign.ts'
import type { Verdict } from '../../src/campaign/delivery.ts'
import { StopRules, type StopDecision, type StopEvent, type StopState } from '../../src/policy/policy.ts'
import { CONNECTION_ISSUE, NOTHING_SAID, SENT, TIMEOUT, retryOutcome, stopOutcome } from './answers.ts'

const DEFAULTS: AbortRules = {
  clientError: 1,
  exhausted: { least: 10, share: 0.2, of: 100 },
  connectionMs: 300_000,
  render: { inARow: 50, share: 0.5, of: 1000 },
  chunks: 3,
}

type Called = Extract<Verdict, { kind: 'called' }>
const called = (outcome: Called['outcome']): Verdict => ({ kind: 'called', outcome })

function event(verdict: Verdict, changes: Partial<StopEvent> = {}): StopEvent {
  return { chunk: 0, attempt: 1, verdict, httpStatus: null, isOutOfRetries: false, ...changes }
}

const OK = event(called(SENT), { httpStatus: 200 })
const UNAUTHORIZED = event(called(stopOutcome('client_error')), { httpStatus: 401 })
const NOT_FOUND = event(called(stopOutcome('hard_stop')), { httpStatus: 404 })
const TLS = event(called(stopOutcome('tls', 'Certificate expired')))
const EXHAUSTED = event(called(retryOutcome()), { httpStatus: 503, attempt: 4, isOutOfRetries: true })
const RETRIED = event(called(retryOutcome()), { httpStatus: 503 })
const RENDER = event({ kind: 'failed', reason: 'render', message: 'sms.j2:3:7 no such filter' })
const SKIPPED = event({ kind: 'suppressed', reason: 'template', message: null })

function feed(rules: StopRules, ...events: StopEvent[]): StopDecision[] {
  return events.flatMap((event) => [...rules.record(event)])
}
const times = (count: number, event: StopEvent): StopEvent[] => Array<StopEvent>(count).fill(event)
const inChunk = (chunk: number, event: StopEvent): StopEvent => ({ ...event, chunk })

describe('hard_stop, tls, blocked and proxy', () => {
  it.each(['hard_stop', 'tls', 'blocked', 'proxy'] as const)('stop the webhook at the first %s', (reason) => {
    const rules = new StopRules(DEFAULTS)
    const first = event(called(stopOutcome(reason, 'why')), { httpStatus: reason === 'hard_stop' ? 404 : null })
    expect(rules.record(first)).toEqual([
      {
        rule: reason,
        scope: 'webhook',
        chunk: null,
        httpStatus: first.httpStatus,
        message: 'why',
        count: 1,
        of: null,
        silentMs: null,
        chunksRule: null,
      },
    ])
    expect(feed(rules, first, NOT_FOUND, UNAUTHORIZED, ...times(100, EXHAUSTED))).toEqual([])
  })

  it('stop the webhook also after its chunk has been stopped', () => {
    expect(feed(new StopRules(DEFAULTS), UNAUTHORIZED, NOT_FOUND)).toMatchObject([
      { rule: 'client_error', chunk: 0 },
      { rule: 'hard_stop', chunk: null },
    ])
  })
})

describe('settle', () => {
  it('leaves a TLS stop as it is until a call of the run has succeeded', () => {
    const rules = new StopRules(DEFAULTS)
    const stop = stopOutcome('tls', 'Certificate expired')
    feed(rules, RETRIED, EXHAUSTED, RENDER)
    expect(rules.hasRunSucceeded).toBe(false)
    expect(rules.settle(stop)).toBe(stop)
  })

  it.each([
    ['sent', SENT],
    ['refused', { kind: 'refused', reason: 'refused', words: NOTHING_SAID } as const],
  ])('makes it a connection issue once one was %s', (_, outcome) => {
    const rules = new StopRules(DEFAULTS)
    rules.record(event(called(outcome), { httpStatus: 200, chunk: 7 }))
    expect(rules.hasRunSucceeded).toBe(true)
    const settled = rules.settle(stopOutcome('tls', 'Certificate expired'))
    expect(settled).toEqual(retryOutcome({ cause: 'tls', isConnectionIssue: true, message: 'Certificate expired' }))
    expect(feed(rules, event(called(settled)))).toEqual([])
  })

  it('leaves every other outcome alone', () => {
    const rules = new StopRules(DEFAULTS)
    rules.record(OK)
    for (const outcome of [SENT, CONNECTION_ISSUE, stopOutcome('hard_stop'), stopOutcome('client_error')]) {
      expect(rules.settle(outcome)).toBe(outcome)
    }
  })
})

describe('client_error', () => {
  it('stops the chunk at the first, and only that chunk', () => {
    const rules = new StopRules(DEFAULTS)
    expect(rules.record(UNAUTHORIZED)).toMatchObject([
      { rule: 'client_error', scope: 'chunk', chunk: 0, httpStatus: 401, count: 1 },
    ])
    expect(rules.record(UNAUTHORIZED)).toEqual([])
    expect(rules.record(inChunk(1, UNAUTHORIZED))).toMatchObject([{ chunk: 1 }])
  })

  it('counts redirects, and stops at the Nth of a chunk', () => {
    const rules = new StopRules({ ...DEFAULTS, clientError: 3 })
    const redirect = event(called(stopOutcome('redirect')), { httpStatus: 301 })
    expect(feed(rules, UNAUTHORIZED, OK, inChunk(1, UNAUTHORIZED), redirect, RENDER)).toEqual([])
    expect([rules.clientErrors(0), rules.clientErrors(1), rules.clientErrors(2)]).toEqual([2, 1, 0])
    expect(rules.record(redirect)).toMatchObject([{ rule: 'client_error', chunk: 0, httpStatus: 301, count: 3 }])
  })

  it('never stops where the campaign says so', () => {
    expect(feed(new StopRules({ ...DEFAULTS, clientError: 'never' }), ...times(500, UNAUTHORIZED))).toEqual([])
  })
})

describe('exhausted', () => {
  it('stops the chunk at the tenth delivery out of retries, when few have ended otherwise', () => {
    const rules = new StopRules(DEFAULTS)
    expect(feed(rules, ...times(39, OK), ...times(9, EXHAUSTED))).toEqual([])
    expect(rules.record(EXHAUSTED)).toMatchObject([{ rule: 'exhausted', chunk: 0, httpStatus: 503, count: 10, of: 49 }])
  })

  it('needs more than a fifth of the last 100', () => {
    const rules = new StopRules(DEFAULTS)
    const mixed = Array.from({ length: 100 }, (_, i) => (i % 5 === 4 ? EXHAUSTED : OK))
    expect(feed(rules, ...mixed, ...mixed, ...mixed)).toEqual([])
    expect(feed(rules, EXHAUSTED)).toMatchObject([{ rule: 'exhausted', count: 21, of: 100 }])
  })

  it('counts whatever came last in place of an answer, and a timeout that is final', () => {
    for (const outcome of [TIMEOUT, CONNECTION_ISSUE]) {
      const rules = new StopRules(DEFAULTS)
      const end = event(called(outcome), { isOutOfRetries: true })
      expect(feed(rules, ...times(9, end))).toEqual([])
      expect(feed(rules, end)).toMatchObject([{ rule: 'exhausted', httpStatus: null, message: outcome.message }])
    }
  })

  it('looks at ended calls only: not at retries, failed templates, skipped customers or our own trouble', () => {
    const rules = new StopRules(DEFAULTS)
    const others = [
      RETRIED,
      RENDER,
      SKIPPED,
      event({ kind: 'failed', reason: 'changed', message: 'x' }),
      event(called({ kind: 'local', message: 'x' })),
    ].flatMap((other) => times(40, other))
    expect(feed(rules, ...times(30, OK), ...others, ...times(9, EXHAUSTED))).toEqual([])
    expect(rules.record(EXHAUSTED)).toMatchObject([{ count: 10, of: 40 }])
  })

  it('counts each chunk by itself, and never where the campaign says so', () => {
    const rules = new StopRules(DEFAULTS)
    for (let chunk = 0; chunk < 12; chunk++) expect(feed(rules, ...times(9, inChunk(chunk, EXHAUSTED)))).toEqual([])
    expect(feed(new StopRules({ ...DEFAULTS, exhausted: 'never' }), ...times(200, EXHAUSTED))).toEqual([])
  })
})

describe('render', () => {
  it('stops the chunk after 50 failed templates in a row', () => {
    const rules = new StopRules(DEFAULTS)
    expect(feed(rules, ...times(49, RENDER), OK, ...times(49, RENDER), SKIPPED, ...times(49, RENDER))).toEqual([])
    expect(rules.record(RENDER)).toMatchObject([
      { rule: 'render', scope: 'chunk', chunk: 0, message: 'sms.j2:3:7 no such filter', count: 50, of: null },
    ])
  })

  it('stops the chunk once more than half of the first 1000 have failed', () => {
    const rules = new StopRules(DEFAULTS)
    const pairs = Array.from({ length: 500 }, () => [RENDER, OK]).flat()
    expect(feed(rules, ...pairs)).toEqual([])
    const worse = new StopRules(DEFAULTS)
    const decisions = feed(worse, RENDER, RENDER, ...pairs)
    expect(decisions).toMatchObject([{ rule: 'render', count: 501, of: 1000 }])
  })

  it('looks at the first 1000 only, and at rows in a row for ever', () => {
    const rules = new StopRules(DEFAULTS)
    expect(feed(rules, ...times(1000, OK), ...Array.from({ length: 900 }, () => [RENDER, OK]).flat())).toEqual([])
    expect(feed(rules, ...times(50, RENDER))).toMatchObject([{ rule: 'render', count: 50, of: null }])
  })

  it('counts a customer by the first attempt, and rows that are no template’s fault not at all', () => {
    const rules = new StopRules({ ...DEFAULTS, render: { inARow: 3, share: 0.5, of: 1000 } })
    const row = event({ kind: 'failed', reason: 'row', message: 'x' })
    const changed = event({ kind: 'failed', reason: 'changed', message: 'x' })
    const retry = { ...EXHAUSTED, attempt: 2 }
    const erased = event({ kind: 'suppressed', reason: 'duplicate', message: null })
    expect(feed(rules, RENDER, row, changed, RENDER, retry, erased)).toEqual([])
    expect(feed(rules, RENDER)).toMatchObject([{ rule: 'render', count: 3 }])
  })

  it('never stops where the campaign says so', () => {
    expect(feed(new StopRules({ ...DEFAULTS, render: 'never' }), ...times(2000, RENDER))).toEqual([])
  })
})

describe('chunks', () => {
  it('stops the webhook with the third chunk that the same rule has stopped', () => {
    const rules = new StopRules(DEFAULTS)
    const events = [inChunk(0, UNAUTHORIZED), ...times(10, inChunk(1, EXHAUSTED)), inChunk(2, UNAUTHORIZED)]
    expect(feed(rules, ...events, ...times(10, inChunk(3, EXHAUSTED))).map(({ rule }) => rule)).toEqual([
      'client_error',
      'exhausted',
      'client_error',
      'exhausted',
    ])
    expect(rules.record(inChunk(4, UNAUTHORIZED))).toMatchObject([
      { rule: 'client_error', scope: 'chunk', chunk: 4 },
      { rule: 'chunks', scope: 'webhook', chunk: null, httpStatus: 401, count: 3, chunksRule: 'client_error' },
    ])
    expect(feed(rules, inChunk(5, UNAUTHORIZED), NOT_FOUND)).toEqual([])
  })

  it('never stops where the campaign says so', () => {
    const rules = new StopRules({ ...DEFAULTS, chunks: 'never' })
    const decisions = feed(rules, ...Array.from({ length: 50 }, (_, chunk) => inChunk(chunk, UNAUTHORIZED)))
    expect(decisions).toHaveLength(50)
    expect(decisions.every(({ scope }) => scope === 'chunk')).toBe(true)
  })
})

describe('the state', () => {
  it('forgets a chunk that has ended and starts anew when the stops are lifted', () => {
    const rules = new StopRules(DEFAULTS)
    feed(rules, OK, UNAUTHORIZED, inChunk(1, UNAUTHORIZED))
    rules.endChunk(0)
    expect(rules.state.chunks.map(([chunk]) => chunk)).toEqual([1])
    feed(rules, NOT_FOUND)
    rules.lift()
    expect(rules.state).toEqual({ hasRunSucceeded: true, isWebhookStopped: false, stoppedChunks: {}, chunks: [] })
    expect(feed(rules, inChunk(1, UNAUTHORIZED))).toMatchObject([{ rule: 'client_error', chunk: 1, count: 1 }])
  })

  it('shares nothing with the rules that gave it', () => {
    const rules = new StopRules(DEFAULTS)
    feed(rules, EXHAUSTED)
    const { state } = rules
    const before = JSON.stringify(state)
    const restored = new StopRules(DEFAULTS, state)
    feed(rules, EXHAUSTED, UNAUTHORIZED)
    feed(restored, ...times(3, EXHAUSTED))
    expect(JSON.stringify(state)).toBe(before)
  })

  it('stays small however many deliveries end', () => {
    const rules = new StopRules(DEFAULTS)
    feed(rules, ...Array.from({ length: 20_000 }, (_, i) => (i % 6 === 0 ? EXHAUSTED : OK)))
    expect(JSON.stringify(rules.state).length).toBeLessThan(400)
  })
})

/** The rules as campaigns reads: everything kept, everything counted anew at each event. */
class SlowRules {
  readonly #rules: AbortRules
  readonly #events: StopEvent[] = []
  readonly #stopped: StopDecision['rule'][] = []
  readonly #stoppedChunks = new Set<number>()
  #isOver = false

  constructor(rules: AbortRules) {
    this.#rules = rules
  }

  record(event: StopEvent): string[] {
    this.#events.push(event)
    if (this.#isOver) return []
    const outcome = event.verdict.kind === 'called' ? event.verdict.outcome : null
    if (outcome?.kind === 'stop' && outcome.scope === 'webhook') {
      this.#isOver = true
      return [`webhook ${outcome.reason}`]
    }
    const rule = this.#chunkRule(event)
    if (rule === null || this.#stoppedChunks.has(event.chunk)) return []
    this.#stoppedChunks.add(event.chunk)
    this.#stopped.push(rule)
    const { chunks } = this.#rules
    this.#isOver = chunks !== 'never' && this.#stopped.filter((other) => other === rule).length >= chunks
    return [`chunk ${event.chunk} ${rule}`, ...(this.#isOver ? ['webhook chunks'] : [])]
  }

  #chunkRule(last: StopEvent): StopDecision['rule'] | null {
    const { clientError, exhausted, render } = this.#rules
    const events = this.#events.filter(({ chunk }) => chunk === last.chunk)
    const outcomes = events.map(({ verdict }) => (verdict.kind === 'called' ? verdict.outcome : null))
    const outcome = outcomes.at(-1)
    if (clientError !== 'never' && outcome?.kind === 'stop') {
      const count = outcomes.filter((other) => other?.kind === 'stop' && other.scope === 'chunk').length
      if (count >= clientError) return 'client_error'
    }
    if (exhausted !== 'never' && last.isOutOfRetries) {
      const ended = events.filter(({ verdict, isOutOfRetries }) => {
        return verdict.kind === 'called' && (isOutOfRetries || verdict.outcome.kind !== 'retry')
      })
      const window = ended.slice(-exhausted.of)
      const count = window.filter(({ isOutOfRetries }) => isOutOfRetries).length
      if (count >= exhausted.least && count > exhausted.share * window.length) return 'exhausted'
    }
    if (render !== 'never' && last.verdict.kind === 'failed') {
      const rendered = events
        .filter(({ verdict, attempt }) => verdict.kind !== 'called' || attempt === 1)
        .map(({ verdict }) => verdict.kind === 'failed')
      if (rendered.length >= render.inARow && rendered.slice(-render.inARow).every(Boolean)) return 'render'
      const first = rendered.slice(0, render.of).filter(Boolean).length
      if (rendered.length <= render.of && first > render.share * render.of) return 'render'
    }
    return null
  }
}

const someRules: fc.Arbitrary<AbortRules> = fc.record({
  clientError: fc.oneof(fc.constant('never' as const), fc.integer({ min: 1, max: 4 })),
  exhausted: fc.oneof(
    fc.constant('never' as const),
    fc.record({
      least: fc.integer({ min: 1, max: 5 }),
      share: fc.constantFrom(0, 0.2, 0.5, 0.9),
      of: fc.integer({ min: 1, max: 12 }),
    }),
  ),
  connectionMs: fc.constant('never' as const),
  render: fc.oneof(
    fc.constant('never' as const),
    fc.record({
      inARow: fc.integer({ min: 1, max: 6 }),
      share: fc.constantFrom(0.1, 0.5, 1),
      of: fc.integer({ min: 1, max: 12 }),
    }),
  ),
  chunks: fc.oneof(fc.constant('never' as const), fc.integer({ min: 1, max: 3 })),
})
const someEvent = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(OK) },
      { weight: 6, arbitrary: fc.constantFrom(EXHAUSTED, { ...EXHAUSTED, attempt: 1 }) },
      { weight: 6, arbitrary: fc.constant(RENDER) },
      { weight: 3, arbitrary: fc.constantFrom(RETRIED, SKIPPED, UNAUTHORIZED) },
      { weight: 1, arbitrary: fc.constantFrom(NOT_FOUND, TLS) },
    ),
    fc.nat(2),
  )
  .map(([event, chunk]) => inChunk(chunk, event))

it('decides as a plain count of everything does, in any order, stored and restored at any moment', () => {
  fc.assert(
    fc.property(someRules, fc.array(fc.tuple(someEvent, fc.boolean()), { maxLength: 80 }), (abort, steps) => {
      const slow = new SlowRules(abort)
      let rules = new StopRules(abort)
      for (const [event, isRestored] of steps) {
        if (isRestored) rules = new StopRules(abort, JSON.parse(JSON.stringify(rules.state)) as StopState)
        const decisions = rules
          .record(event)
          .map(({ rule, chunk }) => (chunk === null ? `webhook ${rule}` : `chunk ${chunk} ${rule}`))
        expect(decisions).toEqual(slow.record(event))
      }
    }),
    { numRuns: 1000 },
  )
})
