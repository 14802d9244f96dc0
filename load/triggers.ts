import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { loadSettings } from '../src/config.ts'
import { wire } from '../src/hookcast.ts'
import { ServiceStore } from '../src/ledger/service-store.ts'
import { Triggers } from '../src/trigger/trigger.ts'

/**
 * Sends triggers one by one into the inbox of a service, at a steady rate, while it leads them into a campaign's run whose
 * receiver is gone; prints how long each took from its arrival until it was on the disk.
 *
 * Without HTTP: it measures the store and the way into the run, not the server before them.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '30' },
    data: { type: 'string', default: tmpdir() },
  },
})
const perSecond = Number(values.rate)
const count = perSecond * Number(values.seconds)

const folder = mkdtempSync(join(values.data, 'triggers-'))
try {
  const campaigns = join(folder, 'campaigns')
  mkdirSync(join(campaigns, 'welcome'), { recursive: true })
  writeFileSync(
    join(campaigns, 'welcome', 'campaign.yaml'),
    'name: welcome\ntrigger: { event: user.registered }\nwebhook:\n  url: "http://127.0.0.1:9/"\n  body: "{}"\n',
  )
  const settings = loadSettings(null, {})
  const data = join(folder, 'data')
  using store = new ServiceStore(data, systemClock)
  const host = { ...wire(), dataFolder: data, env: {}, settings, senders: 1, isUnknownResent: false }
  const triggers = new Triggers({
    store,
    folder: campaigns,
    env: {},
    settings,
    host: { ...host, onProgress: () => undefined },
    runs: { start: async () => ({ ended: Promise.resolve() }), has: () => false, isOpen: () => false },
    tell: () => undefined,
    onRun: () => undefined,
    onError: (error) => console.error(error),
  })
  await triggers.start()
  await triggers.campaigns.activate('welcome', { by: 'load' })
  const latencies = await send(triggers)
  const took = latencies.toSorted((a, b) => a - b)
  const at = (share: number): string => took[Math.min(took.length - 1, Math.floor(took.length * share))]!.toFixed(1)
  const moved = Number(store.get('SELECT max(from_seq) AS seq FROM listener')?.['seq'])
  console.log(
    `${took.length} triggers at ${perSecond}/s: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; ${moved} of them in a run when the last had come`,
  )
  await triggers[Symbol.asyncDispose]()
} finally {
  rmSync(folder, { recursive: true })
}

/** Each at its own time, whatever became of those before: a slow store is not spared. */
async function send({ inbox }: Triggers): Promise<number[]> {
  const latencies: number[] = []
  const pending: Promise<void>[] = []
  const begin = performance.now()
  for (let n = 0; n < count;) {
    const due = Math.min(count, Math.ceil(((performance.now() - begin) * perSecond) / 1000))
    for (; n < due; n++) pending.push(accept(n, begin + (n * 1000) / perSecond))
    await systemClock.sleep(1)
  }
  await Promise.all(pending)
  return latencies

  async function accept(n: number, dueAt: number): Promise<void> {
    const customer = { customer_id: `c-${n}`, email: `somebody-${n}@example.com`, plan: 'free', points: n }
    const { accepted } = await inbox.accept(JSON.stringify({ id: `t-${n}`, type: 'user.registered', customer }))
    if (accepted !== 1) throw new Error(`expected trigger ${n} to be accepted`)
    latencies.push(performance.now() - dueAt)
  }
}
