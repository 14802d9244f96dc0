import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AbortRules } from '../../src/campaign/campaign.ts'
import type { Verdict } from '../../src/campaign/delivery.ts'
import { StopRules, type StopDecision, type StopEvent, type StopState } from '../../src/policy/policy.ts'
import { SENT, retryOutcome, stopOutcome } from './answers.ts'

const RULES: AbortRules = {
  clientError: 5,
  exhausted: { least: 10, share: 0.2, of: 100 },
  connectionMs: 300_000,
  render: { inARow: 50, share: 0.5, of: 1000 },
  chunks: 3,
}

function event(verdict: Verdict, changes: Partial<StopEvent> = {}): StopEvent {
  return { chunk: 0, attempt: 1, verdict, httpStatus: null, isOutOfRetries: false, ...changes }
}

const EVENTS = {
  sent: event({ kind: 'called', outcome: SENT }, { httpStatus: 200 }),
  refused: event(
    { kind: 'called', outcome: { ...SENT, kind: 'refused', reason: 'refused' } as never },
    { httpStatus: 200 },
  ),
  clientError: event({ kind: 'called', outcome: stopOutcome('client_error') }, { httpStatus: 401 }),
  retried: event({ kind: 'called', outcome: retryOutcome() }, { httpStatus: 503 }),
  exhausted: event({ kind: 'called', outcome: retryOutcome() }, { httpStatus: 503, attempt: 4, isOutOfRetries: true }),
  render: event({ kind: 'failed', reason: 'render', message: 'sms.j2:3:7 no such filter' }),
} as const
type Kind = keyof typeof EVENTS

const create = (state: StopState | null = null, rules = RULES): StopRules =>
  new StopRules(rules, state, { perWebhook: true })

/** The first stop of these events, and at which of them it came. */
function firstStop(
  kinds: readonly Kind[],
  rules = create(),
): { readonly at: number; readonly stop: StopDecision } | null {
  for (const [at, kind] of kinds.entries()) {
    const [stop] = rules.record(EVENTS[kind])
    if (stop !== undefined) return { at, stop }
  }
  return null
}

/** The same, as campaigns.md says it: each time all of the past is looked at. */
function expectedStop(kinds: readonly Kind[]): { readonly at: number; readonly rule: string } | null {
  for (let at = 0; at < kinds.length; at++) {
    const past = kinds.slice(0, at + 1)
    const answered = past.filter((kind) => kind === 'sent' || kind === 'refused' || kind === 'clientError')
    const ended = past.filter((kind) => kind !== 'retried' && kind !== 'render').slice(-100)
    const rendered = past.filter((kind) => kind !== 'exhausted').slice(-100)
    const outOf = ended.filter((kind) => kind === 'exhausted').length
    const failed = rendered.filter((kind) => kind === 'render').length
    const now = kinds[at]!
    if (now === 'clientError' && answered.length >= 5 && answered.slice(-5).every((kind) => kind === 'clientError')) {
      return { at, rule: 'client_error' }
    }
    if (now === 'exhausted' && outOf >= 10 && outOf > 0.2 * ended.length) return { at, rule: 'exhausted' }
    const isInARow = rendered.length >= 50 && rendered.slice(-50).every((kind) => kind === 'render')
    if (now === 'render' && (isInARow || failed > 50)) return { at, rule: 'render' }
  }
  return null
}

const weighted = fc
  .tuple(...(Object.keys(EVENTS) as Kind[]).map((kind) => fc.nat({ max: 10 }).map((weight) => [kind, weight] as const)))
  .filter((weights) => weights.some(([, weight]) => weight > 0))
const sequences = weighted.chain((weights) =>
  fc.array(
    fc.oneof(
      ...weights.filter(([, weight]) => weight > 0).map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight })),
    ),
    { maxLength: 400 },
  ),
)

describe('rules that count over the webhook', () => {
  it('stop it at the fifth client error in a row, and at none before', () => {
    expect(firstStop(['clientError', 'clientError', 'clientError', 'clientError', 'sent', 'clientError'])).toBe(null)
    expect(firstStop(['clientError', 'clientError', 'retried', 'clientError', 'clientError', 'exhausted'])).toBe(null)
    expect(firstStop(Array<Kind>(6).fill('clientError'))).toMatchObject({
      at: 4,
      stop: { rule: 'client_error', scope: 'webhook', chunk: null, httpStatus: 401, count: 5, of: null },
    })
  })

  it('look at the last 100 templates, and at no older one', () => {
    const many = (count: number, kind: Kind): Kind[] => Array<Kind>(count).fill(kind)
    const fifty = [...many(25, 'render'), 'sent', ...many(25, 'render'), ...many(49, 'sent')] as const
    expect(firstStop([...fifty, 'render'])).toBe(null)
    expect(firstStop([...fifty.slice(0, -1), 'render'])).toMatchObject({ at: 99, stop: { count: 51, of: 100 } })
  })

  it('stop what they are said to stop, at the very event, whatever comes', () => {
    fc.assert(
      fc.property(sequences, (kinds) => {
        const stop = firstStop(kinds)
        const expected = expectedStop(kinds)
        expect(stop === null ? null : { at: stop.at, rule: stop.stop.rule }).toEqual(expected)
        if (stop !== null) expect([stop.stop.scope, stop.stop.chunk]).toEqual(['webhook', null])
      }),
      { numRuns: 300 },
    )
  })

  it('count on from their state as JSON, wherever it was taken', () => {
    fc.assert(
      fc.property(sequences, fc.nat(), (kinds, cut) => {
        const at = kinds.length === 0 ? 0 : cut % kinds.length
        const before = create()
        if (firstStop(kinds.slice(0, at), before) !== null) return
        const state = JSON.parse(JSON.stringify(before.state)) as StopState
        expect(firstStop(kinds.slice(at), create(state))).toEqual(firstStop(kinds.slice(at), before))
      }),
      { numRuns: 200 },
    )
  })

  it('keep no more of the past than their window', () => {
    const rules = create(null, { ...RULES, exhausted: { least: 1000, share: 1, of: 1000 } })
    firstStop(
      Array.from({ length: 20_000 }, (_, i): Kind => (i % 3 === 0 ? 'exhausted' : i % 3 === 1 ? 'render' : 'sent')),
      rules,
    )
    expect(JSON.stringify(rules.state).length).toBeLessThan(1500)
  })

  it('start anew when a hold is lifted, and know that a call had succeeded', () => {
    const rules = create()
    firstStop(['sent', ...Array<Kind>(5).fill('clientError')], rules)
    rules.lift()
    expect(firstStop(Array<Kind>(4).fill('clientError'), rules)).toBe(null)
    expect(firstStop(['clientError'], rules)).not.toBe(null)
    expect(rules.hasRunSucceeded).toBe(true)
  })
})
