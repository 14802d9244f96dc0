import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { test as it } from '../events/fixture.ts'
import type { EventsProcessConfig } from '../support/events-process.ts'

const PROCESS = fileURLToPath(new URL('../support/events-process.ts', import.meta.url))
const FIRST = { limit: 250, cursor: null, order: 'ascending' } as const

interface Publisher {
  /** What it has said that it accepted: bodies by id. */
  readonly accepted: ReadonlyMap<string, string>
  untilAccepted(count: number): Promise<void>
  kill(): Promise<void>
}

function startPublisher(config: EventsProcessConfig): Publisher {
  const child: ChildProcess = spawn(process.execPath, [PROCESS, JSON.stringify(config)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const accepted = new Map<string, string>()
  const watchers = new Set<() => void>()
  let rest = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) accepted.set(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1))
    for (const look of watchers) look()
  })
  const ended = once(child, 'close')
  return {
    accepted,
    untilAccepted: (count) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (accepted.size >= count) resolve()
        }
        watchers.add(look)
        void ended.then(() => reject(new Error(`the process ended with ${accepted.size} messages accepted`)))
        look()
      }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe('event webhooks that are killed with kill -9, again and again', () => {
  it('lose no message that they had accepted, and send none as another', async ({ on }) => {
    const receiver = await on.receiver({
      answer: ({ body }) => ({ status: body.includes('"n":7') ? 503 : 200, delayMs: 2 }),
    })
    await on.events.apps.create({ name: 'Acme', uid: 'acme', throttleRate: null, metadata: {} })
    const app = on.events.apps.get('acme')
    for (const name of ['one', 'two']) await on.endpoint(app, receiver, { url: `${receiver.url}/${name}` })
    await on.close()

    const accepted = new Map<string, string>()
    for (const kills of [60, 150, 20]) {
      const publisher = startPublisher({ folder: on.folder, port: receiver.port, app: 'acme', count: 100_000 })
      await publisher.untilAccepted(kills)
      await publisher.kill()
      for (const [id, body] of publisher.accepted) accepted.set(id, body)
    }
    await on.reopen()

    const wanted = [...accepted.keys()].flatMap((id) => [`/one ${id}`, `/two ${id}`])
    await receiver.waitUntil(() => {
      const received = new Set(receiver.requests.map(({ path, headers }) => `${path} ${headers['svix-id']}`))
      return wanted.every((one) => received.has(one))
    })
    for (const { headers, body } of receiver.requests) {
      const sent = accepted.get(headers['svix-id']!)
      // Some were accepted a moment before the kill, and nobody was told any more.
      if (sent !== undefined) expect(body).toBe(sent)
    }
    const stored = new Map<string, string>()
    for (let cursor: { id: string; isBackwards: false } | null = null; ;) {
      const { rows, isDone } = on.events.messages.list(app, { ...FIRST, cursor })
      for (const row of rows) stored.set(row.id, Buffer.from(on.events.messages.payloadOf(row)!).toString())
      if (isDone) break
      cursor = { id: rows.at(-1)!.id, isBackwards: false }
    }
    for (const [id, body] of accepted) expect(stored.get(id)).toBe(body)
  })
})
