import { describe, expect } from 'vitest'
import { test } from '../support/story.ts'

describe('a stop', () => {
  test('starts nothing after the notice with 200 in flight', async ({ tell }) => {
    const story = await tell({
      customers: 5000,
      webhook: 'concurrency: 200',
      answer: (_, n) => (n === 1000 ? { status: 401 } : { delayMs: 5 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    const { sent, failed } = story.numbers
    expect(failed).toBe(1)
    expect(sent + failed).toBe(story.receiver.count)
    expect(story.receiver.count).toBeLessThan(5000)
    expect(story.stops).toMatchObject([{ rule: 'client_error', scope: 'chunk', chunk: 0, http_status: 401 }])
    // What was in flight is recorded as what it was; everyone else has no row, and none is sent to.
    expect(story.results).toHaveLength(sent + failed)
  })

  test('of a chunk lets the next chunk go on', async ({ tell }) => {
    const story = await tell({
      customers: 30,
      top: 'chunk_size: 10',
      webhook: 'concurrency: 1',
      answer: ({ customer }) => ({ status: customer === 'c-12' ? 403 : 200 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.receiver.requests.map(({ customer }) => customer)).toEqual(
      [...Array(13).keys(), ...Array.from({ length: 10 }, (_, i) => i + 20)].map((i) => `c-${i}`),
    )
  })

  test('of the webhook ends every chunk', async ({ tell }) => {
    const story = await tell({
      customers: 30,
      top: 'chunk_size: 10',
      webhook: 'concurrency: 1',
      answer: ({ customer }) => ({ status: customer === 'c-12' ? 404 : 200 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.receiver.count).toBe(13)
    expect(story.stops).toMatchObject([{ rule: 'hard_stop', scope: 'webhook', http_status: 404 }])
  })

  test('comes with the third client error when the campaign allows two', async ({ tell }) => {
    const story = await tell({
      customers: 20,
      webhook: 'concurrency: 1\nabort: { client_error: 3 }',
      answer: (_, n) => ({ status: n % 2 === 1 ? 422 : 200 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.receiver.count).toBe(6)
  })

  test('never comes when the campaign says never', async ({ tell }) => {
    const story = await tell({
      customers: 20,
      webhook: 'concurrency: 1\nabort: { client_error: never }',
      answer: () => ({ status: 422 }),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ failed: 20, failures: { client_error: 20 } })
  })

  test('comes after three chunks that the same rule stopped', async ({ tell }) => {
    const story = await tell({
      customers: 50,
      top: 'chunk_size: 10',
      webhook: 'concurrency: 1',
      answer: () => ({ status: 401 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.receiver.count).toBe(3)
    expect(story.stops.map(({ rule }) => rule)).toEqual(['client_error', 'client_error', 'client_error', 'chunks'])
  })

  test('leaves those who wait for a retry without another try', async ({ tell }) => {
    const story = await tell({
      customers: 10,
      webhook: 'concurrency: 1',
      answer: (_, n) => ({ status: n < 3 ? 500 : n === 3 ? 401 : 200 }),
    })
    story.skipsWaits = false
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.receiver.count).toBe(4)
    expect(story.waiting.filter(({ calls }) => calls === 1)).toHaveLength(3)
  })

  test('is lifted by a resume: whoever has no final row goes on, with the same keys', async ({ tell }) => {
    let isMended = false
    const story = await tell({
      customers: 1000,
      answer: ({ customer }) => ({ status: !isMended && customer === 'c-100' ? 401 : 200, delayMs: 2 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    isMended = true
    expect(await story.resume()).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 999, failed: 1 })
    expect(story.receiver.count).toBe(1000)
    expect(story.results).toHaveLength(1000)
  })

  test('comes when nobody answers for as long as the campaign says', async ({ tell }) => {
    const story = await tell({ customers: 100, webhook: 'abort: { connection: 5m }' })
    await story.receiver.stop()
    story.skipsWaits = false
    // Minutes pass in seconds; the calls themselves take their real time.
    const rush = setInterval(() => story.clock.skip(1000), 20)
    const ending = await story.start()
    clearInterval(rush)
    expect(ending).toMatchObject({ state: 'aborted' })
    expect(story.stops).toMatchObject([{ rule: 'connection', scope: 'webhook' }])
    // Failed probes use up no attempt: nobody ran out of them.
    expect(story.numbers.failed).toBe(0)
  })
})
