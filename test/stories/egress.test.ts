import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Settings } from '../../src/campaign/settings.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import { createProxy } from '../support/proxy.ts'
import type { Reply } from '../support/receiver.ts'
import { test } from '../support/story.ts'

const POOL = { kind: 'addresses', addresses: ['127.0.0.2', '127.0.0.3'], line: 1 } as const

function settingsWith(egress: Settings['egress']): Settings {
  return { ...plainSettings, egress }
}

const twoAddresses = settingsWith({ static: { ...POOL, name: 'static', concurrency: 200 } })

function viaProxy(text: string): Settings {
  const proxy = { text, file: 'hookcast.yaml', line: 2 }
  return settingsWith({ static: { name: 'static', kind: 'proxy', proxy, concurrency: 200, line: 1 } })
}

/** Every byte of every file below a folder. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

describe('a run over static IPs', () => {
  test('leaves from the addresses of its pool in turn', async ({ tell }) => {
    const story = await tell({ customers: 12, webhook: 'static_ips: true\nconcurrency: 1' })
    expect(await story.start({ settings: twoAddresses })).toMatchObject({ state: 'finished' })

    const turns = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? '127.0.0.2' : '127.0.0.3'))
    expect(story.receiver.requests.map(({ from }) => from)).toEqual(turns)
    expect(story.receiver.connections).toBe(2)
  })

  test('uses each address about equally with many calls at once, and never more calls than it may', async ({
    tell,
  }) => {
    const story = await tell({ customers: 400, webhook: 'static_ips: true\nconcurrency: 20' })
    expect(await story.start({ settings: twoAddresses })).toMatchObject({ state: 'finished' })

    const second = story.receiver.requests.filter(({ from }) => from === '127.0.0.3').length
    expect(story.receiver.count).toBe(400)
    expect(second).toBeGreaterThan(100)
    expect(second).toBeLessThan(300)
    expect(story.receiver.maxInFlight).toBeLessThanOrEqual(20)
  })

  test('keeps to the ceiling of its pool', async ({ tell }) => {
    const story = await tell({
      customers: 60,
      webhook: 'static_ips: narrow\nconcurrency: 50',
      answer: () => ({ delayMs: 10 }),
    })
    const settings = settingsWith({ narrow: { ...POOL, name: 'narrow', concurrency: 3 } })
    expect(await story.start({ settings })).toMatchObject({ state: 'finished' })
    expect(story.receiver.maxInFlight).toBe(3)
    expect(story.numbers.sent).toBe(60)
  })

  test('goes through a proxy whose credentials nobody else sees', async ({ tell }) => {
    const password = 'canary-p@ss/w:rd'
    await using proxy = await createProxy({ credentials: `out:${password}` })
    const env = { PROXY_PASSWORD: password }
    const story = await tell({
      customers: 20,
      webhook: 'static_ips: true\nconcurrency: 2',
      env,
      answer: ({ headers }) => ({ status: 422, body: { errors: [{ code: 1, description: JSON.stringify(headers) }] } }),
    })
    const settings = viaProxy(`http://out:\${PROXY_PASSWORD}@${proxy.place}`)
    expect(await story.start({ settings })).toMatchObject({ state: 'aborted' })
    expect(proxy.asked.length).toBeGreaterThan(0)
    expect(proxy.asked.length).toBeLessThanOrEqual(2)
    const token = Buffer.from(`out:${password}`).toString('base64')
    const seen = everything(story.dataFolder) + JSON.stringify(story.receiver.requests)
    expect(seen).toContain('"errors"')
    for (const secret of [password, encodeURIComponent(password), token]) expect(seen).not.toContain(secret)
    expect(seen.toLowerCase()).not.toContain('proxy-authorization')
  })

  test('is stopped by a proxy that refuses, and can be resumed when it no longer does', async ({ tell }) => {
    let isOpen = false
    await using proxy = await createProxy({
      answer: () => (isOpen ? null : 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'),
    })
    const story = await tell({ customers: 10, webhook: 'static_ips: true\nconcurrency: 1' })
    const settings = viaProxy(`http://${proxy.place}`)
    expect(await story.start({ settings })).toMatchObject({ state: 'aborted' })
    expect(story.results).toMatchObject([{ status: 'failed', reason: 'proxy', http_status: null }])
    expect(story.results[0]?.message).toBe(`Egress proxy refuses, it does not allow this receiver (403): ${proxy.url}`)
    expect(story.stops).toMatchObject([{ rule: 'proxy' }])
    expect(story.numbers.codes).toEqual({ proxy: 1 })
    expect(story.receiver.count).toBe(0)

    isOpen = true
    await story.resume({ settings })
    expect(story.receiver.count).toBe(9)
  })

  test('waits for a proxy that cannot reach the receiver just now', async ({ tell }) => {
    await using proxy = await createProxy({ answer: (_asked, n) => (n < 2 ? 'HTTP/1.1 503 Busy\r\n\r\n' : null) })
    const story = await tell({ customers: 3, webhook: 'static_ips: true\nconcurrency: 1' })
    expect(await story.start({ settings: viaProxy(`http://${proxy.place}`) })).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 3, failed: 0 })
    expect(story.numbers.codes).toMatchObject({ connect: 2, 200: 3 })
  })
})

describe('two runs at once', () => {
  test('over one pool share its ceiling', async ({ tell }) => {
    let inFlight = 0
    let most = 0
    const answer = async (): Promise<Reply> => {
      most = Math.max(most, ++inFlight)
      await new Promise((resolve) => setTimeout(resolve, 15))
      inFlight--
      return {}
    }
    const settings = settingsWith({ static: { ...POOL, name: 'static', concurrency: 6 } })
    const setup = { customers: 150, webhook: 'static_ips: true\nconcurrency: 50', senders: 1, answer }
    const [first, second] = [await tell(setup), await tell(setup)]
    const { dataFolder } = first
    const ends = await Promise.all([first.start({ settings }), second.start({ settings, dataFolder })])

    expect(ends.map(({ state }) => state)).toEqual(['finished', 'finished'])
    expect([first.receiver.count, second.receiver.count]).toEqual([150, 150])
    expect(most).toBeLessThanOrEqual(6)
  })

  test('a slow one over static IPs holds up no other', async ({ tell }) => {
    const released = Promise.withResolvers<Reply>()
    const settings = settingsWith({ static: { ...POOL, name: 'static', concurrency: 2 } })
    const slow = await tell({
      customers: 4,
      webhook: 'static_ips: true\nconcurrency: 50\ntimeout: 60s',
      senders: 1,
      answer: () => released.promise,
    })
    const other = await tell({ customers: 300, webhook: 'concurrency: 50', senders: 1 })
    const slowEnd = slow.start({ settings })
    await slow.receiver.waitFor(2)
    const otherEnd = await other.start({ settings, dataFolder: slow.dataFolder })
    const atItsEnd = { static: slow.receiver.count, other: other.receiver.count }
    released.resolve({})

    expect(otherEnd.state).toBe('finished')
    // The pool was full all the time, and the other run was through it all before anything of the slow one came back.
    expect(atItsEnd).toEqual({ static: 2, other: 300 })
    expect(await slowEnd).toMatchObject({ state: 'finished' })
  })
})
