import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { createReceiver } from '../support/receiver.ts'
import { campaignFile, test } from './fixture.ts'

const ENTRY = fileURLToPath(new URL('../support/trigger-process.ts', import.meta.url))

/** Starts a service that sends itself triggers; `accepted` has the numbers of those that it said were accepted. */
function startService(args: readonly string[]): {
  child: ChildProcess
  accepted: number[]
  until(count: number): Promise<void>
} {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const accepted: number[] = []
  let rest = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    accepted.push(...lines.filter((line) => /^\d+$/.test(line)).map(Number))
    for (const look of watchers) look()
  })
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (accepted.length < count) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return { child, accepted, until }
}

test('a service that is killed sends every trigger that it accepted, in order, under one key each', async ({
  place,
}) => {
  await using receiver = await createReceiver({ customerOf: ({ body }) => /"id":"([^"]*)"/.exec(body)?.[1] ?? null })
  place.write(
    'welcome/campaign.yaml',
    campaignFile('welcome', ['trigger: { event: user.registered }'])
      .replace('https://api.example.com/v1/send', `${receiver.url}/`)
      .replace('"{}"', `'{"id":"{{ event.id }}"}'`) + '  concurrency: 1\n',
  )
  place.store[Symbol.dispose]()
  const accepted: number[] = []
  // Killed while it takes triggers in, at three places; the last one is left in peace until all was sent.
  for (const [round, killAfter] of [40, 130, 70].entries()) {
    const service = startService([place.data, place.campaigns, String(round * 1000), '1000', round === 0 ? 'ada' : ''])
    await service.until(killAfter)
    service.child.kill('SIGKILL')
    await once(service.child, 'close')
    accepted.push(...service.accepted)
  }
  const last = startService([place.data, place.campaigns, '9000', '10'])
  await last.until(10)
  accepted.push(...last.accepted)
  const wanted = new Set(accepted.map((number) => `t-${number}`))
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = setInterval(() => {
    for (const { customer } of receiver.requests) wanted.delete(customer ?? '')
    if (wanted.size === 0) resolve()
  }, 50)
  await promise
  clearInterval(look)
  last.child.kill('SIGKILL')
  await once(last.child, 'close')
  const { requests } = receiver
  const keys = new Map(requests.map(({ customer, key }) => [customer, key]))
  expect(requests.every(({ customer, key }) => keys.get(customer) === key)).toBe(true)
  expect(new Set(keys.values()).size).toBe(keys.size)
  // What was in flight when it was killed is sent again; but for that, each once and in the order of their acceptance.
  const first = [...new Set(requests.map(({ customer }) => Number(customer!.slice(2))))]
  expect(first).toEqual(first.toSorted((a, b) => a - b))
}, 120_000)
