import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CampaignRun, CampaignRunSetup } from '../../support/campaign-run.ts'
import type { Zone } from '../../support/dns-process.ts'
import { NetworkNamespace, startNameServer } from '../../support/network-namespace.ts'
import { startReceiverProcess, type ReceiverProcess } from '../../support/receiver.ts'
import type { ReceiverConfig } from '../../support/receiver-process.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { resultsOf } from '../in-process-receiver.ts'

const SCHEDULE = 'retry: { delays: [70ms, 450ms, 3s] }'

/** Ten seconds. */
const PACED = { customers: 500, webhook: 'rate: 50/s' }

/** A network of its own, with as many receivers as are wanted in it. */
class Island {
  readonly #context: FaultContext
  readonly namespace: NetworkNamespace

  constructor(context: FaultContext, namespace: NetworkNamespace) {
    this.#context = context
    this.namespace = namespace
  }

  static async create(context: FaultContext): Promise<Island> {
    return new Island(context, context.cleanUp.use(await NetworkNamespace.create()))
  }

  async receive(config: Omit<ReceiverConfig, 'journal'> = {}): Promise<ReceiverProcess> {
    const journal = join(mkdtempSync(join(this.#context.folder, 'receiver-')), 'journal.ndjson')
    return this.#context.cleanUp.use(await startReceiverProcess({ ...config, journal }, this.namespace.within))
  }

  campaign(receiver: ReceiverProcess, setup: Omit<CampaignRunSetup, 'folder' | 'seed'>): Promise<CampaignRun> {
    const elsewhere = { url: receiver.url, journal: () => receiver.readJournal() }
    return this.#context.run({ elsewhere, ...setup })
  }

  async finish(run: CampaignRun): Promise<Record<string, unknown> & { code: number | null }> {
    const { code, report } = await run.finish([], { within: this.namespace.within })
    return { ...report, code }
  }

  /** I12: against one at the same time that has no trouble near it. A busy machine slows both. */
  async keepsPace(beside: CampaignRun): Promise<void> {
    const alone = await this.#context.run(PACED)
    const [one, other] = await Promise.all([this.finish(beside), alone.finish()])
    const [besideMs, aloneMs] = [Number(one['duration_ms']), Number(other.report['duration_ms'])]
    this.#context.say(`the campaign beside took ${besideMs} ms, one alone ${aloneMs} ms`)
    assert.deepEqual([one.code, one['sent']], [0, PACED.customers])
    this.#context.held(beside.check({ pace: { besideMs, aloneMs } }))
  }

  /** A rule of the packet filter; `-A` adds it, `-D` takes it away. A reset has to get through itself: one way only. */
  filter(how: '-A' | '-D', port: number, ...what: readonly string[]): void {
    for (const side of what.includes('REJECT') ? ['--dport'] : ['--dport', '--sport']) {
      this.namespace.run('iptables', how, 'INPUT', '-p', 'tcp', side, String(port), ...what)
    }
  }
}

/** Nothing answers a connection, and a campaign beside it keeps its pace. */
async function dropConnections(context: FaultContext): Promise<void> {
  const island = await Island.create(context)
  const [dead, alive] = [await island.receive(), await island.receive()]
  island.filter('-A', dead.port, '-j', 'DROP')
  const stuck = await island.campaign(dead, {
    customers: 40,
    webhook: 'concurrency: 20\nretry: { delays: [70ms] }\nabort: { connection: 6s }',
  })
  const beside = await island.campaign(alive, PACED)
  const [ended] = await Promise.all([island.finish(stuck), island.keepsPace(beside)])
  const { sent, failed, aborted, codes } = ended as unknown as Record<'sent' | 'failed' | 'aborted', number> & {
    codes: object
  }
  assert.deepEqual([sent, failed + aborted, Object.keys(codes)], [0, 40, ['connect']])
  for (const { status, message } of await resultsOf(stuck)) {
    if (status === 'failed') assert.match(message ?? '', /Connection was not made within 3 s/)
  }
  context.held(stuck.check())
}

/** Three packets of ten are lost. */
async function losePackets(context: FaultContext): Promise<void> {
  const island = await Island.create(context)
  const receiver = await island.receive()
  island.filter('-A', receiver.port, '-m', 'statistic', '--mode', 'random', '--probability', '0.3', '-j', 'DROP')
  const run = await island.campaign(receiver, { customers: 200, webhook: `concurrency: 50\n${SCHEDULE}` })
  const report = await island.finish(run)
  context.say(`${Number(report['attempts'])} attempts, codes ${JSON.stringify(report['codes'])}`)
  assert.equal(report['state'], 'finished')
  assert.ok(Number(report['sent']) >= 190, `only ${Number(report['sent'])} of 200 were sent`)
  context.held(run.check({ isHeldUp: true }))
}

/** 32 kB a second for everything. */
async function narrow(context: FaultContext): Promise<void> {
  const island = await Island.create(context)
  const receiver = await island.receive()
  island.namespace.run('ip', 'link', 'set', 'lo', 'mtu', '1500')
  const shape = ['rate', '256kbit', 'burst', '16kbit', 'latency', '50ms']
  island.namespace.run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', ...shape)
  const run = await island.campaign(receiver, {
    customers: 40,
    body: `{"customer_id":{{ customer.customer_id }},"more":"${'x'.repeat(10_000)}"}`,
    webhook: `concurrency: 4\n${SCHEDULE}`,
  })
  const report = await island.finish(run)
  context.say(`${Number(report['attempts'])} attempts in ${Math.round(Number(report['duration_ms']) / 1000)} s`)
  assert.deepEqual([report.code, report['sent']], [0, 40])
  assert.ok(Number(report['duration_ms']) > 8000, 'the line was not narrow')
  context.held(run.check({ isHeldUp: true }))
}

const PARTITION_MS = 60_000

/** The receiver is cut off, silently or with a reset, and comes back. */
async function cutOff(context: FaultContext): Promise<void> {
  const cutOffBy = async (target: readonly string[]): Promise<void> => {
    const island = await Island.create(context)
    const receiver = await island.receive({ reply: { delayMs: 10 } })
    const [customers, concurrency] = [4000, 20]
    const webhook = `concurrency: ${concurrency}\ntimeout: 1s\n${SCHEDULE}`
    const run = await island.campaign(receiver, { customers, webhook })
    const command = run.start([], { within: island.namespace.within })
    assert.ok(await run.untilReceived(500, command))
    island.filter('-A', receiver.port, '-j', ...target)
    const before = run.received
    await sleep(PARTITION_MS)
    // What was on its way had its 10 ms; nothing else came through.
    assert.ok(run.received <= before + concurrency)
    const tries = packetsDropped(island, receiver.port)
    island.filter('-D', receiver.port, '-j', ...target)
    const { code, stdout } = await command.finished
    const report = JSON.parse(stdout) as Record<string, unknown>
    context.say(`${target[0]}: ${tries} packets in ${PARTITION_MS / 1000} s, codes ${JSON.stringify(report['codes'])}`)
    assert.deepEqual([code, report['sent']], [0, customers])
    // 20 calls in flight, their first retries, then one probe after 1, 2, 4 … 30 s: a few packets each.
    assert.ok(tries < 500, `${tries} packets while the receiver was cut off`)
    const most = Math.max(...perSecond(run.journal().slice(before)))
    assert.ok(most <= concurrency * 100 * 1.1, `${most} starts in a second afterwards`)
    context.held(run.check())
  }
  await Promise.all([cutOffBy(['DROP']), cutOffBy(['REJECT', '--reject-with', 'tcp-reset'])])
}

function packetsDropped(island: Island, port: number): number {
  const line = island.namespace
    .run('iptables', '-L', 'INPUT', '-v', '-x', '-n')
    .split('\n')
    .find((line) => line.includes(`dpt:${port}`))
  return Number(line?.trim().split(/\s+/)[0])
}

function perSecond(journal: readonly { readonly at: number }[]): number[] {
  return [...Map.groupBy(journal, ({ at }) => Math.floor(at / 1000)).values()].map(({ length }) => length)
}

const PUBLIC = '93.184.216.34'

/** A name server that says nothing, nonsense, too much, or something else the second time. */
async function misleadNames(context: FaultContext): Promise<void> {
  const island = await Island.create(context)
  island.namespace.addAddress(PUBLIC)
  const receiver = await island.receive({ host: PUBLIC })
  const zone: Zone = {
    'good.test': [{ addresses: [PUBLIC] }],
    'missing.test': ['NXDOMAIN'],
    'broken.test': ['SERVFAIL'],
    'silent.test': ['silence'],
    'circle.test': [{ cname: 'back.test' }],
    'back.test': [{ cname: 'circle.test' }],
    'many.test': [{ addresses: Array.from({ length: 50 }, (_, n) => (n === 49 ? PUBLIC : `93.184.217.${n}`)) }],
    // Each sender asks for itself: the second is told something else.
    'flip.test': [{ addresses: [PUBLIC] }, { addresses: ['127.0.0.1'] }],
  }
  await startNameServer(island.namespace, zone)
  const call = async (name: string, customers: number, more = ''): Promise<CampaignRun> =>
    await island.campaign(receiver, {
      customers,
      webhook: `url: "http://${name}.test:${receiver.port}/v1"\ninsecure_http: true\n${more}`,
    })
  const paced = await call('good', PACED.customers, PACED.webhook)
  const dead = ['missing', 'broken', 'silent', 'circle']
  const pacing = island.keepsPace(paced)
  const ends = dead.map(async (name) => {
    const run = await call(name, 5, 'retry: { delays: [70ms] }')
    const report = await island.finish(run)
    assert.deepEqual([name, report['failures'], report['codes']], [name, { dns: 5 }, { dns: 10 }])
    for (const { message } of await resultsOf(run)) assert.match(message ?? '', new RegExp(`^Name .*: ${name}\\.test$`))
    context.held(run.check())
  })
  await Promise.all(ends)
  const many = await call('many', 100)
  assert.equal((await island.finish(many))['sent'], 100)
  const flip = await call('flip', 2000, 'rate: 2000/s')
  const flipped = await island.finish(flip)
  const [stop] = flipped['aborts'] as readonly { readonly rule: string; readonly message: string }[]
  assert.equal(stop?.rule, 'blocked')
  assert.match(stop.message, /127\.0\.0\.1 \(loopback\) for flip\.test/)
  await pacing
  context.held([...many.check(), ...flip.check()])
}

export const NETWORK: readonly Fault[] = [
  {
    id: 'F9',
    name: 'connections that nobody answers (SYN dropped)',
    holds: 'each ends after 3 s with that reason; a campaign beside keeps its pace',
    rounds: 1,
    shortRounds: 0,
    needs: ['netns', 'iptables'],
    run: dropConnections,
  },
  {
    id: 'F11',
    name: '30 % of all packets lost',
    holds: 'everybody ends, nearly all of them sent',
    rounds: 1,
    shortRounds: 0,
    needs: ['netns', 'iptables'],
    run: losePackets,
  },
  {
    id: 'F12',
    name: 'a line of 256 kbit/s',
    holds: 'everybody is sent, in no more memory',
    rounds: 1,
    shortRounds: 0,
    needs: ['netns', 'tc'],
    run: narrow,
  },
  {
    id: 'F14',
    name: 'the receiver cut off for a minute, silently and with resets',
    holds: 'it is asked after with single calls, everybody is sent afterwards, and there is no storm',
    rounds: 1,
    shortRounds: 0,
    needs: ['netns', 'iptables'],
    run: cutOff,
  },
  {
    id: 'F19',
    name: 'names: NXDOMAIN, SERVFAIL, silence, a circle, 50 addresses, one that turns to 127.0.0.1',
    holds: 'a DNS failure in words, or blocked; a campaign beside keeps its pace',
    rounds: 1,
    shortRounds: 0,
    needs: ['netns'],
    run: misleadNames,
  },
]
