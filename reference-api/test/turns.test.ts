import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PER_TURN, Turns } from '../src/turns.ts'

describe('Turns', () => {
  it('serves so many requests in one turn of the event loop, and the others in the next ones, in their order', async () => {
    const turns = new Turns()
    const served: number[] = []
    const serve = async (request: number): Promise<void> => {
      if (!turns.take()) await turns.next()
      served.push(request)
    }
    const count = 3 * PER_TURN + 1
    const all = Promise.all(Array.from({ length: count }, (_, request) => serve(request)))
    for (const expected of [1, 2, 3].map((each) => each * PER_TURN)) {
      assert.equal(served.length, expected)
      await turn()
    }
    await all
    assert.deepEqual(
      served,
      Array.from({ length: count }, (_, request) => request),
    )
  })

  it('lets nobody in before those who wait already', async () => {
    const turns = new Turns()
    while (turns.take());
    const waiting = turns.next()
    assert.equal(turns.take(), false)
    await waiting
    await turn()
    assert.equal(turns.take(), true)
  })
})
