import { writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { recordLatency } from '../../src/ledger/numbers.ts'
import { STARTED_AT, test } from './fixture.ts'

describe('readReport', () => {
  test('has the keys and the numbers of the documented object, in its order', async ({ data }) => {
    const run = await data.createRun({ customers: 4 })
    run.start({ chunk: 0, nextSeq: 4 })
    run.result(0)
    run.result(1, { status: 'failed', reason: 'exhausted', attempts: 4, httpStatus: 503 })
    run.result(2, { status: 'suppressed', reason: 'template', attempts: 0, httpStatus: null })
    run.result(3)
    run.count({
      deliveries: 3,
      attempts: 6,
      codes: { '200': 2, '503': 3, timeout: 1 },
      slowResponses: 1,
      instantRetries: 2,
      alreadyAccepted: 3,
      lowestConcurrency: 100,
      answersOverridden: { '404': 1 },
      warnings: [{ code: 'insecure_http', message: 'plain http', count: 1 }],
    })
    run.end('finished')
    const report = run.report()
    expect(JSON.stringify(report, null, 1)).toBe(
      JSON.stringify(
        {
          schema: 1,
          run_id: run.runId,
          campaign: 'welcome-sms',
          state: 'finished',
          started_at: '2026-11-22T10:00:01.000Z',
          finished_at: '2026-11-22T10:01:01.000Z',
          next_retry_at: null,
          duration_ms: 60_000,
          customers: 4,
          sent: 2,
          failed: 1,
          aborted: 0,
          suppressed: 1,
          waiting: 0,
          pending: 0,
          deliveries: 3,
          attempts: 6,
          codes: { '200': 2, '503': 3, timeout: 1 },
          failures: { exhausted: 1 },
          latency_ms: { p50: null, p95: null, p99: null, max: null },
          slow_responses: 1,
          instant_retries: 2,
          in_doubt: 0,
          already_accepted: 3,
          lowest_concurrency: 100,
          resumed: 0,
          answers_overridden: { '404': 1 },
          aborts: [],
          warnings: [{ code: 'insecure_http', message: 'plain http', count: 1 }],
        },
        null,
        1,
      ),
    )
  })

  test('gives the latency of answers', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    const { numbers } = run.ledger.run()
    for (let ms = 1; ms <= 100; ms++) recordLatency(numbers, ms)
    run.count(numbers)
    const { latency_ms: latency } = run.report()
    expect(latency.p50).toBeGreaterThanOrEqual(50)
    expect(latency.p50).toBeLessThanOrEqual(52)
    expect(latency.p99).toBeGreaterThanOrEqual(98)
    expect(latency.max).toBe(100)
  })

  test('is interrupted when it calls itself running and no process works on it', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    run.start({ chunk: 0 })
    expect(run.report({ isLocked: true })).toMatchObject({ state: 'running', duration_ms: 5000 })
    expect(run.report({ isLocked: false })).toMatchObject({ state: 'interrupted', duration_ms: null })
  })

  test('has no duration before the first start', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    expect(run.report({ isLocked: true })).toMatchObject({ started_at: null, duration_ms: null, pending: 1 })
  })

  test('counts retries and sends in doubt as waiting, and what came back unstarted as pending', async ({ data }) => {
    const run = await data.createRun({ customers: 6 })
    run.start({ chunk: 0, nextSeq: 6 })
    run.wait(0, { attempt: 2, dueAt: STARTED_AT + 9000 })
    run.wait(1, { attempt: 1, calls: 0, doubtAt: STARTED_AT, dueAt: STARTED_AT + 8000 })
    run.wait(2, { attempt: 1, calls: 0, doubtAt: null, dueAt: STARTED_AT })
    run.wait(3, { attempt: 3, isLent: true, dueAt: STARTED_AT + 1 })
    // A probe that failed used up no attempt, but a call was made.
    run.wait(4, { attempt: 1, calls: 1, dueAt: STARTED_AT + 9000 })
    expect(run.report({ isLocked: true })).toMatchObject({
      waiting: 4,
      pending: 2,
      next_retry_at: '2026-11-22T10:00:09.000Z',
    })
  })

  test('counts everybody of a stopped chunk without a final row as aborted', async ({ data }) => {
    const run = await data.createRun({ customers: 8, chunkSize: 3 })
    run.start({ chunk: 0 }, { chunk: 1 })
    run.result(0, { status: 'failed', reason: 'client_error', httpStatus: 401 })
    run.wait(1)
    run.result(3, { status: 'failed' })
    run.stop({ chunk: 0 })
    const report = run.report({ isLocked: true })
    expect(report).toMatchObject({ sent: 0, failed: 2, aborted: 2, waiting: 0, pending: 4, next_retry_at: null })
    expect(report.aborts).toStrictEqual([
      {
        rule: 'client_error',
        scope: 'chunk',
        chunk: 0,
        http_status: 401,
        at: '2026-11-22T10:00:01.200Z',
        message: `Stopped chunk 0 after the first 401 from https://sms.example.com/v1: 1 failed, 2 aborted. Fix the credentials, then \`hookcast resume ${run.runId}\`; the one that failed: \`hookcast replay ${run.runId} --status failed\`.`,
        samples: ['401: {"errors":[{"code":"who","description":"who are you"}]}'],
      },
    ])
  })

  test('counts the short last chunk by its own size', async ({ data }) => {
    const run = await data.createRun({ customers: 8, chunkSize: 3 })
    run.start({ chunk: 0 }, { chunk: 1 }, { chunk: 2 })
    run.stop({ chunk: 2 })
    expect(run.report({ isLocked: true })).toMatchObject({ aborted: 2, pending: 6 })
  })

  test('counts everybody without a final row as aborted when the webhook is stopped', async ({ data }) => {
    const run = await data.createRun({ customers: 10, chunkSize: 2 })
    run.start({ chunk: 0 })
    run.result(0, { status: 'failed', reason: 'hard_stop', httpStatus: 404 })
    run.wait(1)
    run.stop({ rule: 'hard_stop', scope: 'webhook', chunk: null, httpStatus: 404, message: 'Stopped the webhook' })
    run.end('aborted')
    const report = run.report()
    expect(report).toMatchObject({ state: 'aborted', failed: 1, aborted: 9, waiting: 0, pending: 0 })
    expect(report.aborts[0]!.message).toContain('Stopped the webhook: 1 failed, 9 aborted. Mend the URL')
  })

  test('counts everybody without a final row as aborted when the run was cancelled, and shows no way back', async ({
    data,
  }) => {
    const run = await data.createRun({ customers: 5 })
    run.start({ chunk: 0 })
    run.result(0)
    run.wait(1)
    run.stop()
    run.end('cancelled')
    const report = run.report()
    expect(report).toMatchObject({ state: 'cancelled', sent: 1, aborted: 4, waiting: 0, next_retry_at: null })
    expect(report.aborts[0]!.message).not.toContain('resume')
  })

  test('leaves out stops that a resume has lifted', async ({ data }) => {
    const run = await data.createRun({ customers: 2 })
    run.start({ chunk: 0 })
    run.stop()
    run.ledger.commit(() => {
      run.ledger.liftStops(STARTED_AT + 900)
      run.ledger.markResumed()
    })
    expect(run.report({ isLocked: true })).toMatchObject({ aborts: [], aborted: 0, pending: 2, resumed: 1 })
  })

  describe('what senders hold of a stopped chunk', () => {
    test('is not aborted yet while the run goes on', async ({ data }) => {
      const run = await data.createRun({ customers: 6 })
      run.start({ chunk: 0, nextSeq: 4 })
      run.lend(0, 4)
      run.result(0, { status: 'failed', reason: 'client_error' })
      run.wait(1)
      run.wait(4, { isLent: true })
      run.stop()
      expect(run.report({ isLocked: true })).toMatchObject({
        failed: 1,
        aborted: 2,
        waiting: 1,
        pending: 2,
        in_doubt: 0,
      })
    })

    test('is aborted and in doubt once its process is dead', async ({ data }) => {
      const run = await data.createRun({ customers: 6 })
      run.start({ chunk: 0, nextSeq: 4 })
      run.lend(0, 4)
      run.result(0, { status: 'failed', reason: 'client_error' })
      run.wait(1)
      run.wait(4, { isLent: true })
      run.stop()
      expect(run.report()).toMatchObject({ failed: 1, aborted: 5, waiting: 0, pending: 0, in_doubt: 3 })
    })
  })

  test('counts failed and aborted customers that the receiver may have', async ({ data }) => {
    const run = await data.createRun({ customers: 4 })
    run.start({ chunk: 0, nextSeq: 4 })
    run.result(0, { status: 'failed', reason: 'timeout', isInDoubt: true, httpStatus: null })
    run.wait(1, { doubtAt: STARTED_AT })
    run.wait(2)
    expect(run.report({ isLocked: true })).toMatchObject({ in_doubt: 1 })
    run.stop()
    expect(run.report({ isLocked: true })).toMatchObject({ in_doubt: 2, aborted: 3 })
  })

  test('says what is wrong with a damaged ledger', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    run.ledger[Symbol.dispose]()
    writeFileSync(run.paths.ledger, 'x'.repeat(8192))
    expect(() => run.report()).toThrow(/damaged/)
  })
})
