import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test as base } from 'vitest'
import { childrenOf, isAlive, runCommand, startCommand } from '../support/command-line.ts'
import { createReceiver, type Received, type Receiver, type Reply } from '../support/receiver.ts'

interface Setup {
  readonly customers: number
  readonly answer?: (request: Received, n: number) => Reply
  readonly webhook?: string
  readonly top?: string
}

interface Desk {
  readonly receiver: Receiver
  readonly folder: string
  readonly campaign: string
  /** The command with the data folder, without a word on stderr. */
  hookcast(...args: readonly string[]): ReturnType<typeof runCommand>
  start(...args: readonly string[]): ReturnType<typeof startCommand>
  json(...args: readonly string[]): Promise<Record<string, any>>
}

/** What an operator has before them: a campaign, a receiver, the command. */
const test = base.extend<{ sitDown: (setup: Setup) => Promise<Desk> }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  sitDown: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async ({ customers, answer, webhook = '', top = '' }) => {
      const receiver = stack.use(
        await createReceiver({
          ...(answer === undefined ? {} : { answer }),
          customerOf: ({ body }) => /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null,
        }),
      )
      const folder = mkdtempSync(join(tmpdir(), 'desk-'))
      stack.defer(() => rmSync(folder, { recursive: true }))
      const rows = Array.from({ length: customers }, (_, i) => `${JSON.stringify({ customer_id: `c-${i}` })}\n`)
      writeFileSync(join(folder, 'people.ndjson'), rows.join(''))
      const campaign = join(folder, 'campaign.yaml')
      const lines = [
        'name: desk',
        'audience: people.ndjson',
        top,
        'webhook:',
        `  url: "${receiver.url}/v1/messages"`,
        `  body: '{"customer_id":"{{ customer.customer_id }}"}'`,
        ...webhook.split('\n').map((line) => `  ${line}`),
      ]
      writeFileSync(campaign, lines.join('\n'))
      const data = ['--data', join(folder, 'data')]
      return {
        receiver,
        folder,
        campaign,
        hookcast: (...args) => runCommand([...args, ...data]),
        start: (...args) => startCommand([...args, ...data]),
        json: async (...args) => JSON.parse((await runCommand([...args, ...data])).stdout) as Record<string, any>,
      }
    })
  },
})

describe('hookcast run', () => {
  test('ends with 0 when everyone was sent, and the report says so', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 50 })
    const { code, stdout, stderr } = await desk.hookcast('run', desk.campaign)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('50')
    const { runs } = await desk.json('runs', '--json')
    expect(runs).toMatchObject([{ campaign: 'desk', state: 'finished', customers: 50, sent: 50, pending: 0 }])
    expect(existsSync(join(desk.folder, 'data/runs', runs[0].run_id, 'ballast'))).toBe(false)
  })

  test('ends with 1 when somebody failed, with exactly one object on stdout', async ({ sitDown }) => {
    const desk = await sitDown({
      customers: 5,
      answer: ({ customer }) => (customer === 'c-2' ? { body: { success: false, errors: [{ code: 7 }] } } : {}),
    })
    const { code, stdout } = await desk.hookcast('run', desk.campaign, '--json', '--quiet')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, customers: 5, sent: 4, failed: 1, failures: { refused: 1 } })
  })

  test('stops after --limit and goes on with the rest on resume: nobody is done twice', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 100 })
    const { code, stdout } = await desk.hookcast('run', desk.campaign, '--limit', '30', '--json', '--quiet')
    expect(code).toBe(130)
    const report = JSON.parse(stdout) as Record<string, any>
    expect(report).toMatchObject({ state: 'interrupted', sent: 30, pending: 70 })
    expect(desk.receiver.count).toBe(30)
    expect(await desk.json('resume', report['run_id'], '--json', '--quiet')).toMatchObject({
      state: 'finished',
      sent: 100,
      resumed: 1,
    })
    expect(desk.receiver.count).toBe(100)
    expect(new Set(desk.receiver.requests.map(({ key }) => key)).size).toBe(100)
  })

  test('pauses after a share of the audience', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 200 })
    const { code, stdout } = await desk.hookcast('run', desk.campaign, '--pause-after', '5%', '--json', '--quiet')
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ state: 'paused', sent: 10, pending: 190 })
  })

  test('on Ctrl-C finishes what is in flight and names the resume command', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 500, webhook: 'concurrency: 5', answer: () => ({ delayMs: 50 }) })
    const run = desk.start('run', desk.campaign)
    await desk.receiver.waitFor(20)
    process.kill(run.pid, 'SIGINT')
    const { code, stderr } = await run.finished
    expect(code).toBe(130)
    expect(stderr).toMatch(/hookcast resume [0-9a-f-]{36}/)
    const { runs } = await desk.json('runs', '--json')
    expect(runs[0]).toMatchObject({ state: 'interrupted', sent: desk.receiver.count })
    expect(await desk.json('resume', runs[0].run_id, '--json', '--quiet')).toMatchObject({ sent: 500, in_doubt: 0 })
    expect(desk.receiver.count).toBe(500)
  })

  test('on a second Ctrl-C stops at once; what was in flight is sent again with the same key', async ({ sitDown }) => {
    let isSlow = true
    const desk = await sitDown({
      customers: 50,
      webhook: 'concurrency: 10',
      answer: () => ({ delayMs: isSlow ? 8_000 : 0 }),
    })
    const run = desk.start('run', desk.campaign)
    await desk.receiver.waitFor(10)
    const children = childrenOf(run.pid)
    process.kill(run.pid, 'SIGINT')
    await run.untilStderr('\n')
    process.kill(run.pid, 'SIGINT')
    const { code } = await run.finished
    expect(code).toBe(130)
    expect(children.filter(isAlive)).toEqual([])
    isSlow = false
    const { runs } = await desk.json('runs', '--json')
    expect(await desk.json('resume', runs[0].run_id, '--json', '--quiet')).toMatchObject({
      state: 'finished',
      sent: 50,
    })
    expect(new Set(desk.receiver.requests.map(({ key }) => key)).size).toBe(50)
  })

  test('of an empty audience is a run of nobody, with a warning', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 0 })
    const report = await desk.json('run', desk.campaign, '--json', '--quiet')
    expect(report).toMatchObject({ state: 'finished', customers: 0, warnings: [{ code: 'audience_empty' }] })
  })

  test('streams standard input while it comes', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 0 })
    const bin = new URL('../../bin/hookcast.js', import.meta.url).pathname
    const args = [
      bin,
      'run',
      desk.campaign,
      '--audience',
      '-',
      '--json',
      '--quiet',
      '--data',
      join(desk.folder, 'data'),
    ]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stdin.write('{"customer_id":"first"}\n')
    // The first customer is called while the audience is still open.
    await desk.receiver.waitFor(1)
    child.stdin.end('{"customer_id":"second"}\nnot json\n{"customer_id":"third"}\n')
    await new Promise((resolve) => child.once('close', resolve))
    expect(JSON.parse(stdout)).toMatchObject({ customers: 4, sent: 3, failed: 1, failures: { row: 1 } })
    expect(desk.receiver.requests.map(({ customer }) => customer)).toEqual(['first', 'second', 'third'])
  })
})

