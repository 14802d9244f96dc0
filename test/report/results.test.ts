import { describe, expect } from 'vitest'
import { STARTED_AT, test } from './fixture.ts'

describe('readResults', () => {
  test('gives one documented object a customer, keys in order', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    run.start({ chunk: 0 })
    run.result(0, {
      status: 'failed',
      reason: 'exhausted',
      attempts: 4,
      httpStatus: 503,
      errorCode: 'busy',
      message: 'come back later',
      resultCode: 'r',
      resultStatus: 's',
      latencyMs: 12,
      properties: '{"channel":"sms"}',
    })
    expect(run.results().map((record) => JSON.stringify(record, null, 1))).toStrictEqual([
      JSON.stringify(
        {
          customer_id: 'c-0',
          status: 'failed',
          reason: 'exhausted',
          run_id: run.runId,
          campaign: 'welcome-sms',
          chunk: 0,
          seq: 0,
          request_id: `${run.runId}-0`,
          attempts: 4,
          http_status: 503,
          error_code: 'busy',
          message: 'come back later',
          result_code: 'r',
          result_status: 's',
          in_doubt: false,
          abort_rule: null,
          latency_ms: 12,
          batch_size: 1,
          occurred_at: '2026-11-22T10:00:01.100Z',
          properties: { channel: 'sms' },
        },
        null,
        1,
      ),
    ])
  })

  test('gives final results only, in audience order', async ({ data }) => {
    const run = await data.createRun({ customers: 6, chunkSize: 2 })
    run.start({ chunk: 0 }, { chunk: 1 }, { chunk: 2 })
    run.result(5)
    run.result(0)
    run.result(3)
    run.wait(1)
    expect(run.results().map(({ seq, chunk }) => [seq, chunk])).toStrictEqual([
      [0, 0],
      [3, 1],
      [5, 2],
    ])
  })

  test('names aborted customers from the spool, with the rule and the last answer', async ({ data }) => {
    const people = [{ customer_id: 'Žofie' }, { id: 17 }, { name: 'no id' }, { customer_id: 'c-3' }]
    const run = await data.createRun({ customers: people })
    run.start({ chunk: 0, nextSeq: 2 })
    run.wait(1, { calls: 2, attempt: 3, httpStatus: 503, message: 'busy', doubtAt: STARTED_AT })
    run.result(3)
    run.stop()
    run.end('aborted')
    expect(run.results()).toMatchObject([
      {
        customer_id: 'Žofie',
        status: 'aborted',
        reason: 'chunk_aborted',
        abort_rule: 'client_error',
        request_id: `${run.runId}-0`,
        attempts: 0,
        http_status: null,
        message: null,
        in_doubt: false,
        occurred_at: '2026-11-22T10:00:01.200Z',
        properties: {},
      },
      { customer_id: '17', attempts: 2, http_status: 503, message: 'busy', in_doubt: true },
      { customer_id: '3', seq: 2 },
      { customer_id: 'c-3', status: 'sent', abort_rule: null },
    ])
  })

  test("tells the webhook's stop and a cancellation apart from the chunk's own stop", async ({ data }) => {
    const run = await data.createRun({ customers: 4, chunkSize: 2 })
    run.start({ chunk: 0 }, { chunk: 1 })
    run.stop()
    run.end('cancelled')
    expect(run.results().map(({ reason, abort_rule }) => [reason, abort_rule])).toStrictEqual([
      ['chunk_aborted', 'client_error'],
      ['chunk_aborted', 'client_error'],
      ['cancelled', null],
      ['cancelled', null],
    ])
    run.stop({ rule: 'hard_stop', scope: 'webhook', chunk: null })
    expect(run.results().map(({ reason, abort_rule }) => [reason, abort_rule])).toStrictEqual([
      ['chunk_aborted', 'client_error'],
      ['chunk_aborted', 'client_error'],
      ['webhook_aborted', 'hard_stop'],
      ['webhook_aborted', 'hard_stop'],
    ])
  })

  test('holds what a dead sender had in its hands for in doubt', async ({ data }) => {
    const run = await data.createRun({ customers: 4 })
    run.start({ chunk: 0, nextSeq: 3 })
    run.lend(0, 3)
    run.result(0, { status: 'failed', reason: 'client_error' })
    run.wait(1, { isLent: true })
    run.stop()
    expect(run.results({ statuses: ['aborted'] }).map(({ seq, in_doubt }) => [seq, in_doubt])).toStrictEqual([
      [1, true],
      [2, true],
      [3, false],
    ])
  })

  test('takes the statuses, reasons and last answers that are asked for', async ({ data }) => {
    const run = await data.createRun({ customers: 5 })
    run.start({ chunk: 0, nextSeq: 5 })
    run.result(0)
    run.result(1, { status: 'failed', reason: 'exhausted', httpStatus: 503 })
    run.result(2, { status: 'failed', reason: 'timeout', httpStatus: null })
    run.result(3, { status: 'suppressed', reason: 'template', httpStatus: null })
    run.stop()
    const seqs = (filter: Parameters<typeof run.results>[0]): number[] => run.results(filter).map(({ seq }) => seq)
    expect(seqs({ statuses: ['failed'] })).toStrictEqual([1, 2])
    expect(seqs({ statuses: ['aborted', 'suppressed'] })).toStrictEqual([3, 4])
    expect(seqs({ reasons: ['timeout', 'chunk_aborted'] })).toStrictEqual([2, 4])
    expect(seqs({ httpStatuses: [{ from: 500, to: 599 }] })).toStrictEqual([1])
    expect(seqs({ httpStatuses: [{ from: 200, to: 200 }], statuses: null, reasons: null })).toStrictEqual([0])
  })

  test('goes over page borders and chunk borders alike', async ({ data }) => {
    const run = await data.createRun({ customers: 2500, chunkSize: 700 })
    run.start({ chunk: 0 }, { chunk: 1 }, { chunk: 2 }, { chunk: 3, nextSeq: 2500 })
    run.ledger.commit(() => {
      for (let seq = 0; seq < 2500; seq += 2) {
        run.ledger.putResult({
          chunk: Math.floor(seq / 700),
          seq,
          customerId: `c-${seq}`,
          status: 'sent',
          reason: null,
          attempts: 1,
          httpStatus: 200,
          errorCode: null,
          resultCode: null,
          resultStatus: null,
          message: null,
          isInDoubt: false,
          latencyMs: 1,
          occurredAt: STARTED_AT,
          properties: null,
        })
      }
    })
    run.stop({ scope: 'webhook', chunk: null })
    const records = run.results()
    expect(records.map(({ seq }) => seq)).toStrictEqual(Array.from({ length: 2500 }, (_, seq) => seq))
    expect(
      records.every(
        ({ customer_id, seq, status }) => customer_id === `c-${seq}` && (seq % 2 === 0) === (status === 'sent'),
      ),
    ).toBe(true)
  })

  test('keeps a spool that still grows readable as far as the ledger knows it', async ({ data }) => {
    const run = await data.createRun({ customers: 3 })
    run.start({ chunk: 0 })
    run.ledger.commit(() => run.ledger.saveAudience(2, false))
    run.stop()
    expect(run.results().map(({ customer_id }) => customer_id)).toStrictEqual(['c-0', 'c-1'])
  })
})
