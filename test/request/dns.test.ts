import { mkdtempSync, rmSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallResult, NetworkRules } from '../../src/request/request.ts'
import type { NameRecord, Zone } from '../support/dns-process.ts'
import { NetworkNamespace, obstacleToNamespaces, startNameServer } from '../support/network-namespace.ts'
import { startReceiverProcess, type ReceiverProcess } from '../support/receiver.ts'
import { FORBIDDEN } from './address-table.ts'
import { callInChild, failed } from './fixture.ts'

/** Public addresses that lead to the test's own receiver, in a network where nothing else is. */
const PUBLIC = '93.184.216.34'
const ALSO_PUBLIC = '2606:2800:21f::1'

/** A zone id belongs to no record. */
const ADDRESSES = FORBIDDEN.filter(([address]) => !address.includes('%'))

/** Ways in which a name leads to an address; the one called is the last of them. */
const WAYS: Readonly<Record<string, (address: string) => readonly [names: readonly string[], zone: Zone]>> = {
  record: (address) => [['x'], { x: [{ addresses: [address] }] }],
  alias: (address) => [['x'], { x: [{ cname: 'y' }], y: [{ addresses: [address] }] }],
  'mixed record': (address) => [['x'], { x: [{ addresses: [PUBLIC, ALSO_PUBLIC, address] }] }],
  // Asked for twice: once for each client, as no client asks again while it remembers.
  rebinding: (address) => [['x', 'x'], { x: [{ addresses: [samePublic(address)] }, { addresses: [address] }] }],
}

const POLICIES: Readonly<Record<string, (port: number) => NetworkRules>> = {
  campaign: () => ({ allow: [], isLoopbackAllowed: true }),
  event: (port) => ({ policy: 'event', allow: [], isHttpAllowed: true, ports: [port], ownPorts: [] }),
}

function samePublic(address: string): string {
  return isIPv4(address) ? PUBLIC : ALSO_PUBLIC
}

const obstacle = obstacleToNamespaces()

describe.skipIf(obstacle !== null && process.env['CI'] !== 'true')(`names (${obstacle ?? 'resolved for real'})`, () => {
  let namespace: NetworkNamespace
  let receiver: ReceiverProcess
  let folder: string
  const odd: Record<string, readonly NameRecord[]> = {
    missing: ['NXDOMAIN'],
    broken: ['SERVFAIL'],
    silent: ['silence'],
    empty: [{ addresses: [] }],
    circle: [{ cname: 'circle-back.test' }],
    'circle-back': [{ cname: 'circle.test' }],
    good: [{ addresses: [PUBLIC] }],
    sixth: [{ addresses: [ALSO_PUBLIC] }],
    many: [{ addresses: Array.from({ length: 50 }, (_, n) => (n === 49 ? PUBLIC : `93.184.217.${n}`)) }],
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dns-'))
    namespace = await NetworkNamespace.create()
    namespace.addAddress(PUBLIC)
    namespace.addAddress(ALSO_PUBLIC)
    receiver = await startReceiverProcess({ journal: join(folder, 'journal.ndjson'), host: '::' }, namespace.within)
    const zone: Record<string, readonly NameRecord[]> = {}
    const add = (own: Zone, suffix: string): void => {
      for (const [name, records] of Object.entries(own)) {
        zone[`${name}${suffix}`] = records.map((record) =>
          typeof record === 'object' && 'cname' in record && !record.cname.includes('.')
            ? { cname: `${record.cname}${suffix}` }
            : record,
        )
      }
    }
    add(odd, '.test')
    for (const policy of Object.keys(POLICIES)) {
      for (const [way, zoneOf] of Object.entries(WAYS)) {
        for (const [at, [address]] of ADDRESSES.entries()) add(zoneOf(address)[1], suffixOf({ policy, way, at }))
      }
    }
    await startNameServer(namespace, zone)
  })

  afterAll(async () => {
    await receiver.kill()
    await namespace[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const suffixOf = ({ policy, way, at }: { policy: string; way: string; at: number }): string =>
    `.${policy}-${way.split(' ')[0]}-${at}.test`

  const callAll = async (origins: readonly string[], network: NetworkRules): Promise<readonly CallResult[]> => {
    const options = { origin: 'http://good.test', connections: 1, timeoutMs: 4_000, ca: null, network }
    const { results, stderr } = await callInChild({ options, calls: [], origins }, { within: namespace.within })
    expect([stderr, results.length]).toEqual(['', origins.length])
    return results
  }

  const CASES = Object.keys(POLICIES).flatMap((policy) => Object.keys(WAYS).map((way) => [policy, way] as const))
  test.for(CASES)('lead no %s where it may not go (%s)', { timeout: 30_000 }, async ([policy, way]) => {
    const { port } = receiver
    const lists = ADDRESSES.map(([address], at) =>
      WAYS[way]!(address)[0].map((name) => `http://${name}${suffixOf({ policy, way, at })}:${port}`),
    )
    const results = await callAll(lists.flat(), POLICIES[policy]!(port))
    const perAddress = lists[0]?.length ?? 0
    for (const [at, [address, kind]] of ADDRESSES.entries()) {
      const [last, ...before] = results.slice(at * perAddress, (at + 1) * perAddress).toReversed()
      // A campaign that is literally loopback may call nothing else but loopback.
      if (kind === 'loopback' && policy === 'campaign') continue
      expect([address, failed(last!).code]).toEqual([address, 'blocked'])
      expect([address, ...before.map(({ answer }) => answer.kind)]).toEqual([address, ...before.map(() => 'answered')])
    }
  })

  test('that cannot be resolved are a DNS failure, told within the time for connecting', async () => {
    const expected = [
      ['missing', 'Name was not found: missing.test'],
      ['broken', 'Name could not be looked up (EAI_AGAIN): broken.test'],
      ['silent', 'Name was not resolved within 3 s: silent.test'],
      ['empty', 'Name was not found: empty.test'],
      ['circle', 'Name was not found: circle.test'],
    ]
    const origins = expected.map(([name]) => `http://${name}.test:${receiver.port}`)
    const results = await callAll(origins, POLICIES['campaign']!(0))
    expect(results.map((result) => failed(result))).toEqual(
      expected.map(([, message]) => ({ kind: 'failed', code: 'dns', message, mayHaveArrived: false })),
    )
    expect(Math.max(...results.map(({ latencyMs }) => latencyMs))).toBeLessThan(4_000)
  })

  test('lead where they should, by either family, and by the last of fifty addresses', async () => {
    const origins = ['good', 'sixth', 'many'].map((name) => `http://${name}.test:${receiver.port}`)
    for (const { answer } of await callAll(origins, POLICIES['campaign']!(0))) {
      expect(answer).toMatchObject({ kind: 'answered', httpStatus: 200 })
    }
  })
})
