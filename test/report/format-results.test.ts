import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { formatResults, readPropertyNames, type ResultRecord } from '../../src/report/report.ts'
import { test } from './fixture.ts'

const RECORD: ResultRecord = {
  customer_id: 'c-17',
  status: 'failed',
  reason: 'exhausted',
  run_id: 'r',
  campaign: 'welcome-sms',
  chunk: 0,
  seq: 16,
  request_id: 'r-16',
  attempts: 4,
  http_status: 503,
  error_code: null,
  message: 'busy',
  result_code: null,
  result_status: null,
  in_doubt: false,
  abort_rule: null,
  latency_ms: 12,
  batch_size: 1,
  occurred_at: '2026-11-22T10:00:00.000Z',
  properties: { channel: 'sms' },
}

const csv = (record: Partial<ResultRecord>, names: readonly string[] = []): string =>
  [...formatResults([{ ...RECORD, ...record }], 'csv', names)].join('')

const cells = (text: string): string[][] => parse(text, { recordDelimiter: '\r\n' })

describe('formatResults', () => {
  test('writes one JSON object a line', () => {
    const lines = [...formatResults([RECORD, { ...RECORD, customer_id: 'a\nb' }], 'ndjson', [])]
    expect(lines.map((line) => JSON.parse(line) as unknown)).toStrictEqual([RECORD, { ...RECORD, customer_id: 'a\nb' }])
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
  })

  test('writes CSV with a header, properties as columns of their own, nulls as empty cells', () => {
    expect(csv({}, ['channel', 'provider_id'])).toBe(
      'customer_id,status,reason,run_id,campaign,chunk,seq,request_id,attempts,http_status,error_code,message,result_code,result_status,in_doubt,abort_rule,latency_ms,batch_size,occurred_at,properties.channel,properties.provider_id\r\n' +
        'c-17,failed,exhausted,r,welcome-sms,0,16,r-16,4,503,,busy,,,false,,12,1,2026-11-22T10:00:00.000Z,sms,\r\n',
    )
  })

  test('writes the header also when there is no result', () => {
    expect([...formatResults([], 'csv', [])]).toHaveLength(1)
    expect([...formatResults([], 'ndjson', [])]).toHaveLength(0)
  })

  test.for(['=1+1', '+420777', '-2', '@SUM(A1)', '\tx', '\rx', '\nx'])('defuses a cell that begins like %j', (text) => {
    expect(cells(csv({ message: text }))[1]![11]).toBe(`'${text}`)
  })

  test('takes the property of no prototype for one of the customer', () => {
    expect(cells(csv({ properties: {} }, ['constructor', '__proto__']))[1]!.slice(-2)).toStrictEqual(['', ''])
  })

  test('gives every text back to a reader of RFC 4180, but for the apostrophe', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', '=') }),
        (id, message) => {
          const [, row] = cells(csv({ customer_id: id, message }))
          const harmless = (text: string): string => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text)
          expect([row![0], row![11]]).toStrictEqual([harmless(id), harmless(message)])
        },
      ),
    )
  })
})

describe('readPropertyNames', () => {
  test("gives the names of the run's campaign and of those whose requests it repeats, without their secrets", async ({
    data,
  }) => {
    const run = await data.createRun({ customers: 1 })
    const files = (properties: string): object => ({
      file: 'campaign.yaml',
      texts: { 'campaign.yaml': `name: x\nwebhook: { auth: { token: "\${TOKEN}" }${properties} }` },
    })
    writeFileSync(
      run.paths.snapshot,
      JSON.stringify({
        campaign: files(', event_properties: { channel: sms, id: "{{ response.body.id }}" }'),
        kept: {
          old: files(', event_properties: { id: x, older: y }'),
          bare: files(''),
          none: files(', event_properties: null'),
        },
      }),
    )
    expect(readPropertyNames(run.paths)).toStrictEqual(['channel', 'id', 'older'])
  })
})
