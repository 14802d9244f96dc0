import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { findRun } from '../../src/ledger/run-folder.ts'
import { selectForReplay } from '../../src/report/report.ts'
import { replayRun } from '../../src/runner/runner.ts'
import { runCommand, startCommand } from '../support/command-line.ts'
import { checkRun, journalFrom, webhookOf } from '../support/invariants.ts'
import { createReceiver, type Received, type Reply } from '../support/receiver.ts'
import { test, type Story } from '../support/story.ts'

/** A batch of so many customers, with more keys of `batch:`. */
function batchOf(
  size: number,
  { more = '', webhook = '', customer = '{"customer_id":{{ customer.customer_id }}}' } = {},
): string {
  const root = `{"messages":[{% output customers separated by ',' %}]}`
  return [
    'batch:',
    `  size: ${size}`,
    `  root: ${JSON.stringify(root)}`,
    `  customer: ${JSON.stringify(customer)}`,
    ...(more === '' ? [] : more.split('\n').map((line) => `  ${line}`)),
    webhook,
  ].join('\n')
}

interface Body {
  readonly messages: readonly { readonly customer_id: string }[]
}

function customersIn({ body }: Pick<Received, 'body'>): string[] {
  return (JSON.parse(body) as Body).messages.map(({ customer_id }) => customer_id)
}

const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `c-${from + i}`)

/** Every customer has one result, and nobody was in two requests that were accepted. */
function expectEachOnce(
  story: Story,
  customers: number,
  isAccepted: (request: Received) => boolean = () => true,
): void {
  expect(story.results.map(({ seq }) => seq)).toEqual(Array.from({ length: customers }, (_, seq) => seq))
  const accepted = story.receiver.requests.filter(isAccepted).flatMap(customersIn)
  expect(new Set(accepted).size).toBe(accepted.length)
  const sent = story.results.filter(({ status }) => status === 'sent').map(({ customer_id }) => customer_id)
  expect(accepted.toSorted()).toEqual(sent.toSorted())
}

