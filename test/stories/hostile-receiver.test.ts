import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { childrenOf } from '../support/command-line.ts'
import { MISBEHAVIOURS, type Misbehaviour } from '../support/misbehaviour.ts'
import { test } from '../support/story.ts'

type End = readonly [reason: string | null, errorCode?: string]

/** What becomes of a customer for whom the receiver always behaves so; all others: `invalid_response`. */
const ENDS: Partial<Record<Misbehaviour, End>> = {
  reset: ['reset'],
  close: ['reset'],
  'reset-body': ['reset'],
  hang: ['timeout'],
  'hang-body': ['timeout'],
  'drip-body': ['timeout'],
  'drip-headers': ['timeout'],
  'blank-lines': ['timeout'],
  'endless-reason': ['timeout'],
  'endless-chunk-size': ['timeout'],
  'endless-chunk-extension': ['timeout'],
  'endless-body': [null],
  gigabyte: [null],
  gzip: [null],
  'few-interims': [null],
  'two-answers': [null],
  'many-headers': [null],
  'no-content-body': [null],
  'http-1.0': [null],
  html: [null],
  'not-a-number': [null],
  'deep-arrays': [null],
  'text-of-a-number': [null],
  'byte-order-mark': ['refused', 'bom'],
  'double-keys': ['refused', 'last'],
  'control-characters': ['refused', '\u001b[2J'],
}

const SENDER_PEAK_MB = 200

function peakMbOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return 0
  }
}

describe('a receiver that misbehaves in every way it can', () => {
  test('costs nobody but the customers it misbehaves to, and no memory', { timeout: 60_000 }, async ({ tell }) => {
    const bad = MISBEHAVIOURS.map((name) => ({ customer_id: `bad-${name}` }))
    const good = Array.from({ length: 3 * bad.length }, (_, n) => ({ customer_id: `good-${n}` }))
    // One of each kind after the other, three good ones in between.
    const customers = bad.flatMap((row, n) => [...good.slice(3 * n, 3 * n + 3), row])
    const story = await tell({
      customers,
      webhook: [
        'concurrency: 8',
        'timeout: 1s',
        'retry: { delays: [70ms], jitter: 0 }',
        'abort: { exhausted: never, connection: never }',
        'response_handling: json',
        'event_properties: { whose: "{{ response.body.customer }}" }',
      ].join('\n'),
      answer: ({ customer }) => {
        const name = customer?.startsWith('bad-') ? (customer.slice(4) as Misbehaviour) : null
        return name === null ? { body: { success: true, customer } } : { misbehave: name }
      },
    })
    let peakMb = 0
    const end = await story.start({
      onProgress: (progress) => {
        story.options().onProgress?.(progress)
        peakMb = Math.max(peakMb, ...childrenOf(process.pid).map(peakMbOf))
      },
    })
    const { results } = story

    expect(end.state).toBe('finished')
    expect(results).toHaveLength(customers.length)
    for (const { customer_id: id, status, reason, attempts, message, properties, error_code: code } of results) {
      if (id.startsWith('good-')) {
        expect([id, status, JSON.parse(properties ?? '{}')]).toEqual([id, 'sent', { whose: id }])
        continue
      }
      const name = id.slice(4) as Misbehaviour
      const [expected, errorCode = null] = ENDS[name] ?? ['invalid_response']
      expect([name, reason, code]).toEqual([name, expected, errorCode])
      expect([name, status]).toEqual([name, expected === null ? 'sent' : 'failed'])
      const isRetried = expected !== null && expected !== 'refused'
      if (isRetried) expect([name, attempts]).toEqual([name, 2])
      // Words with the receiver in them, and a body and a key that never change.
      if (isRetried) expect([name, message]).toEqual([name, expect.stringMatching(/^[A-Z].{10,}: http:\/\/127/)])
      const seen = story.requestsOf(id)
      expect([name, new Set(seen.map(({ key, body }) => `${key} ${body}`)).size]).toEqual([name, 1])
      expect(properties ?? '').not.toContain('good-')
    }
    expect(peakMb).toBeGreaterThan(20)
    expect(peakMb).toBeLessThan(SENDER_PEAK_MB)
  })
})
