import { describe, expect, it } from 'vitest'
import type { Answer, Outcome } from '../../src/campaign/outcome.ts'
import { FAILURE_CODES } from '../../src/campaign/result.ts'
import {
  ConnectionGate,
  Pressure,
  defaultDelaysMs,
  finalReason,
  judgeAnswer,
  nextAttempt,
  type JudgeContext,
} from '../../src/policy/policy.ts'
import { readPage } from '../support/page.ts'
import { answered, context, retryOutcome, unanswered } from './answers.ts'

type Case = readonly [Answer, JudgeContext]

const FIRST = context()
const RETRY = context({ attempt: 2 })
const IN_DOUBT = context({ attempt: 2, isInDoubt: true })
const REUSED = context({ wasReusedConnection: true })
const AFTER_SUCCESS = context({ hasRunSucceeded: true })

const HARD_STOPS = [400, 404, 410, 412, 413, 418]
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const inFirst = (statuses: readonly number[], changes = {}): Case[] =>
  statuses.map((status) => [answered(status, changes), FIRST])

/** What each row of the page speaks of, by its first cell: every call that hookcast can make is in exactly one. */
const ROWS: ReadonlyMap<string, readonly Case[]> = new Map(
  Object.entries<readonly Case[]>({
    '2xx: empty, text, or JSON whose `success` is not `false`': [
      ...inFirst(range(200, 299)),
      ...inFirst([200, 299], { json: { success: true } }),
      ...inFirst([200], { contentType: 'text/plain', body: '{"success":false}' }),
    ],
    '2xx: JSON with `"success": false`': inFirst(range(200, 299), { json: { success: false } }),
    '3xx': inFirst(range(300, 399)),
    '400, 404, 410, 412, 413, 418': inFirst(HARD_STOPS),
    'Any other 4xx but 429': inFirst(range(400, 499).filter((s) => ![...HARD_STOPS, 409, 429].includes(s))),
    '408 on a reused connection': [[answered(408), REUSED]],
    '409 to a first send': [[answered(409), FIRST]],
    '409 to a send in doubt': [[answered(409), IN_DOUBT]],
    '409 with `Retry-After` to a send in doubt': [[answered(409, { retryAfter: '3' }), IN_DOUBT]],
    '409 to a retry, every earlier send answered': [[answered(409), RETRY]],
    '429': inFirst([429]),
    '429 or 503 with `Retry-After`': inFirst([429, 503], { retryAfter: '3' }),
    '5xx': inFirst(range(500, 599)),
    'Timeout: no complete answer in time': [[unanswered('timeout', true), FIRST]],
    'Connection refused, host unreachable': [[unanswered('connect'), FIRST]],
    'Connection reset or dropped': [[unanswered('reset', true), FIRST]],
    'DNS failure': [[unanswered('dns'), FIRST]],
    'TLS failure before any call of the run has succeeded': [[unanswered('tls'), FIRST]],
    'TLS failure afterwards': [[unanswered('tls'), AFTER_SUCCESS]],
    'Not HTTP, headers over the limit, broken body': [[unanswered('invalid_response', true), FIRST]],
    'Address refused by the network guard': [[unanswered('blocked'), FIRST]],
    'Egress proxy refuses: 407, or any other but 2xx, 429 and 5xx': [[unanswered('proxy'), FIRST]],
    'No file descriptor, port or memory of our own': [[unanswered('local'), FIRST]],
  }),
)

/** The second and third cell, from what the policy itself does with the answer. */
function cellsOf([answer, judged]: Case): [string, string] {
  const outcome = judgeAnswer(answer, judged)
  switch (outcome.kind) {
    case 'sent':
      return ['Goes on', outcome.alreadyAccepted ? '`sent` (already accepted)' : '`sent`']
    case 'refused':
      return ['Goes on', `\`failed\` (\`${outcome.reason}\`)`]
    case 'stop': {
      const what = outcome.scope === 'webhook' ? 'Stops the webhook: every chunk of the run' : 'Stops the chunk'
      const redirect = outcome.reason === 'redirect' ? '; the redirect is not followed' : ''
      return [what + redirect, `\`failed\` (\`${outcome.reason}\`)`]
    }
    case 'retry':
      return [
        ['Retries', ...effectsOf(outcome, answer)].join('; '),
        `\`failed\` (\`${finalReason(outcome)}\`) when no retry is left`,
      ]
    case 'local':
      return ['Pauses the run; no attempt is used up', '–']
  }
}