describe('batches', () => {
  test('hold rows k · size to (k+1) · size, under the id of their first row', async ({ tell }) => {
    const story = await tell({ senders: 1, customers: 25, webhook: batchOf(10, { webhook: 'concurrency: 1' }) })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.receiver.requests.map(customersIn)).toEqual([names(0, 10), names(10, 20), names(20, 25)])
    expect(story.receiver.requests.map(({ key }) => key)).toEqual([0, 10, 20].map((seq) => `${story.runId}-${seq}`))
    expect(story.numbers).toMatchObject({ sent: 25, deliveries: 3, attempts: 3, codes: { 200: 3 } })
    expectEachOnce(story, 25)
  })

  test('never cross a chunk', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 25,
      top: 'chunk_size: 12',
      webhook: batchOf(10, { webhook: 'concurrency: 1' }),
    })
    await story.start()
    expect(story.receiver.requests.map((request) => customersIn(request).length)).toEqual([10, 2, 10, 2, 1])
    expectEachOnce(story, 25)
  })

  test('leave out whoever fails, aborts or is suppressed, and are not filled up again', async ({ tell }) => {
    const rows = Array.from({ length: 10 }, (_, i) => ({ customer_id: `c-${i === 7 ? 6 : i}`, how: i }))
    const customer =
      '{% if customer.how == 1 %}{% abort: "not now" %}{% elif customer.how == 2 %}{{ customer.a.b }}{% elif customer.how == 3 %}{"customer_id":}{% else %}{"customer_id":{{ customer.customer_id }}}{% endif %}'
    const story = await tell({
      senders: 1,
      customers: rows,
      top: 'unique: true',
      webhook: batchOf(5, { customer, webhook: 'concurrency: 1\njson_escape: off' }).replaceAll(
        '{{ customer.customer_id }}',
        '{{ customer.customer_id|tojson }}',
      ),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.receiver.requests.map(customersIn)).toEqual([
      ['c-0', 'c-4'],
      ['c-5', 'c-6', 'c-8', 'c-9'],
    ])
    expect(story.results.map(({ status, reason }) => reason ?? status)).toEqual([
      'sent',
      'template',
      'render',
      'render',
      'sent',
      'sent',
      'sent',
      'duplicate',
      'sent',
      'sent',
    ])
    expect(story.results[3]?.message).toContain('position 15 of it')
    expect(story.numbers).toMatchObject({ sent: 6, failed: 2, suppressed: 2, deliveries: 2 })
  })

  test('of which nobody is left are not sent', async ({ tell }) => {
    const customer =
      '{% if customer.customer_id < "c-5" %}{% abort %}{% endif %}{"customer_id":{{ customer.customer_id }}}'
    const story = await tell({ senders: 1, customers: 10, webhook: batchOf(5, { customer }) })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.receiver.requests.map(customersIn)).toEqual([names(5, 10)])
    expect(story.numbers).toMatchObject({ sent: 5, suppressed: 5, deliveries: 1 })
  })

  test('whose root fails take all their customers with them', async ({ tell }) => {
    const root = `{% output customers separated by ',' %}]`
    const story = await tell({
      senders: 1,
      customers: 10,
      webhook: `batch: { size: 5, root: ${JSON.stringify(`[{{ customers[1].x.y }}${root}`)}, customer: "{}" }`,
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.receiver.count).toBe(0)
    expect(story.numbers).toMatchObject({ failed: 10, failures: { render: 10 }, deliveries: 0 })
  })

  test('may be of XML, escaped once', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: [{ customer_id: 'a<b' }, { customer_id: 'c&d' }],
      webhook:
        'payload: xml\nbatch: { size: 2, root: "<all>{{ customers|join }}</all>", customer: "<c>{{ customer.customer_id }}</c>" }',
    })
    await story.start()
    expect(story.receiver.requests.map(({ body }) => body)).toEqual(['<all><c>a&lt;b</c><c>c&amp;d</c></all>'])
  })

  test('of more than 8 MiB fail with a word on it', async ({ tell }) => {
    const customer = '{"customer_id":{{ customer.customer_id }},"t":"{{ "x" * 100000 }}"}'
    const story = await tell({ senders: 1, customers: 180, webhook: batchOf(90, { customer }) })
    await story.start()
    expect(story.numbers.failures).toEqual({ render: 180 })
    expect(story.results[0]?.message).toMatch(/8388608 bytes|8 MiB/)
  })

  test('are repeated with the same key and the same bytes, whoever was left out', async ({ tell }) => {
    const customer =
      '{% if customer.customer_id == "c-3" %}{{ customer.a.b }}{% endif %}{"customer_id":{{ customer.customer_id }},"n":{{ range(1000)|random }},"at":{{ time }}}'
    const story = await tell({
      senders: 1,
      customers: 20,
      webhook: batchOf(10, { customer }),
      answer: ({ attempt }) => ({ status: attempt! < 5 ? 503 : 200 }),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    const byKey = Map.groupBy(story.receiver.requests, ({ key }) => key)
    expect(byKey.size).toBe(2)
    for (const requests of byKey.values()) {
      expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5])
      expect(new Set(requests.map(({ body }) => body)).size).toBe(1)
    }
    expect(story.numbers).toMatchObject({ sent: 19, failed: 1, deliveries: 2, attempts: 10 })
    expect(story.results[4]).toMatchObject({ attempts: 5 })
  })

  test('run out of eight attempts together', async ({ tell }) => {
    const story = await tell({ senders: 1, customers: 10, webhook: batchOf(10), answer: () => ({ status: 500 }) })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.receiver.count).toBe(8)
    expect(story.numbers).toMatchObject({ failed: 10, failures: { exhausted: 10 } })
  })

  test('stop their chunk at the first client error, one error a batch', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 100,
      webhook: batchOf(10, { webhook: 'concurrency: 1\nabort: { client_error: 2 }' }),
      answer: (_, n) => ({ status: n === 1 || n === 3 ? 401 : 200 }),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.receiver.count).toBe(4)
    expect(story.numbers).toMatchObject({ sent: 20, failed: 20 })
    expect(story.progress?.aborted).toBe(60)
  })
})

describe('a customer over whom the sender dies', () => {
  test('fails alone: the others of the batch are sent without them, under its key', async ({ tell }) => {
    const story = await tell({ senders: 1, customers: 30, webhook: batchOf(10) })
    const { program } = story.options()
    const entry = fileURLToPath(new URL('../support/dying-sender-process.ts', import.meta.url))
    expect(await story.start({ program: { ...program, entry } })).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 29, failed: 1, failures: { crash: 1 } })
    expect(story.results[7]).toMatchObject({ customer_id: 'c-7', status: 'failed', reason: 'crash', in_doubt: 0 })
    expectEachOnce(story, 30)
    const bereft = story.receiver.requests.find((request) => customersIn(request).includes('c-0'))
    expect(bereft?.key).toBe(`${story.runId}-0`)
    expect(customersIn(bereft!)).toEqual(names(0, 10).filter((id) => id !== 'c-7'))
  })

  test('fails alone where all are alone', async ({ tell }) => {
    const story = await tell({ senders: 1, customers: 30 })
    const { program } = story.options()
    const entry = fileURLToPath(new URL('../support/dying-sender-process.ts', import.meta.url))
    expect(await story.start({ program: { ...program, entry } })).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 29, failed: 1, failures: { crash: 1 } })
    expect(story.results[7]).toMatchObject({ customer_id: 'c-7', reason: 'crash' })
  })
})

