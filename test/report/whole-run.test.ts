import { expect } from 'vitest'
import { readReport, readResults, selectForReplay } from '../../src/report/report.ts'
import { findRun } from '../../src/ledger/run-folder.ts'
import { replayRun } from '../../src/runner/runner.ts'
import { test, type Story } from '../support/story.ts'

function reportOf(story: Story): ReturnType<typeof readReport> {
  return readReport(findRun(story.dataFolder, story.runId), { isLocked: false })
}

test('agrees with the progress of a run that was stopped in one of its chunks', async ({ tell }) => {
  const story = await tell({
    customers: 60,
    top: 'chunk_size: 20',
    webhook: 'concurrency: 4',
    answer: ({ customer }) => ({ status: customer === 'c-25' ? 403 : 200 }),
  })
  expect((await story.start()).state).toBe('aborted')
  const report = reportOf(story)
  expect(report).toMatchObject({ state: 'aborted', customers: 60, failed: 1, waiting: 0, pending: 0 })
  expect(report.aborted).toBeGreaterThan(0)
  expect(report.sent + report.failed + report.aborted).toBe(60)
  expect(report.attempts).toBe(story.receiver.count)
  expect(report.aborts).toMatchObject([{ rule: 'client_error', scope: 'chunk', chunk: 1, http_status: 403 }])
  expect(story.progress).toMatchObject({ aborted: report.aborted, isAudienceComplete: true, inFlight: 0 })
  const results = [...readResults(findRun(story.dataFolder, story.runId), { customerId: null })]
  expect(results.map(({ customer_id }) => customer_id)).toStrictEqual(Array.from({ length: 60 }, (_, i) => `c-${i}`))
  expect(results.filter(({ status }) => status === 'aborted').every(({ chunk }) => chunk === 1)).toBe(true)
})

test('replays a request in doubt with its key and its bytes, and the others with new keys', async ({ tell }) => {
  let isWell = false
  const story = await tell({
    customers: 4,
    body: '{"customer_id":"{{ customer.customer_id }}","at":{{ time }},"run":"{{ run.id }}","chunk":{{ run.chunk }},"dice":{{ range(1000) | list | random }}}',
    top: 'chunk_size: 2',
    webhook: 'retry: { delays: [] }',
    answer: ({ customer }) => {
      if (isWell || customer === 'c-0' || customer === 'c-1') return {}
      return customer === 'c-2' ? { misbehave: 'reset' } : { body: { success: false } }
    },
  })
  await story.start()
  const from = story.runId
  expect(reportOf(story)).toMatchObject({ sent: 2, failed: 2, in_doubt: 1, failures: { refused: 1, reset: 1 } })
  const { rows, counts } = selectForReplay(findRun(story.dataFolder, from), { customerId: null }, { newKeys: false })
  expect(counts).toMatchObject({ customers: 2, kept: 1 })
  isWell = true
  const { campaign, snapshot } = story.folder.load()
  story.clock.skip(3_600_000)
  const end = await replayRun({ from, campaign, snapshot, rows }, story.options())
  expect(end).toMatchObject({ state: 'finished', error: null })
  const [first, ...again] = story.requestsOf('c-2')
  expect(again).not.toHaveLength(0)
  for (const { key, body } of again) expect({ key, body }).toStrictEqual({ key: `${from}-2`, body: first!.body })
  expect(story.requestsOf('c-3').map(({ key }) => key)).toStrictEqual([`${from}-3`, `${end.runId}-1`])
  const results = [...readResults(findRun(story.dataFolder, end.runId), { customerId: null })]
  expect(results).toMatchObject([
    { customer_id: 'c-2', status: 'sent', request_id: `${from}-2`, run_id: end.runId },
    { customer_id: 'c-3', status: 'sent', request_id: `${end.runId}-1`, run_id: end.runId },
  ])
})
