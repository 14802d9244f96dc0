import { describe, expect } from 'vitest'
import { selectForReplay, type ReplayFilter } from '../../src/report/report.ts'
import { NAMED_BY_ROW, STARTED_AT, test, type Run } from './fixture.ts'

function select(run: Run, filter: Partial<ReplayFilter> = {}): ReturnType<typeof selectForReplay> {
  return selectForReplay(run.paths, NAMED_BY_ROW, { newKeys: false, ...filter })
}

describe('selectForReplay', () => {
  test('takes the failed and the aborted, in audience order, and counts them first', async ({ data }) => {
    const run = await data.createRun({ customers: 6 })
    run.start({ chunk: 0, nextSeq: 4 })
    run.result(0)
    run.result(1, { status: 'failed', reason: 'exhausted' })
    run.result(2, { status: 'suppressed', reason: 'consent' })
    run.result(3, { status: 'failed', reason: 'render' })
    run.stop()
    const { rows, counts } = select(run)
    expect(counts).toStrictEqual({
      customers: 4,
      byStatus: { failed: 2, aborted: 2 },
      byReason: { exhausted: 1, render: 1, chunk_aborted: 2 },
      kept: 0,
      torn: 0,
      sentSince: 0,
    })
    const expected = [1, 3, 4, 5].map((seq) => ({ seq, kept: null }))
    expect([...rows]).toStrictEqual(expected)
    expect([...rows]).toStrictEqual(expected)
  })

  test('takes what is asked for', async ({ data }) => {
    const run = await data.createRun({ customers: 4 })
    run.start({ chunk: 0, nextSeq: 3 })
    run.result(0)
    run.result(1, { status: 'failed', reason: 'exhausted', httpStatus: 500 })
    run.result(2, { status: 'failed', reason: 'exhausted', httpStatus: 429 })
    run.stop()
    const seqs = (filter: Partial<ReplayFilter>): number[] => [...select(run, filter).rows].map(({ seq }) => seq)
    expect(seqs({ httpStatuses: [{ from: 500, to: 599 }] })).toStrictEqual([1])
    expect(seqs({ reasons: ['exhausted'], httpStatuses: null })).toStrictEqual([1, 2])
    expect(seqs({ statuses: ['sent'] })).toStrictEqual([0])
  })

  test('keeps the request of a delivery in doubt, with what its bytes were made from', async ({ data }) => {
    const run = await data.createRun({ customers: 8, chunkSize: 4 })
    run.start({ chunk: 0, nextSeq: 4 }, { chunk: 1, nextSeq: 7 })
    for (let seq = 0; seq < 4; seq++) run.result(seq)
    run.result(4, { status: 'failed', reason: 'timeout', isInDoubt: true })
    run.lend(5, 2)
    run.wait(5, { doubtAt: STARTED_AT })
    run.stop({ chunk: 1 })
    const { rows, counts } = select(run)
    const keptOf = (seq: number): object => ({
      seq,
      kept: { request_id: `${run.runId}-${seq}`, run_id: run.runId, chunk: 1, time: STARTED_AT + 1 },
    })
    // 6 was in the hands of a sender that is dead, 7 never left.
    expect([...rows]).toStrictEqual([keptOf(4), keptOf(5), keptOf(6), { seq: 7, kept: null }])
    expect(counts.kept).toBe(3)
  })

  test('gives new keys to everybody when that is wanted', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    run.start({ chunk: 0 })
    run.result(0, { status: 'failed', reason: 'timeout', isInDoubt: true })
    const { rows, counts } = select(run, { newKeys: true })
    expect([...rows]).toStrictEqual([{ seq: 0, kept: null }])
    expect(counts).toMatchObject({ customers: 1, kept: 0 })
  })

  test('keeps a request over a second replay for as long as it was not sent', async ({ data }) => {
    const first = await data.createRun({ customers: 5 })
    first.start({ chunk: 0 })
    first.result(0)
    for (const seq of [1, 2, 3]) first.result(seq, { status: 'failed', reason: 'timeout', isInDoubt: true })
    first.result(4, { status: 'failed', reason: 'refused' })
    const second = await data.replay(first, select(first).rows)
    second.start({ chunk: 0, nextSeq: 4 })
    second.result(0, { customerId: 'c-1' })
    // Answered, but no answer of now tells what became of the send before.
    second.result(1, { customerId: 'c-2', status: 'failed', reason: 'exhausted', httpStatus: 503 })
    second.result(3, { customerId: 'c-4', status: 'failed', reason: 'refused' })
    second.stop()
    expect(second.results().map(({ customer_id, request_id }) => [customer_id, request_id])).toStrictEqual([
      ['c-1', `${first.runId}-1`],
      ['c-2', `${first.runId}-2`],
      ['c-3', `${first.runId}-3`],
      ['c-4', `${second.runId}-3`],
    ])
    const kept = (seq: number): object => ({
      request_id: `${first.runId}-${seq}`,
      run_id: first.runId,
      chunk: 0,
      time: STARTED_AT,
    })
    expect([...select(second).rows]).toStrictEqual([
      { seq: 1, kept: kept(2) },
      { seq: 2, kept: kept(3) },
      { seq: 3, kept: null },
    ])
  })

  test('keeps the name of a customer who is named by row number', async ({ data }) => {
    const first = await data.createRun({ customers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
    first.start({ chunk: 0 })
    first.result(0)
    first.stop()
    const second = await data.replay(first, select(first).rows)
    second.start({ chunk: 0 })
    second.stop()
    expect(second.results().map(({ customer_id }) => customer_id)).toStrictEqual(['2', '3'])
  })
})