describe('the items of an answer', () => {
  const outcomes = 'outcomes: { items: /results, key: /customer_id, ok: /success }'
  const results = (items: readonly object[], more: object = { success: true }): Reply => ({
    body: { ...more, results: items },
  })

  test('give each customer a result of its own', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 6,
      webhook: batchOf(3, {
        more: outcomes,
        webhook:
          "event_properties: { id: '{{ item.result.id if item.success }}', status: '{{ response.status }}', who: '{{ customer.customer_id }}' }",
      }),
      answer: (request) => ({
        status: 207,
        ...results(
          customersIn(request)
            .toReversed()
            .map((customer_id) =>
              customer_id === 'c-1'
                ? { customer_id, success: false, errors: [{ code: 1004, description: 'too long' }] }
                : { customer_id, success: true, result: { id: `msg-${customer_id}`, code: 1 } },
            ),
        ),
      }),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.results.map(({ status }) => status)).toEqual(['sent', 'failed', 'sent', 'sent', 'sent', 'sent'])
    expect(story.results[1]).toMatchObject({ reason: 'refused', error_code: '1004', message: 'too long' })
    expect(JSON.parse(story.results[2]!.properties!)).toEqual({ id: 'msg-c-2', status: '207', who: 'c-2' })
    expect(story.numbers).toMatchObject({ sent: 5, failed: 1, warnings: [] })
  })

  test('leave whom they do not name failed, and strangers and repetitions are told', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 3,
      webhook: batchOf(3, { more: outcomes }),
      answer: () =>
        results([
          { customer_id: 'c-0' },
          { customer_id: 'c-0' },
          { customer_id: 9 },
          { customer_id: 'c-2', success: true },
        ]),
    })
    await story.start()
    expect(story.results.map(({ status }) => status)).toEqual(['sent', 'failed', 'sent'])
    expect(story.results[1]?.message).toBe('the answer does not name this customer')
    expect(story.numbers.warnings.map(({ code }) => code)).toEqual(['batch_items_unknown', 'batch_items_repeated'])
  })

  test('may list failures only, by position', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 3,
      webhook: batchOf(3, { more: 'outcomes: { items: /errors, key: /index, code: /code, message: /why }' }),
      answer: () => ({ body: { errors: [{ index: 'c-1', code: 7, why: 'no phone' }] } }),
    })
    await story.start()
    expect(story.results.map(({ status }) => status)).toEqual(['sent', 'failed', 'sent'])
    expect(story.results[1]).toMatchObject({ error_code: '7', message: 'no phone' })
  })

  test('win over a whole answer that says no, which is for all others', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 3,
      webhook: batchOf(3, { more: outcomes }),
      answer: () =>
        results([{ customer_id: 'c-1', success: true }], { success: false, errors: [{ code: 5, description: 'no' }] }),
    })
    await story.start()
    expect(story.results.map(({ status, error_code }) => [status, error_code])).toEqual([
      ['failed', '5'],
      ['sent', null],
      ['failed', '5'],
    ])
  })

  test('of a thousand customers are all read', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 1000,
      webhook: batchOf(1000, { more: 'outcomes: { items: /results, key: position, ok: /success }' }),
      answer: (request) =>
        results(customersIn(request).map((id, at) => ({ success: at % 100 !== 0, id, note: 'x'.repeat(500) }))),
    })
    await story.start()
    expect(story.numbers).toMatchObject({ sent: 990, failed: 10, deliveries: 1 })
  })
})