describe('hookcast pause and cancel', () => {
  test('pause a run of another process, which resumes', async ({ sitDown }) => {
    // Slow enough not to end before the other commands have started, on a busy machine too.
    let delayMs = 500
    const desk = await sitDown({ customers: 300, webhook: 'concurrency: 5', answer: () => ({ delayMs }) })
    const run = desk.start('run', desk.campaign, '--quiet', '--json')
    await desk.receiver.waitFor(10)
    const { runs } = await desk.json('runs', '--json')
    expect((await desk.hookcast('pause', runs[0].run_id)).code).toBe(0)
    delayMs = 0
    const { code, stdout } = await run.finished
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ state: 'paused' })
    expect(await desk.json('resume', runs[0].run_id, '--json', '--quiet')).toMatchObject({
      state: 'finished',
      sent: 300,
    })
    expect(desk.receiver.count).toBe(300)
  })

  test('cancel a run: whoever has no final row is aborted, and it does not go on', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 300, webhook: 'concurrency: 5', answer: () => ({ delayMs: 500 }) })
    const run = desk.start('run', desk.campaign, '--quiet', '--json')
    await desk.receiver.waitFor(10)
    const { runs } = await desk.json('runs', '--json')
    expect((await desk.hookcast('cancel', runs[0].run_id)).code).toBe(0)
    const { code, stdout } = await run.finished
    expect(code).toBe(1)
    const report = JSON.parse(stdout) as Record<string, any>
    expect(report).toMatchObject({ state: 'cancelled', pending: 0, waiting: 0 })
    expect(report['sent'] + report['aborted']).toBe(300)
    expect((await desk.hookcast('resume', runs[0].run_id)).code).toBe(2)
  })
})

describe('hookcast resume', () => {
  test('of a run that another process works on is refused', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 100, webhook: 'concurrency: 2', answer: () => ({ delayMs: 500 }) })
    const run = desk.start('run', desk.campaign, '--quiet')
    await desk.receiver.waitFor(4)
    const { runs } = await desk.json('runs', '--json')
    const { code, stderr } = await desk.hookcast('resume', runs[0].run_id)
    expect(code).toBe(2)
    expect(stderr).toContain(`pid ${run.pid}`)
    process.kill(run.pid, 'SIGINT')
    await run.finished
  })
})

