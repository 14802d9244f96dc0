import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/campaign/delivery.ts'
import { WEBHOOK_DEFAULTS } from '../../src/campaign/delivery-rule-schema.ts'
import { abortRulesFrom } from '../../src/campaign/read-delivery-rules.ts'
import {
  ConnectionGate,
  STOP_RULES,
  StopRules,
  describeStop,
  explainStop,
  type StopDecision,
  type StopEvent,
  type StopRule,
} from '../../src/policy/policy.ts'
import { CONNECTION_ISSUE, retryOutcome, stopOutcome } from '../policy/answers.ts'
import { codesIn, readPage } from '../support/page.ts'

const section = readPage('README.md').section('When a chunk stops')
const RULES = abortRulesFrom({}, false)
const { abort } = WEBHOOK_DEFAULTS

const called = (
  outcome: Extract<Verdict, { kind: 'called' }>['outcome'],
  changes: Partial<StopEvent> = {},
): StopEvent => ({
  chunk: 0,
  attempt: 1,
  verdict: { kind: 'called', outcome },
  httpStatus: null,
  isOutOfRetries: false,
  ...changes,
})
const REFUSED = called(stopOutcome('client_error'), { httpStatus: 401 })

/** What the rules themselves decide when it happens that often, by chunk of the last time. */
function decide(times: number, eventAt: (n: number) => StopEvent): StopDecision | undefined {
  const rules = new StopRules(RULES)
  const last = Array.from({ length: times }, (_, n) => rules.record(eventAt(n))).at(-1)
  return last?.at(-1)
}

function decideBySilence(): StopDecision | null {
  const gate = new ConnectionGate({ connectionMs: RULES.connectionMs, timeoutMs: 10_000 })
  for (let n = 0; n < 20; n++) gate.record({ outcome: CONNECTION_ISSUE, httpStatus: null, latencyMs: 5 }, 0)
  expect(gate.mode).toBe('probing')
  gate.recordStart(1000)
  gate.record({ outcome: CONNECTION_ISSUE, httpStatus: null, latencyMs: 5 }, 1005)
  expect(gate.stopDue(299_999)).toBeNull()
  return gate.stopDue(300_000)
}

/** What stands in the last cell, made from the defaults, and who says that it is so. */
const WHEN: Readonly<Partial<Record<StopRule, readonly [string, StopDecision | null | undefined]>>> = {
  hard_stop: [
    'the first 400, 404, 410, 412, 413 or 418',
    decide(1, () => called(stopOutcome('hard_stop'), { httpStatus: 404 })),
  ],
  client_error: ['the first other 4xx but 429, or a redirect', decide(abort.client_error, () => REFUSED)],
  exhausted: [
    `at least ${abort.exhausted.least}, and more than ${abort.exhausted.share * 100} % of the last ${abort.exhausted.of} ended deliveries, ran out of retries`,
    decide(abort.exhausted.least, () => called(retryOutcome(), { attempt: 4, isOutOfRetries: true })),
  ],
  render: [
    `the template failed for ${abort.render.in_a_row} customers in a row, or for more than ${abort.render.share * 100} % of the first ${abort.render.of.toLocaleString('en-US')}`,
    decide(abort.render.in_a_row, () => ({
      ...REFUSED,
      verdict: { kind: 'failed', reason: 'render', message: 'why' },
    })),
  ],
  connection: [`${abort.connection.replace('m', ' min')} of probing without an answer`, decideBySilence()],
  tls: ['TLS fails before any call has succeeded', decide(1, () => called(stopOutcome('tls')))],
  blocked: ['the network guard refuses the address', decide(1, () => called(stopOutcome('blocked')))],
  proxy: ['the egress proxy refuses', decide(1, () => called(stopOutcome('proxy')))],
  chunks: [
    `${abort.chunks} chunks were stopped by the same rule`,
    decide(abort.chunks, (chunk) => ({ ...REFUSED, chunk })),
  ],
}

describe('the table of stops in README.md', () => {
  const [rows = []] = section.tables

  it('has every rule, and no other', () => {
    const named = rows.map(([rule = '']) => codesIn(rule)[0])
    expect(new Set(named)).toEqual(new Set(STOP_RULES))
    expect(rows).toHaveLength(new Set(named).size)
  })

  it.each(rows)('says when it stops what: %s → %s → %s', (name = '', stops = '', when = '') => {
    const rule = codesIn(name)[0] as StopRule
    const [sentence, decision] = WHEN[rule] ?? []
    expect(when).toBe(sentence)
    expect(decision?.rule).toBe(rule)
    expect(stops).toBe(decision?.scope === 'webhook' ? 'all chunks' : 'the chunk')
  })

  it('names the rules that can be changed', () => {
    const sentence = /^`webhook\.abort` sets.*?\./m.exec(section.text)?.[0] ?? ''
    const changeable = codesIn(sentence).filter((code) => code !== 'webhook.abort' && code !== 'never')
    expect(changeable.toSorted()).toEqual(Object.keys(abort).toSorted())
  })

  it('quotes a stop as the report tells it', () => {
    const decision = decide(1, () => REFUSED)
    const runId = /hookcast resume (\S+)`/.exec(section.text)?.[1] ?? ''
    const told = explainStop({
      rule: 'client_error',
      httpStatus: 401,
      description: describeStop(decision!, 'http://127.0.0.1:3000/v1/messages'),
      runId,
      failed: 200,
      aborted: 1800,
    })
    expect(section.text).toContain(`> ${told}\n`)
  })
})