function effectsOf(outcome: Extract<Outcome, { kind: 'retry' }>, answer: Answer): string[] {
  const httpStatus = answer.kind === 'answered' ? answer.httpStatus : null
  const gate = new ConnectionGate({ connectionMs: 300_000, timeoutMs: 10_000 })
  const effects: string[] = []
  if (outcome.isConnectionIssue) effects.push('counts as a connection issue')
  const halvings = (count: number) => {
    const pressure = new Pressure(200)
    for (let i = 0; i < count; i++) pressure.record({ outcome, httpStatus, round: 0 })
    return pressure.level.round
  }
  if (halvings(1) > 0) effects.push('slows down at once')
  else if (halvings(100) > 0 && !outcome.isConnectionIssue) effects.push('slows down when they are many')
  expect(halvings(100) > 0).toBe(
    outcome.isConnectionIssue || (httpStatus !== null && (httpStatus === 429 || httpStatus >= 500)),
  )
  gate.record({ outcome, httpStatus, latencyMs: 5 }, 0)
  if (gate.mode === 'paused') {
    effects.push('starts nothing until then (60 s at most)')
    expect(gate.wakeAt(0)).toBe(outcome.retryAfterMs)
  }
  for (let i = 0; i < 19; i++) gate.record({ outcome, httpStatus, latencyMs: 5 }, 0)
  expect(gate.mode === 'probing').toBe(outcome.isConnectionIssue)
  return effects
}

function waitAfter(attempt: number, random: number): number | undefined {
  const rules = { delaysMs: defaultDelaysMs(null), jitter: 0.1, onTimeout: true }
  return nextAttempt({ outcome: retryOutcome(), attempt, endedAt: 0, rules, random: () => random })?.waitMs
}

describe('the table of answers in README.md', () => {
  const readme = readPage('README.md')
  const [rows = []] = readme.section('What happens to each answer').tables
  const [retries = []] = readme.section('Retry schedule').tables

  it('has a row for each kind of answer, and no other', () => {
    expect(rows).toHaveLength(ROWS.size)
    expect(new Set(rows.map(([answer]) => answer))).toEqual(new Set(ROWS.keys()))
    const cases = [...ROWS.values()].flat()
    const statuses = new Set(cases.map(([answer]) => (answer.kind === 'answered' ? answer.httpStatus : null)))
    expect(range(200, 599).filter((status) => !statuses.has(status))).toEqual([])
    const codes = new Set(cases.map(([answer]) => (answer.kind === 'failed' ? answer.code : null)))
    const wanted = [...FAILURE_CODES, 'local'] as const
    expect(wanted.filter((code) => !codes.has(code))).toEqual([])
  })

  it.each(rows)('says what is done: %s → %s → %s', (answer = '', does = '', result = '') => {
    for (const example of ROWS.get(answer) ?? []) expect([answer, ...cellsOf(example)]).toEqual([answer, does, result])
  })

  it('says when the retries come', () => {
    let sinceMs = 0
    const expected = [['1', '–', '–']]
    for (let attempt = 2; attempt <= 4; attempt++) {
      const waitMs = waitAfter(attempt - 1, 0.5) ?? Number.NaN
      expect(waitAfter(attempt - 1, 0)).toBe(waitMs * 0.9)
      sinceMs += waitMs
      expected.push([`${attempt}`, `${waitMs / 1000} s ± 10 %`, `${sinceMs / 1000} s`])
    }
    expect(waitAfter(4, 0.5)).toBeUndefined()
    expect(retries).toEqual(expected)
  })
})