describe('a streamed run', () => {
  test('is locked like any other', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 100, webhook: 'concurrency: 2', answer: () => ({ delayMs: 500 }) })
    const run = desk.start('run', desk.campaign, '--quiet', '--stream')
    await desk.receiver.waitFor(4)
    const { runs } = await desk.json('runs', '--json')
    expect(runs).toMatchObject([{ state: 'running' }])
    expect(await desk.hookcast('resume', runs[0].run_id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`pid ${run.pid}`),
    })
    expect((await desk.hookcast('cancel', runs[0].run_id)).code).toBe(0)
    await run.finished
    expect((await desk.json('report', runs[0].run_id, '--format', 'json'))['sent']).toBe(desk.receiver.count)
  })

  test('reads on where a batch takes more rows than are read before calls begin', async ({ sitDown }) => {
    const desk = await sitDown({ customers: 0 })
    const wide = 'x'.repeat(1000)
    const rows = Array.from({ length: 250 }, (_, i) => `${JSON.stringify({ customer_id: `c-${i}`, wide })}\n`)
    writeFileSync(join(desk.folder, 'people.ndjson'), rows.join(''))
    const lines = [
      'name: desk',
      'audience: people.ndjson',
      'webhook:',
      `  url: "${desk.receiver.url}/v1/messages"`,
      `  batch: { size: 200, root: '[{{ customers | join(",") }}]', customer: '{"id":"{{ customer.customer_id }}"}' }`,
    ]
    writeFileSync(desk.campaign, lines.join('\n'))
    const report = await desk.json('run', desk.campaign, '--json', '--quiet', '--stream')
    expect(report).toMatchObject({ state: 'finished', customers: 250, sent: 250, deliveries: 2 })
  })
})

describe('hookcast replay', () => {
  test('makes a new run of those that failed, with new keys', async ({ sitDown }) => {
    let isMended = false
    const desk = await sitDown({
      customers: 20,
      answer: ({ customer }) =>
        !isMended && ['c-3', 'c-7'].includes(customer!) ? { body: { success: false, errors: [] } } : {},
    })
    const first = await desk.json('run', desk.campaign, '--json', '--quiet')
    expect(first).toMatchObject({ sent: 18, failed: 2 })
    isMended = true
    const second = await desk.json('replay', first['run_id'], '--status', 'failed', '--json', '--quiet', '--yes')
    expect(second).toMatchObject({ customers: 2, sent: 2 })
    expect(second['run_id']).not.toBe(first['run_id'])
    const again = desk.receiver.requests.slice(20)
    expect(again.map(({ customer }) => customer)).toEqual(['c-3', 'c-7'])
    expect(again.map(({ key }) => key)).toEqual([`${second['run_id']}-0`, `${second['run_id']}-1`])
    // Who was sent to by a replay is nobody's to be replayed again: the receiver could not tell.
    const third = await desk.hookcast('replay', first['run_id'], '--status', 'failed', '--yes')
    expect(third).toMatchObject({ code: 0, stderr: expect.stringContaining('a replay has sent to 2 of them before') })
    expect(desk.receiver.count).toBe(22)
  })

  test('and resume never send to the same customers', async ({ sitDown }) => {
    let isMended = false
    const desk = await sitDown({
      customers: 20,
      webhook: 'concurrency: 1',
      answer: ({ customer }) => ({ status: !isMended && customer === 'c-5' ? 401 : 200 }),
    })
    const first = await desk.json('run', desk.campaign, '--json', '--quiet')
    expect(first).toMatchObject({ sent: 5, failed: 1, aborted: 14 })
    isMended = true
    expect(await desk.json('replay', first['run_id'], '--json', '--quiet', '--yes')).toMatchObject({ sent: 15 })
    expect(await desk.hookcast('resume', first['run_id'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('replay'),
    })
    expect(desk.receiver.count).toBe(21)
  })

  test('repeats what ended in doubt with the same key and the same bytes, whatever the template is now', async ({
    sitDown,
  }) => {
    let isMended = false
    const desk = await sitDown({
      customers: 3,
      webhook: 'timeout: 300ms\nretry: { delays: [] }',
      answer: ({ customer }) => {
        if (customer !== 'c-1') return {}
        return isMended ? { status: 409 } : { misbehave: 'hang' }
      },
    })
    const first = await desk.json('run', desk.campaign, '--json', '--quiet')
    expect(first).toMatchObject({ sent: 2, failed: 1, in_doubt: 1, failures: { timeout: 1 } })
    isMended = true
    const text = readFileSync(desk.campaign, 'utf8')
    writeFileSync(desk.campaign, text.replace('"customer_id":"{{', '"is_new":1,"customer_id":"{{'))
    const second = await desk.json('replay', first['run_id'], '--json', '--quiet', '--yes')
    // The receiver had it: what it refuses as a duplicate is what was asked of it.
    expect(second).toMatchObject({ sent: 1, already_accepted: 1, codes: { 409: 1 } })
    const [before, after] = desk.receiver.requests.filter(({ customer }) => customer === 'c-1')
    expect(after?.key).toBe(before?.key)
    expect(after?.body).toBe(before?.body)
  })
})
