import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STOP_RULES, describeStop, explainStop, type StopDecision } from '../../src/policy/policy.ts'

const TARGET = 'https://sms.example.com/v1/messages'

function decision(changes: Partial<StopDecision>): StopDecision {
  return {
    rule: 'client_error',
    scope: 'chunk',
    chunk: 0,
    httpStatus: null,
    message: null,
    count: 1,
    of: null,
    silentMs: null,
    chunksRule: null,
    ...changes,
  }
}

describe('describeStop', () => {
  it.each<[string, Partial<StopDecision>]>([
    ['Stopped chunk 0 after the first 401 from https://sms.example.com/v1/messages', { httpStatus: 401 }],
    [
      'Stopped chunk 12 after 1,000 client errors, the last a 302 from https://sms.example.com/v1/messages',
      { chunk: 12, count: 1000, httpStatus: 302 },
    ],
    [
      'Stopped the webhook after the first 404 from https://sms.example.com/v1/messages',
      { rule: 'hard_stop', chunk: null, httpStatus: 404 },
    ],
    [
      'Stopped the webhook after a call to https://sms.example.com/v1/messages failed in TLS before any had succeeded (Certificate expired)',
      { rule: 'tls', chunk: null, message: 'Certificate expired' },
    ],
    [
      'Stopped the webhook after the network guard refused the address of https://sms.example.com/v1/messages (10.0.0.1)',
      { rule: 'blocked', chunk: null, message: '10.0.0.1' },
    ],
    [
      'Stopped the webhook after the egress proxy refused a call to https://sms.example.com/v1/messages',
      { rule: 'proxy', chunk: null },
    ],
    [
      'Stopped chunk 0 after 21 of the last 100 deliveries to https://sms.example.com/v1/messages ran out of retries, the last with 503',
      { rule: 'exhausted', count: 21, of: 100, httpStatus: 503 },
    ],
    [
      'Stopped chunk 0 after 10 of the last 10 deliveries to https://sms.example.com/v1/messages ran out of retries, the last with no answer (No answer in time)',
      { rule: 'exhausted', count: 10, message: 'No answer in time' },
    ],
    [
      'Stopped the webhook after 5 min without an answer from https://sms.example.com/v1/messages, 33 connection issues in a row (Could not connect)',
      { rule: 'connection', chunk: null, count: 33, silentMs: 300_400, message: 'Could not connect' },
    ],
    [
      'Stopped the webhook after 90 s without an answer from https://sms.example.com/v1/messages, 21 connection issues in a row',
      { rule: 'connection', chunk: null, count: 21, silentMs: 90_000 },
    ],
    [
      'Stopped the webhook after 0 s without an answer from https://sms.example.com/v1/messages, 20 connection issues in a row',
      { rule: 'connection', chunk: null, count: 20 },
    ],
    [
      'Stopped chunk 0 after the template failed for 50 customers in a row (sms.j2:3:7 no such filter)',
      { rule: 'render', count: 50, message: 'sms.j2:3:7 no such filter' },
    ],
    [
      'Stopped chunk 0 after the template failed for 501 of the first 1,000 customers',
      { rule: 'render', count: 501, of: 1000 },
    ],
    [
      'Stopped the webhook after 3 chunks were stopped by client_error, the last with 401 from https://sms.example.com/v1/messages',
      { rule: 'chunks', chunk: null, count: 3, httpStatus: 401, chunksRule: 'client_error' },
    ],
  ])('says: %s', (text, changes) => {
    expect(describeStop(decision(changes), TARGET)).toBe(text)
  })

  it('keeps the receiver’s words to itself: they may repeat a customer’s data', () => {
    expect(
      describeStop(decision({ httpStatus: 422, message: 'no such number: +420 600 000 000' }), TARGET),
    ).not.toContain('420')
  })
})

