import * as fc from 'fast-check'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect } from 'vitest'
import { formatReport, type RunReport } from '../../src/report/report.ts'
import { test } from './fixture.ts'

const REPORT: RunReport = {
  schema: 1,
  run_id: '019aab00-0000-7000-8000-000000000000',
  campaign: 'welcome-sms',
  state: 'finished',
  started_at: '2026-11-22T10:00:00.000Z',
  finished_at: '2026-11-22T10:05:55.123Z',
  next_retry_at: null,
  duration_ms: 355_123,
  customers: 1000,
  sent: 993,
  failed: 6,
  aborted: 0,
  suppressed: 1,
  waiting: 0,
  pending: 0,
  deliveries: 998,
  attempts: 1015,
  codes: { '200': 996, '500': 15, timeout: 4 },
  failures: { refused: 3, exhausted: 2, render: 1 },
  latency_ms: { p50: 8, p95: 31, p99: 80, max: 1911 },
  slow_responses: 1,
  instant_retries: 0,
  in_doubt: 2,
  already_accepted: 0,
  lowest_concurrency: 200,
  resumed: 0,
  answers_overridden: {},
  aborts: [],
  warnings: [],
}

const PLAIN = { color: false, width: 100 }

describe('formatReport', () => {
  test('tells what became of everyone, and what to type next', () => {
    expect(formatReport(REPORT, PLAIN)).toBe(`welcome-sms  finished
  run      019aab00-0000-7000-8000-000000000000
  started  2026-11-22 10:00:00 UTC
  took     5 min 55 s

customers  1,000
  sent        993
  failed        6
  aborted       0
  suppressed    1

attempts  1,015 for 998 deliveries
  200      996
  500       15
  timeout    4

failures
  exhausted  2
  refused    3
  render     1

calls
  latency             p50 8 ms, p95 31 ms, p99 80 ms, max 1,911 ms
  slower than 1 s     1
  retries             17
  in doubt            2
  lowest concurrency  200

next
  call again the 6 that failed  hookcast replay 019aab00-0000-7000-8000-000000000000 --status failed
  see each of them              hookcast report 019aab00-0000-7000-8000-000000000000 --format ndjson --status failed,aborted
`)
  })

  test('shows who waits and who has not begun, and when the next retry is due', () => {
    const text = formatReport(
      {
        ...REPORT,
        state: 'interrupted',
        sent: 983,
        waiting: 3,
        pending: 7,
        next_retry_at: '2026-11-22T10:06:00.000Z',
        duration_ms: null,
        resumed: 2,
      },
      PLAIN,
    )
    expect(text).toContain('  next retry  2026-11-22 10:06:00 UTC\n')
    expect(text).toContain('  resumed     2 times\n')
    expect(text).toMatch(/waiting +3\n {2}pending +7\n/)
    expect(text).toContain('go on with the 10 that are left  hookcast resume 019aab00')
    expect(text).not.toContain('took')
  })

  test('explains a stop, with what the receiver said, and keeps commands in one piece', () => {
    const message =
      'Stopped chunk 0 after the first 401 from https://sms.example.com/v1: 1 failed, 8,211 aborted. Fix the credentials, then `hookcast resume 019aab00-0000-7000-8000-000000000000`.'
    const abort = {
      rule: 'client_error',
      scope: 'chunk',
      chunk: 0,
      http_status: 401,
      at: '2026-11-22T10:00:00.000Z',
    } as const
    const samples = ['401: {\n  "errors": "\u001b[2Jwho\u202e are you"\n}', `500: ${'long '.repeat(100)}`]
    const text = formatReport(
      { ...REPORT, state: 'aborted', aborts: [{ ...abort, message, samples }] },
      { color: false, width: 60 },
    )
    expect(text).toContain(
      'Stopped chunk 0 after the first 401 from\n  https://sms.example.com/v1: 1 failed, 8,211 aborted. Fix\n',
    )
    expect(text).toContain('\n  `hookcast resume 019aab00-0000-7000-8000-000000000000`.\n')
    expect(text).toContain('    401: { "errors": "\\u{1b}[2Jwho\\u{202e} are you" }\n')
    // What helps is said there, and it depends on what is to be mended.
    expect(text).not.toMatch(/go on with|call again/)
    expect(text).toContain('see each of them')
    expect(text.split('\n').find((line) => line.includes('long'))).toMatch(/^ {4}500: (long )+.*…$/)
    expect(text).not.toContain('\u001b')
  })

  test('lists warnings with their counts', () => {
    const warnings = [
      { code: 'duplicate_ids', message: '3 rows name a customer again', count: 3 },
      { code: 'insecure_http', message: 'plain http', count: 1 },
    ]
    const text = formatReport({ ...REPORT, warnings }, PLAIN)
    expect(text).toContain(
      'warnings\n  duplicate_ids: 3 rows name a customer again (3 times)\n  insecure_http: plain http\n',
    )
  })

  test('offers a new run to those that a cancelled one leaves', () => {
    const text = formatReport({ ...REPORT, state: 'cancelled', failed: 0, aborted: 12 }, PLAIN)
    expect(text).toContain('call the 12 that are left  hookcast replay')
    expect(text).not.toContain('hookcast resume')
  })

  test('says little about a run in which nothing happened', () => {
    const nothing = {
      sent: 0,
      failed: 0,
      suppressed: 0,
      customers: 0,
      deliveries: 0,
      attempts: 0,
      codes: {},
      failures: {},
    }
    const latency_ms = { p50: null, p95: null, p99: null, max: null }
    const text = formatReport({ ...REPORT, ...nothing, latency_ms, slow_responses: 0, in_doubt: 0 }, PLAIN)
    expect(text).toContain('customers  0\n')
    expect(text).not.toContain('latency')
    expect(text).not.toContain('next')
  })

  test('paints the same text for a terminal', () => {
    const painted = formatReport(REPORT, { ...PLAIN, color: true })
    expect(painted).not.toBe(formatReport(REPORT, PLAIN))
    expect(stripVTControlCharacters(painted)).toBe(formatReport(REPORT, PLAIN))
  })

  test('lets no stranger drive the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 200 }), (words, width) => {
        const abort = {
          rule: 'tls',
          scope: 'webhook',
          chunk: null,
          http_status: null,
          at: '',
          message: words,
          samples: [words],
        } as const
        const warnings = [{ code: 'x', message: words, count: 1 }]
        const text = formatReport({ ...REPORT, campaign: words, aborts: [abort], warnings }, { color: false, width })
        // oxlint-disable-next-line no-control-regex
        expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      }),
    )
  })
})
