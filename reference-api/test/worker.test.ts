import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog } from '../src/log.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import type { Store } from '../src/store/store.ts'
import { Worker } from '../src/worker.ts'
import type { Perform } from '../src/worker.ts'

interface Scene {
  readonly store: Store
  readonly worker: Worker
  readonly lines: string[]
}

function start(perform: Perform, waitsMs: readonly number[] = [10, 10]): Scene {
  const store: Store = new MemoryStore({ ttlMs: 60_000, keys: 10, queue: 1000 })
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const worker = new Worker({ store, perform, log, concurrency: 4, waitsMs })
  worker.start()
  return { store, worker, lines }
}

async function hand({ store }: Scene, count: number): Promise<void> {
  const work = Array.from({ length: count }, (_, index) => ({ kind: 'message', id: `m-${index}`, payload: {} }))
  assert.equal(await store.settle(null, { status: 200, text: '' }, work), 'kept')
}

async function emptied({ store }: Scene): Promise<void> {
  while ((await store.size()).queued > 0) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('Worker', () => {
  it('does each piece of work once, no more than so many at a time', async () => {
    const done: string[] = []
    let inHand = 0
    let most = 0
    const scene = start(async ({ id }) => {
      most = Math.max(most, (inHand += 1))
      await new Promise((resolve) => setImmediate(resolve))
      inHand -= 1
      done.push(id)
    })
    await hand(scene, 500)
    await emptied(scene)
    assert.equal(new Set(done).size, 500)
    assert.equal(done.length, 500)
    assert.equal(most, 4)
    scene.store.endQueue()
    await scene.worker.ended()
  })

  it('does failed work again, until it succeeds', async () => {
    const attempts: number[] = []
    const scene = start((_work, attempt) => {
      attempts.push(attempt)
      return attempt < 3 ? Promise.reject(new TypeError('canary-data')) : Promise.resolve()
    })
    await hand(scene, 1)
    await emptied(scene)
    assert.deepEqual(attempts, [1, 2, 3])
    assert.doesNotMatch(scene.lines.join(), /canary/)
    scene.store.endQueue()
    await scene.worker.ended()
  })

  it('buries work that fails to the end, says so, and goes on', async () => {
    const scene = start(({ id }) => (id === 'm-0' ? Promise.reject(new TypeError()) : Promise.resolve()))
    await hand(scene, 3)
    await emptied(scene)
    const events = scene.lines.map((line) => JSON.parse(line) as { event: string; attempt: number })
    assert.deepEqual(
      events.map(({ event, attempt }) => [event, attempt]),
      [
        ['work.postponed', 1],
        ['work.postponed', 2],
        ['work.buried', 3],
      ],
    )
    scene.store.endQueue()
    await scene.worker.ended()
  })

  it('counts work that was postponed when the process ends as lost', async () => {
    const scene = start(() => Promise.reject(new Error()), [60_000])
    await hand(scene, 1)
    while (scene.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    scene.store.endQueue()
    await scene.worker.ended()
    assert.match(scene.lines.at(-1) ?? '', /work\.buried/)
    assert.equal(scene.store.lostOnExit(), 0)
  })
})
