import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CampaignRun } from '../support/campaign-run.ts'
import { startWireMock } from '../support/foreign-servers.ts'
import { resultsOf } from './in-process-receiver.ts'

/** WireMock's faults and delays, by the path that has them, and what becomes of the customer there. */
const FAULTS = {
  empty: { response: { fault: 'EMPTY_RESPONSE' }, end: ['reset', 'Connection was closed without an answer'] },
  reset: { response: { fault: 'CONNECTION_RESET_BY_PEER' }, end: ['reset', 'Connection was lost'] },
  random: { response: { fault: 'RANDOM_DATA_THEN_CLOSE' }, end: ['invalid_response', 'Answer is not HTTP/1.1'] },
  malformed: { response: { status: 200, fault: 'MALFORMED_RESPONSE_CHUNK' }, end: ['invalid_response', 'Answer'] },
  late: {
    response: { status: 200, fixedDelayMilliseconds: 60_000 },
    end: ['timeout', 'No complete answer within 3 s'],
  },
  dribble: {
    response: { status: 200, body: 'x'.repeat(60), chunkedDribbleDelay: { numberOfChunks: 60, totalDuration: 60_000 } },
    end: ['timeout', 'No complete answer within 3 s'],
  },
  'short-dribble': {
    response: { status: 200, body: 'fine', chunkedDribbleDelay: { numberOfChunks: 4, totalDuration: 200 } },
    end: [null, null],
  },
  good: { response: { status: 200, jsonBody: { success: true } }, end: [null, null] },
} as const

const hasJava = ((): boolean => {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!hasJava && process.env['CI'] !== 'true')('a receiver that we have not written (WireMock)', () => {
  test(
    'has its faults understood, and costs nobody but the customers it has them for',
    { timeout: 120_000 },
    async () => {
      await using cleanUp = new AsyncDisposableStack()
      const folder = mkdtempSync(join(tmpdir(), 'wiremock-'))
      cleanUp.defer(() => rmSync(folder, { recursive: true }))
      const url = await startWireMock(cleanUp)
      for (const [name, { response }] of Object.entries(FAULTS)) {
        const stub = { request: { method: 'POST', urlPathPattern: `/${name}` }, response }
        const { status } = await fetch(`${url}/__admin/mappings`, { method: 'POST', body: JSON.stringify(stub) })
        expect(status).toBe(201)
      }
      const names = Object.keys(FAULTS) as (keyof typeof FAULTS)[]
      const customers = Array.from({ length: 5 }, (_, n) =>
        names.map((name) => ({ customer_id: `${name} ${n}`, name })),
      )
      const run = cleanUp.use(
        await CampaignRun.create({
          folder: join(folder, 'run'),
          customers: customers.flat(),
          elsewhere: { url, journal: () => [] },
          webhook: [
            'url: "$RECEIVER/{{ customer.name }}"',
            'timeout: 3s',
            'retry: { delays: [70ms], jitter: 0 }',
            'abort: { exhausted: never, connection: never }',
          ].join('\n'),
        }),
      )
      const { report } = await run.finish()

      expect(report['state']).toBe('finished')
      for (const { customer_id: id, status, reason, message } of await resultsOf(run)) {
        const [expected, words] = FAULTS[id.split(' ')[0] as keyof typeof FAULTS].end
        expect([id, status, reason]).toEqual([id, expected === null ? 'sent' : 'failed', expected])
        if (words !== null) expect(message).toContain(words)
      }
      expect(run.check({ journal: null })).toContain('I1')
    },
  )
})
