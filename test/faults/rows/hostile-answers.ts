import assert from 'node:assert/strict'
import { MISBEHAVIOURS, type Misbehaviour } from '../../support/misbehaviour.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { receive, resultsOf } from '../in-process-receiver.ts'

/** What becomes of a customer for whom the receiver always behaves so; of all others: `invalid_response`. */
const ENDS: Partial<Record<Misbehaviour, readonly [reason: string | null, errorCode?: string]>> = {
  reset: ['reset'],
  close: ['reset'],
  'reset-body': ['reset'],
  hang: ['timeout'],
  'hang-body': ['timeout'],
  'drip-body': ['timeout'],
  'drip-headers': ['timeout'],
  'blank-lines': ['timeout'],
  'endless-reason': ['timeout'],
  'endless-chunk-size': ['timeout'],
  'endless-chunk-extension': ['timeout'],
  'endless-body': [null],
  gigabyte: [null],
  gzip: [null],
  'few-interims': [null],
  'two-answers': [null],
  'many-headers': [null],
  'no-content-body': [null],
  'http-1.0': [null],
  html: [null],
  'not-a-number': [null],
  'deep-arrays': [null],
  'text-of-a-number': [null],
  'byte-order-mark': ['refused', 'bom'],
  'double-keys': ['refused', 'last'],
  'control-characters': ['refused', '\u001b[2J'],
}

/** Each misbehaviour to a customer of its own, three good ones in between. */
async function answerBadly(context: FaultContext): Promise<void> {
  const bad = MISBEHAVIOURS.flatMap((name) =>
    Array.from({ length: context.rounds }, (_, n) => ({ customer_id: `${name} ${n}` })),
  )
  const good = Array.from({ length: 3 * bad.length }, (_, n) => ({ customer_id: `good ${n}` }))
  const customers = bad.flatMap((row, n) => [...good.slice(3 * n, 3 * n + 3), row])
  const { receiver, elsewhere } = await receive(context, {
    answer: ({ customer }) => {
      const [name = ''] = customer?.split(' ') ?? []
      return name === 'good' ? { body: { success: true, customer } } : { misbehave: name as Misbehaviour }
    },
  })
  const run = await context.run({
    customers,
    elsewhere,
    webhook: [
      'concurrency: 16',
      'timeout: 1s',
      'retry: { delays: [70ms], jitter: 0 }',
      'abort: { exhausted: never, connection: never }',
      'response_handling: json',
      'event_properties: { whose: "{{ response.body.customer }}" }',
    ].join('\n'),
  })
  const { report } = await run.finish()
  assert.equal(report['state'], 'finished')
  const results = await resultsOf(run)
  assert.equal(results.length, customers.length)
  for (const { customer_id: id, status, reason, attempts, message, properties, error_code: code } of results) {
    const [name = ''] = id.split(' ')
    if (name === 'good') {
      assert.deepEqual([id, status, properties], [id, 'sent', { whose: id }])
      continue
    }
    const [expected, errorCode = null] = ENDS[name as Misbehaviour] ?? ['invalid_response']
    assert.deepEqual([id, status, reason, code], [id, expected === null ? 'sent' : 'failed', expected, errorCode])
    // Nobody is given the answer of another.
    assert.ok(!JSON.stringify(properties ?? {}).includes('good'), id)
    if (expected === null || expected === 'refused') continue
    assert.equal(attempts, 2, id)
    // The message holds what is wrong, and with whom.
    assert.match(message ?? '', /^[A-Z].{10,}: http:\/\/127\.0\.0\.1:\d+$/, id)
  }
  assert.equal(receiver.openConnections, 0)
  context.held(run.check())
}

export const HOSTILE_ANSWERS: readonly Fault[] = [
  {
    id: 'F16',
    name: `a receiver that misbehaves in ${MISBEHAVIOURS.length} ways`,
    holds: 'each has its own words; no other customer is touched; memory stays under its limit',
    rounds: 5,
    shortRounds: 1,
    run: answerBadly,
  },
]
