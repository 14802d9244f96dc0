import { describe, expect, it } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { LOG_LINES, METRICS, Telemetry, type EndedAttempt, type TelemetryOptions } from '../src/telemetry.ts'

interface Written {
  readonly telemetry: Telemetry
  readonly lines: Record<string, unknown>[]
}

function createTelemetry(attempts: TelemetryOptions['attempts'] = 'failed'): Written {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) }
  const clock = { ...systemClock, now: () => Date.UTC(2026, 10, 22) }
  return { telemetry: new Telemetry({ clock, version: '1.2.3', attempts, destination }), lines }
}

const run = { runId: '01a20446', campaign: 'spring' }
const sent: EndedAttempt = {
  chunk: 0,
  seq: 16,
  attempt: 1,
  outcome: 'sent',
  reason: null,
  httpStatus: 200,
  code: '200',
  latencyMs: 12.4,
  isInDoubt: false,
}
const timeout: EndedAttempt = {
  ...sent,
  outcome: 'retry',
  reason: 'timeout',
  httpStatus: null,
  code: 'timeout',
  isInDoubt: true,
}

describe('a log line', () => {
  it('has its name as message, the time of the clock, and nothing that is not listed', () => {
    const { telemetry, lines } = createTelemetry()
    const known = { run_id: run.runId, campaign: 'spring', is_resumed: false }
    const careless = { ...known, customer_id: 'canary', password: 'canary' }
    telemetry.log('run.started', careless)
    expect(lines).toEqual([{ level: 'info', time: '2026-11-22T00:00:00.000Z', ...known, msg: 'run.started' }])
  })

  it('has no field for what a customer or a receiver has written', () => {
    const fields = Object.values(LOG_LINES).flatMap(({ fields }): readonly string[] => fields)
    for (const field of ['customer_id', 'body', 'error_code', 'properties', 'url', 'token']) {
      expect(fields).not.toContain(field)
    }
  })
})

describe('the line of an attempt', () => {
  it.each([
    ['failed', [timeout]],
    ['all', [sent, timeout]],
    ['none', []],
  ] as const)('is written for log.attempts: %s as it says', (attempts, expected) => {
    const { telemetry, lines } = createTelemetry(attempts)
    telemetry.attemptEnded(run, sent)
    telemetry.attemptEnded(run, timeout)
    expect(lines.map(({ msg, outcome, code }) => ({ msg, outcome, code }))).toEqual(
      expected.map(({ outcome, code }) => ({ msg: 'attempt.ended', outcome, code })),
    )
  })
})

describe('the metrics', () => {
  it('count attempts by campaign and code, and how long answers take', async () => {
    const { telemetry } = createTelemetry('none')
    telemetry.attemptEnded(run, sent)
    telemetry.attemptEnded(run, sent)
    telemetry.attemptEnded(run, timeout)
    const { text, contentType } = await telemetry.exposition()
    expect(contentType).toMatch(/^text\/plain/)
    expect(text).toContain('hookcast_attempts_total{campaign="spring",code="200"} 2')
    expect(text).toContain('hookcast_attempts_total{campaign="spring",code="timeout"} 1')
    expect(text).toContain('hookcast_attempt_duration_seconds_bucket{le="0.025",campaign="spring"} 2')
    expect(text).toContain('hookcast_info{version="1.2.3"} 1')
  })

  it('are all there from the beginning, with those of the process', async () => {
    const { text } = await createTelemetry().telemetry.exposition()
    const named = Array.from(text.matchAll(/^# TYPE (\w+) (\w+)$/gm), ([, name = '', kind]) => [name, kind] as const)
    expect(Object.fromEntries(named.filter(([name]) => name.startsWith('hookcast_')))).toEqual(
      Object.fromEntries(Object.entries(METRICS).map(([name, { kind }]) => [name, kind])),
    )
    expect(text).toContain('process_cpu_seconds_total')
  })

  it('ask for what is known only when they are read', async () => {
    const { telemetry } = createTelemetry()
    let waiting = 0
    telemetry.onCollect(() => telemetry.set('hookcast_notices_waiting', waiting, {}))
    waiting = 3
    expect((await telemetry.exposition()).text).toContain('hookcast_notices_waiting 3')
    telemetry.reset('hookcast_notices_waiting')
    waiting = 0
    expect((await telemetry.exposition()).text).toContain('hookcast_notices_waiting 0')
  })
})