describe('on_client_error: split', () => {
  const split = 'on_client_error: split'
  const refusing =
    (poisoned: readonly string[], status = 422) =>
    (request: Received): Reply =>
      customersIn(request).some((id) => poisoned.includes(id))
        ? { status, body: { errors: [{ code: 9, description: 'bad' }] } }
        : {}
  const isAccepted =
    (poisoned: readonly string[]) =>
    (request: Received): boolean =>
      !customersIn(request).some((id) => poisoned.includes(id))

  test('finds the one of a thousand within its budget, and sends the others once', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 1000,
      webhook: batchOf(1000, { more: split }),
      answer: refusing(['c-617']),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.receiver.count - 1).toBeLessThanOrEqual(Math.floor(2 * Math.log2(1000) + 2))
    expect(story.numbers).toMatchObject({ sent: 999, failed: 1, failures: { client_error: 1 } })
    expect(story.results[617]).toMatchObject({
      status: 'failed',
      reason: 'client_error',
      http_status: 422,
      error_code: '9',
    })
    expectEachOnce(story, 1000, isAccepted(['c-617']))
    const id = `${story.runId}-0`
    expect(
      story.receiver.requests
        .slice(0, 3)
        .map(({ key }) => key)
        .toSorted((a, b) => a!.localeCompare(b!)),
    ).toEqual([id, `${id}_0`, `${id}_1`])
  })

  test('fails what is left as one client error when both halves are refused', async ({ tell }) => {
    const story = await tell({
      senders: 1,
      customers: 1600,
      webhook: batchOf(16, { more: split, webhook: 'concurrency: 1' }),
      answer: refusing(['c-9', 'c-15'], 400),
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    expect(story.stops).toMatchObject([{ rule: 'client_error', scope: 'chunk', http_status: 400 }])
    // The first half was sent; of the other both halves were refused.
    expect(story.results.filter(({ status }) => status === 'failed').map(({ customer_id }) => customer_id)).toEqual(
      names(8, 16),
    )
    expect(story.numbers.failures).toEqual({ client_error: 8 })
  })

  test('goes on in halves that meet trouble of their own', async ({ tell }) => {
    const refuse = refusing(['c-3'], 413)
    const story = await tell({
      senders: 1,
      customers: 8,
      webhook: batchOf(8, { more: split }),
      answer: (request) => (request.key!.includes('_') && request.attempt === 1 ? { status: 503 } : refuse(request)),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.numbers).toMatchObject({ sent: 7, failed: 1 })
    expect(story.results[3]).toMatchObject({ status: 'failed', http_status: 413, attempts: 2 })
  })

  test('is not for one customer alone, nor for a status with a meaning of its own', async ({ tell }) => {
    const alone = await tell({ customers: 1, webhook: batchOf(8, { more: split }), answer: () => ({ status: 422 }) })
    expect(await alone.start()).toMatchObject({ state: 'finished' })
    expect(alone.stops).toMatchObject([{ rule: 'client_error' }])
    const meant = await tell({
      customers: 8,
      webhook: batchOf(8, { more: split, webhook: 'answers: { 422: failed }' }),
      answer: () => ({ status: 422 }),
    })
    await meant.start()
    expect(meant.receiver.count).toBe(1)
    expect(meant.numbers.failures).toEqual({ refused: 8 })
  })
})

describe('a replay of batches', () => {
  test('repeats what is in doubt with the same key, customers and bytes, and batches the others anew', async ({
    tell,
  }) => {
    let isMended = false
    const customer =
      '{% if customer.customer_id == "c-3" %}{{ customer.a.b }}{% endif %}{"customer_id":{{ customer.customer_id }},"n":{{ range(1000)|random }}}'
    const story = await tell({
      senders: 1,
      customers: 25,
      webhook: batchOf(5, { customer, webhook: 'retry: { delays: [] }\ntimeout: 300ms' }),
      answer: (request) => {
        const has = (id: string): boolean => request.body.includes(`"${id}"`)
        if (isMended) return {}
        return has('c-0') || has('c-10') ? { misbehave: 'hang' } : has('c-5') || has('c-15') ? { status: 500 } : {}
      },
    })
    await story.start()
    expect(story.numbers.failures).toEqual({ render: 1, timeout: 9, exhausted: 10 })
    const before = story.receiver.requests.slice()
    isMended = true
    const old = findRun(story.dataFolder, story.runId)
    const { campaign, snapshot } = story.folder.load()
    const { rows, counts } = selectForReplay(old, campaign, {
      statuses: ['failed'],
      reasons: ['timeout', 'exhausted'],
      httpStatuses: null,
      newKeys: false,
    })
    expect(counts).toMatchObject({ customers: 19, kept: 9, torn: 0 })
    const replay = { from: story.runId, campaign, snapshot, rows, onRunId: (id: string) => (story.runId = id) }
    expect(await replayRun(replay, story.options())).toMatchObject({ state: 'finished' })
    const after = story.receiver.requests.slice(before.length)
    const repeated = after.filter(({ key }) => before.some((earlier) => earlier.key === key))
    expect(repeated).toHaveLength(2)
    for (const { key, body } of repeated) expect(before.find((earlier) => earlier.key === key)?.body).toBe(body)
    const anew = after.filter((request) => !repeated.includes(request))
    expect(anew.map((request) => customersIn(request).join(' '))).toEqual(
      expect.arrayContaining([names(5, 10).join(' '), names(15, 20).join(' ')]),
    )
    expect(anew).toHaveLength(2)
    expect(story.numbers).toMatchObject({ sent: 19, failed: 0 })
  })
})

describe('kill -9 of a run of batches', () => {
  test(
    'loses nobody, repeats what was in flight with the same bytes, and goes on with what was halved',
    { timeout: 120_000 },
    async ({ onTestFinished }) => {
      const folder = mkdtempSync(join(tmpdir(), 'kill-batches-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const poisoned = ['c-77', 'c-1290', 'c-1999']
      await using receiver = await createReceiver({
        answer: (request, n) => {
          if (customersIn(request).some((id) => poisoned.includes(id))) return { status: 422, delayMs: 5 }
          return n % 7 === 0 && request.attempt === 1 ? { status: 503, delayMs: 5 } : { delayMs: 5 }
        },
      })
      const customer =
        '{% if customer.customer_id == "c-1234" %}{% abort %}{% endif %}{"customer_id":{{ customer.customer_id }},"n":{{ range(99)|random }}}'
      const webhook = batchOf(40, {
        customer,
        more: 'on_client_error: split',
        webhook: `url: "${receiver.url}/"\nconcurrency: 4\nretry: { delays: [100ms, 100ms, 100ms, 100ms] }`,
      })
      const lines = webhook.split('\n').map((line) => `  ${line}`)
      writeFileSync(
        join(folder, 'campaign.yaml'),
        ['name: kill', 'audience: people.ndjson', 'webhook:', ...lines].join('\n'),
      )
      const rows = names(0, 2000).map((customer_id) => `${JSON.stringify({ customer_id })}\n`)
      writeFileSync(join(folder, 'people.ndjson'), rows.join(''))
      const data = join(folder, 'data')
      let runId: string | null = null
      for (const wanted of [8, 16, 24, 34, 44, 54]) {
        const args = runId === null ? ['run', join(folder, 'campaign.yaml')] : ['resume', runId]
        const command = startCommand([...args, '--data', data, '--quiet', '--yes', '--senders', '1'])
        await Promise.race([receiver.waitFor(wanted), command.finished])
        command.child.kill('SIGKILL')
        await command.finished
        const { stdout } = await runCommand(['runs', '--json', '--data', data])
        runId = (JSON.parse(stdout) as { runs: { run_id: string }[] }).runs[0]!.run_id
      }
      const { stdout } = await runCommand(['resume', runId!, '--data', data, '--json', '--quiet', '--yes'])
      expect(JSON.parse(stdout)).toMatchObject({
        customers: 2000,
        sent: 1996,
        failed: 3,
        suppressed: 1,
        aborted: 0,
        waiting: 0,
        pending: 0,
        failures: { client_error: 3 },
      })
      const journal = journalFrom(receiver.requests)
      checkRun({ dataFolder: data, runId: runId!, journal, webhook: webhookOf(data, runId!), crashes: 6 })
      const byKey = Map.groupBy(receiver.requests, ({ key }) => key)
      for (const requests of byKey.values()) expect(new Set(requests.map(({ body }) => body)).size).toBe(1)
      // A key is one request to the receiver, however often it comes: nobody is in two that it accepted.
      const accepted = [...byKey.values()]
        .map(([request]) => customersIn(request!))
        .filter((ids) => !ids.some((id) => poisoned.includes(id)))
        .flat()
      expect(new Set(accepted).size).toBe(accepted.length)
      expect(accepted).toHaveLength(1996)
      const report = await runCommand(['report', runId!, '--format', 'ndjson', '--data', data])
      const results = report.stdout.trimEnd().split('\n')
      expect(results).toHaveLength(2000)
      const culprit = JSON.parse(results[77]!) as Record<string, unknown>
      expect(culprit).toMatchObject({ customer_id: 'c-77', reason: 'client_error', batch_size: 1, seq: 77 })
      expect(culprit['request_id']).toMatch(new RegExp(`^${runId}-40_[01]+$`))
      expect(JSON.parse(results[1235]!)).toMatchObject({ request_id: `${runId}-1200`, batch_size: 39 })
    },
  )
})