describe('explainStop', () => {
  const story = {
    rule: 'client_error',
    httpStatus: 401,
    description: 'Stopped chunk 0 after the first 401 from https://…',
    runId: 'R',
  } as const

  it('says what was stopped, what to do and what to type', () => {
    expect(explainStop({ ...story, failed: 1, aborted: 8211 })).toBe(
      'Stopped chunk 0 after the first 401 from https://…: 1 failed, 8,211 aborted. Fix the credentials, then `hookcast resume R`; the one that failed: `hookcast replay R --status failed`.',
    )
    expect(explainStop({ ...story, failed: 1200, aborted: 1 })).toMatch(
      /resume R`; the 1,200 that failed: `hookcast replay R/,
    )
  })

  it('offers no resume when nobody is left for it', () => {
    expect(explainStop({ ...story, failed: 1200, aborted: 0 })).toBe(
      'Stopped chunk 0 after the first 401 from https://…: 1,200 failed, 0 aborted. Fix the credentials, then `hookcast replay R --status failed`.',
    )
  })

  it('offers no replay of nobody', () => {
    const text = explainStop({ ...story, rule: 'connection', httpStatus: null, failed: 0, aborted: 5 })
    expect(text).toBe(
      'Stopped chunk 0 after the first 401 from https://…: 0 failed, 5 aborted. Bring the receiver back, then `hookcast resume R`.',
    )
  })

  it('offers a replay where the campaign file is to be mended: a resume would send what is pinned with the run', () => {
    expect(explainStop({ ...story, httpStatus: 404, failed: 1, aborted: 2 })).toBe(
      "Stopped chunk 0 after the first 401 from https://…: 1 failed, 2 aborted. Mend the URL, then `hookcast replay R --status failed,aborted`; if it was mended on the receiver's side, `hookcast resume R`; the one that failed: `hookcast replay R --status failed`.",
    )
  })

  it.each<[string, Partial<Parameters<typeof explainStop>[0]>]>([
    ['Take the URL that the receiver redirects to, then `hookcast replay', { httpStatus: 301 }],
    ['Wait until the receiver is well, then `hookcast resume', { rule: 'exhausted', httpStatus: null }],
    ['Wait until the receiver is well, then `hookcast resume', { rule: 'chunks', httpStatus: 503 }],
    ['Wait until the receiver is well, then `hookcast resume', { rule: 'chunks', httpStatus: 429 }],
    ['Mend what stopped the chunks, then `hookcast resume', { rule: 'chunks', httpStatus: null }],
    ["See the receiver's words, and mend what they name, then `hookcast resume", { httpStatus: 451 }],
    ['Mend the template, then `hookcast replay', { rule: 'render', httpStatus: null }],
    ['Allow the address under `network.campaigns.allow` in hookcast.yaml, then `hookcast resume', { rule: 'blocked' }],
  ])('advises: %s', (text, changes) => {
    expect(explainStop({ ...story, failed: 2, aborted: 3, ...changes })).toContain(`aborted. ${text} R`)
  })

  it('has one sentence of advice and a command for every rule and status', () => {
    const statuses = fc.option(fc.integer({ min: 300, max: 599 }))
    fc.assert(
      fc.property(
        fc.record({ rule: fc.constantFrom(...STOP_RULES), httpStatus: statuses, failed: fc.nat(), aborted: fc.nat() }),
        (ended) => {
          const text = explainStop({ ...story, ...ended })
          expect(text).toMatch(/aborted\. [A-Z].+, then `hookcast (resume|replay) R.*`\.$/)
          expect(text).not.toMatch(/undefined|null|NaN/)
        },
      ),
    )
  })

  it.each([
    [
      { failed: 5, aborted: 20, heldCampaign: 'welcome' },
      '5 failed, 20 on hold. Fix the credentials, then `hookcast release welcome`; the 5 that failed: `hookcast replay R --status failed`.',
    ],
    [
      { failed: 0, aborted: 1, heldCampaign: "Jan's" },
      "0 failed, 1 on hold. Fix the credentials, then `hookcast release 'Jan'\\''s'`.",
    ],
    [
      { rule: 'hard_stop', httpStatus: 404, failed: 1, aborted: 2, heldCampaign: 'welcome' },
      "1 failed, 2 on hold. Mend the URL, activate the campaign, then `hookcast release welcome --discard` and `hookcast replay R --status failed,aborted`; if it was mended on the receiver's side, `hookcast release welcome`; the one that failed: `hookcast replay R --status failed`.",
    ],
  ] as const)('tells how events that are on hold go on: %j', (changes, rest) => {
    const story = { rule: 'client_error', httpStatus: 401, description: 'D', runId: 'R', ...changes } as const
    expect(explainStop(story)).toBe(`D: ${rest}`)
  })
})
