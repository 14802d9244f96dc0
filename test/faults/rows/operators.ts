import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRun } from '../../../src/ledger/run-folder.ts'
import { putRunRequest } from '../../../src/runner/runner.ts'
import { journalFrom } from '../../support/invariants.ts'
import { createReceiver } from '../../support/receiver.ts'
import type { Fault, FaultContext } from '../fault.ts'

const CUSTOMERS = 8000

/** At the peak of a run: a pause, an answer that stops it, a cancel. */
async function stopAtPeak({ rounds, random, run, held, say }: FaultContext): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    // Behind what is called while the pause is on its way.
    const stopper = 3000 + Math.floor(random() * 1000)
    const rules = [{ requests: [stopper], reply: { status: 404 } }]
    const faulted = await run({
      customers: CUSTOMERS,
      webhook: 'concurrency: 50',
      receiver: { rules, reply: { delayMs: 20 } },
    })
    const first = faulted.start()
    assert.ok(await faulted.untilReceived(150, first))
    const askedAt = Date.now()
    putRunRequest(findRun(faulted.data, faulted.runId!), 'pause')
    assert.equal((await first.finished).code, 130)
    const lastAt = faulted.journal().at(-1)!.at
    say(`round ${round + 1}: paused, the last request came ${lastAt - askedAt} ms after it was asked`)
    assert.ok(lastAt - askedAt <= 1000, `a request came ${lastAt - askedAt} ms after the pause was asked for`)
    held(faulted.check())

    const { code, report } = await faulted.finish()
    assert.deepEqual([code, report['state'], report['failures']], [1, 'aborted', { hard_stop: 1 }])
    held(faulted.check())

    const third = faulted.start()
    assert.ok(await faulted.untilReceived(faulted.received + 100, third))
    putRunRequest(findRun(faulted.data, faulted.runId!), 'cancel')
    await third.finished
    const received = faulted.received
    const refused = await faulted.start().finished
    assert.match(refused.stderr, /HOOKCAST_RUN_STATE/)
    assert.equal(faulted.received, received, 'a cancelled run has called')
    held(faulted.check())
  }
}

/** Everything around a run changes while it goes on; its requests are what they were, but for the credentials. */
async function changeEverything({ rounds, run, held, cleanUp }: FaultContext): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const receiver = await createReceiver({
      answer: ({ attempt }, n) => ({ status: attempt === 1 && n % 3 === 0 ? 503 : 200, delayMs: 10 }),
      customerOf: ({ body }) => (JSON.parse(body) as { customer_id: string }).customer_id,
    })
    cleanUp.use(receiver)
    const faulted = await run({
      customers: 200,
      webhook: [
        'url: "$RECEIVER/v1/messages"',
        'concurrency: 4',
        'retry: { delays: [300ms, 300ms, 300ms] }',
        'auth: { type: bearer, token: "${TOKEN}" }',
      ].join('\n'),
      elsewhere: { url: receiver.url, journal: () => journalFrom(receiver.requests) },
    })
    const first = faulted.start([], { env: { TOKEN: 'first-token' } })
    assert.ok(await faulted.untilReceived(60, first))
    const campaign = join(faulted.folder, 'campaign.yaml')
    const yaml = readFileSync(campaign, 'utf8')
    writeFileSync(campaign, yaml.replace('/v1/messages', '/v2/others').replace('concurrency: 4', 'concurrency: 9'))
    writeFileSync(join(faulted.folder, 'body.j2'), '{"customer_id":{{ customer.customer_id }},"other":true}')
    writeFileSync(join(faulted.folder, 'people.ndjson'), '{"customer_id":"somebody-else"}\n')
    first.child.kill('SIGTERM')
    await first.finished
    const before = receiver.count
    const { report } = await faulted.finish([], { env: { TOKEN: 'second-token' } })
    assert.equal(report['sent'], 200)
    assert.deepEqual([...new Set(receiver.requests.map(({ path }) => path))], ['/v1/messages'])
    const tokens = receiver.requests.map(({ headers }) => headers['authorization'])
    assert.deepEqual([...new Set(tokens.slice(0, before))], ['Bearer first-token'])
    assert.deepEqual([...new Set(tokens.slice(before))], ['Bearer second-token'])
    assert.ok(
      receiver.requests.every(({ body }) => !body.includes('other')),
      'a body is of the new template',
    )
    assert.ok(receiver.maxInFlight <= 4, `${receiver.maxInFlight} were in flight`)
    held(faulted.check({ webhook: faulted.webhookWith({ TOKEN: 'x' }), crashes: 0 }))
  }
}

export const OPERATORS: readonly Fault[] = [
  {
    id: 'F36',
    name: 'pause, an answer that stops the webhook, and cancel at the peak',
    holds: 'nothing starts after it, within 1 s of asking; what was in flight arrives; a cancelled run stays so',
    rounds: 2,
    shortRounds: 0,
    run: stopAtPeak,
  },
  {
    id: 'F37',
    name: 'campaign, template, audience and secret change in the middle of a run',
    holds: 'the run goes on with what it began with; only the new secret is used',
    rounds: 3,
    shortRounds: 0,
    run: changeEverything,
  },
]
