import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryReport, Slice } from '../../src/campaign/delivery.ts'
import type { Alarm, Queue, QueueEvents } from '../../src/queue/queue.ts'
import type { SenderSetup } from '../../src/sender/sender.ts'
import { createReceiver, type Received, type Receiver, type Reply } from '../support/receiver.ts'

export interface QueueUnderTest {
  readonly queue: Queue
  /** Pids of the sender processes there are now. */
  pids(): readonly number[]
}

export interface QueueSuite {
  readonly name: string
  create(options: { setup: SenderSetup; senders: number; events: QueueEvents }): QueueUnderTest
  /** What an implementation cannot do, each with the reason that is printed. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[]
}

const RUN_ID = '01900000-0000-7000-8000-000000000000'

export function setupFor(url: string, clientErrorLimit: number | 'never' = 1): SenderSetup {
  const text = (text: string) => ({ text, file: 'test', line: 1 })
  return {
    definition: {
      campaign: 'queue',
      runId: RUN_ID,
      method: 'POST',
      payload: 'json',
      jsonEscape: 'auto',
      path: text('/v1/messages'),
      batch: null,
      body: text('{"customer_id":"{{ customer.id }}"}'),
      headers: [],
      eventProperties: {},
      params: {},
      project: {},
      timezone: 'UTC',
      isLegacyLoopScope: false,
    },
    kept: {},
    customerId: null,
    origin: url,
    authorization: null,
    secretHeaders: [],
    secrets: [],
    idempotencyHeader: 'Idempotency-Key',
    userAgent: 'hookcast/test',
    isTest: false,
    isRehearsal: false,
    timeoutMs: 10_000,
    concurrency: 100,
    ca: null,
    network: { allow: [], isLoopbackAllowed: true },
    egress: null,
    responseHandling: 'json',
    response: { success: '/success', code: '/errors/0/code', message: '/errors/0/description' },
    answers: {},
    conflict: 'accepted',
    clientErrorLimit,
    events: null,
  }
}

export function sliceOf(
  id: number,
  { firstSeq, count, chunk = 0 }: { firstSeq: number; count: number; chunk?: number },
): Slice {
  const rows = Array.from({ length: count }, (_, i) => `{"id":"c-${firstSeq + i}"}\n`)
  const lines = new TextEncoder().encode(rows.join(''))
  return {
    id,
    chunk,
    chunkStartedAt: 0,
    firstSeq,
    count,
    lines,
    notes: null,
    batches: null,
    clientErrors: 0,
    isCareful: false,
  }
}

export class Journal implements QueueEvents {
  readonly reports: DeliveryReport[] = []
  readonly started: number[] = []
  readonly ended = new Map<number, readonly number[]>()
  readonly lost: number[] = []
  readonly alarms: Alarm[] = []
  readonly troubles: Error[] = []
  readonly #waiting = new Set<() => void>()

  onReports(_: number, reports: readonly DeliveryReport[]): void {
    this.reports.push(...reports)
    this.#look()
  }

  onSliceStarted(id: number): void {
    this.started.push(id)
    this.#look()
  }

  onSliceEnded(id: number, notStarted: readonly number[]): void {
    this.ended.set(id, notStarted)
    this.#look()
  }

  onSliceLost(id: number): void {
    this.lost.push(id)
    this.#look()
  }

  onAlarm(alarm: Alarm): void {
    this.alarms.push(alarm)
    this.#look()
  }

  onRoom(): void {
    this.#look()
  }

  onInFlight(): void {
    this.#look()
  }

  onTrouble(error: Error): void {
    this.troubles.push(error)
    this.#look()
  }

  /** Resolves when `condition` holds, looked at on every event. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  #look(): void {
    for (const look of this.#waiting) look()
  }
}

/** The contract of `Queue`, for every implementation. */
export function describeQueue({ name, create, skip = [] }: QueueSuite): void {
  describe(`${name} queue`, () => {
    let answer: (request: Received, n: number) => Reply | Promise<Reply> = () => ({})
    let receiver: Receiver
    let journal: Journal
    let open: QueueUnderTest | null = null

    const start = async (
      senders: number,
      gate: number,
      clientErrorLimit?: number | 'never',
    ): Promise<QueueUnderTest> => {
      open = create({ setup: setupFor(receiver.url, clientErrorLimit), senders, events: journal })
      await open.queue.start()
      open.queue.setGate({ concurrency: gate, starts: null, perSecond: null, round: 0 })
      const { queue } = open
      await journal.until(() => queue.room() >= (gate >= senders ? senders : 1) * 2)
      return open
    }
    const test = (what: string, body: (context: { skip(note: string): void }) => Promise<void>): void =>
      it(what, async (context) => {
        const gap = skip.find(({ test }) => test === what)
        if (gap !== undefined) context.skip(gap.reason)
        await body(context)
      })

    beforeEach(async () => {
      answer = () => ({})
      receiver = await createReceiver({ answer: (request, n) => answer(request, n) })
      journal = new Journal()
      open = null
    })

    afterEach(async () => {
      const pids = open?.pids() ?? []
      await open?.queue[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
    })

    test('reports every row of a slice once, then its end', async () => {
      const { queue } = await start(2, 10)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 50 }))
      queue.lend(sliceOf(2, { firstSeq: 50, count: 30 }))
      await journal.until(() => journal.ended.size === 2)
      expect(journal.reports.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual([...Array(80).keys()])
      expect(journal.reports.every(({ verdict }) => verdict.kind === 'called' && verdict.outcome.kind === 'sent')).toBe(
        true,
      )
      expect([...journal.ended.values()]).toEqual([[], []])
      expect(new Set(journal.started)).toEqual(new Set([1, 2]))
    })

    test('never has more calls in flight than its gate allows', async () => {
      // Answered once there are as many as there may be: one sender may be far behind the other.
      const isFull = Promise.withResolvers<void>()
      answer = async () => {
        if (receiver.inFlight >= 7) isFull.resolve()
        await isFull.promise
        return { delayMs: 5 }
      }
      const { queue } = await start(2, 7)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 60 }))
      queue.lend(sliceOf(2, { firstSeq: 60, count: 60 }))
      await journal.until(() => journal.ended.size === 2)
      expect(receiver.maxInFlight).toBe(7)
    })

    test('tells how many calls are in flight while no answer comes', async () => {
      answer = () => ({ misbehave: 'hang' })
      const { queue } = await start(2, 7)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 3 }))
      await journal.until(() => queue.inFlight() === 3)
    })

    test('keeps to the ceiling while it is lowered and raised', async () => {
      answer = () => ({ delayMs: 3 })
      const { queue } = await start(2, 8)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 150 }))
      queue.lend(sliceOf(2, { firstSeq: 150, count: 150 }))
      let round = 0
      for (const concurrency of [2, 8, 1, 8, 3, 8]) {
        const reported = journal.reports.length
        queue.setGate({ concurrency, starts: null, perSecond: null, round: ++round })
        await journal.until(() => journal.reports.length >= reported + 20)
      }
      await journal.until(() => journal.ended.size === 2)
      expect(receiver.maxInFlight).toBeLessThanOrEqual(8)
      expect(receiver.count).toBe(300)
    })

    test('sends one call after the other with a gate of one, in order', async () => {
      const { queue } = await start(2, 1)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 20 }))
      queue.lend(sliceOf(2, { firstSeq: 20, count: 20 }))
      await journal.until(() => journal.ended.size === 2)
      expect(receiver.maxInFlight).toBe(1)
      expect(receiver.requests.map(({ body }) => JSON.parse(body).customer_id)).toEqual(
        Array.from({ length: 40 }, (_, i) => `c-${i}`),
      )
    })

    test('starts nothing with a gate of none, and one call with a single start', async () => {
      const { queue } = await start(2, 0)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 10 }))
      queue.setGate({ concurrency: 1, starts: 1, perSecond: null, round: 1 })
      await journal.until(() => journal.reports.length === 1)
      queue.setGate({ concurrency: 1, starts: 1, perSecond: null, round: 2 })
      await journal.until(() => journal.reports.length === 2)
      expect(receiver.count).toBe(2)
      queue.setGate({ concurrency: 5, starts: null, perSecond: null, round: 3 })
      await journal.until(() => journal.ended.size === 1)
      expect(receiver.count).toBe(10)
    })

    test('acknowledges a stop, starts nothing after it, and lists what was not started', async () => {
      answer = () => ({ delayMs: 5 })
      const { queue } = await start(2, 4)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 200 }))
      queue.lend(sliceOf(2, { firstSeq: 200, count: 200 }))
      await receiver.waitFor(20)
      await queue.stop('all')
      await journal.until(() => journal.ended.size === 2)
      const notStarted = [...journal.ended.values()].flat()
      expect(notStarted.length + journal.reports.length).toBe(400)
      expect(receiver.count).toBe(journal.reports.length)
    })

    test('lets nothing arrive after a stop but what was in flight at the notice', async () => {
      const released = Promise.withResolvers<void>()
      const refusedAt = 30
      // Once there is something to tell of, every other call waits: whatever arrives then has been started in spite of it.
      answer = async (_, n) => {
        if (n === refusedAt) return { status: 401 }
        if (n > refusedAt) await released.promise
        return { delayMs: 5 }
      }
      const gate = 8
      const { queue } = await start(2, gate)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 100 }))
      queue.lend(sliceOf(2, { firstSeq: 100, count: 100 }))
      await journal.until(() => journal.alarms.length === 1)
      await queue.stop({ chunk: 0 })
      released.resolve()
      await journal.until(() => journal.ended.size === 2)
      expect(receiver.count).toBeLessThanOrEqual(refusedAt + gate)
      expect(journal.reports).toHaveLength(receiver.count)
      expect([...journal.ended.values()].flat()).toHaveLength(200 - receiver.count)
    })

    test('stops one chunk and goes on with the other', async () => {
      answer = () => ({ delayMs: 5 })
      const { queue } = await start(1, 4)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 100 }))
      queue.lend(sliceOf(2, { firstSeq: 100, count: 20, chunk: 1 }))
      await receiver.waitFor(10)
      await queue.stop({ chunk: 0 })
      await journal.until(() => journal.ended.size === 2)
      expect(journal.ended.get(1)?.length).toBeGreaterThan(50)
      expect(journal.ended.get(2)).toEqual([])
    })

    test('raises an alarm at an answer that stops, and starts no more of it until told', async () => {
      answer = ({ body }) => ({ status: body.includes('"c-5"') ? 401 : 200 })
      const { queue } = await start(1, 1)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 10 }))
      await journal.until(() => journal.alarms.length === 1)
      expect(journal.alarms).toEqual([{ kind: 'chunk', chunk: 0 }])
      expect(receiver.count).toBe(6)
      queue.lend(sliceOf(2, { firstSeq: 10, count: 5 }))
      queue.dismissAlarm()
      await journal.until(() => journal.ended.size === 2)
      expect(receiver.count).toBe(15)
    })

    test('hands back as lost what a dead sender held, and goes on with another', async () => {
      answer = (_, n) => ({ delayMs: n < 10 ? 60_000 : 0 })
      const { queue, pids } = await start(1, 10)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 40 }))
      await receiver.waitFor(10)
      process.kill(pids()[0]!, 'SIGKILL')
      await journal.until(() => journal.lost.length === 1)
      expect(journal.lost).toEqual([1])
      await journal.until(() => queue.room() > 0)
      queue.lend(sliceOf(2, { firstSeq: 0, count: 40 }))
      await journal.until(() => journal.ended.has(2))
      expect(journal.reports).toHaveLength(40)
    })

    test('ends a sender that has fallen silent, and takes another', async () => {
      answer = () => ({ delayMs: 60_000 })
      const { queue, pids } = await start(1, 5)
      queue.lend(sliceOf(1, { firstSeq: 0, count: 5 }))
      await receiver.waitFor(5)
      const [pid = 0] = pids()
      process.kill(pid, 'SIGSTOP')
      await journal.until(() => journal.lost.length === 1)
      expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
      await journal.until(() => queue.room() > 0)
    })

    test('keeps to a rate', async () => {
      // No more of them can bunch up on a busy machine than may be in flight.
      const { queue } = await start(1, 4)
      queue.setGate({ concurrency: 4, starts: null, perSecond: 40, round: 1 })
      queue.lend(sliceOf(1, { firstSeq: 0, count: 60 }))
      await journal.until(() => journal.ended.size === 1)
      const times = receiver.requests.map(({ at }) => at)
      // Over any second there are at most the rate and what its bucket holds (and those that bunch up).
      for (const from of times) {
        expect(times.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(40 + 4 + 4)
      }
    })
  })
}
