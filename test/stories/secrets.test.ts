import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canariesOf, searchFor } from '../support/canary.ts'
import { childrenOf, startCommand, type Finished } from '../support/command-line.ts'
import { Proxy } from '../support/proxy.ts'
import { createReceiver, type Received, type Reply } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder } from '../support/service.ts'

/** Each is written otherwise in JSON, in a URL, in HTML and in UTF-8. */
const canary = (name: string): string => `${name}-${randomBytes(6).toString('hex')}"\\+/=&<>%20`
const SECRETS: Readonly<Record<string, string>> = {
  PASSWORD: `${canary('Cnry-Password')}é`,
  TOKEN: canary('Cnry-Token'),
  HEADER: canary('Cnry-Header'),
  PROXY: canary('Cnry-Proxy'),
  SIGNING: `whsec_${randomBytes(32).toString('base64')}`,
  KEY: randomBytes(32).toString('base64'),
  ADMIN: ADMIN_TOKEN,
}
const PAIRS = [
  ['acme', 'PASSWORD'],
  ['tunnel', 'PROXY'],
] as const
const ENV = {
  PASSWORD: SECRETS['PASSWORD']!,
  TOKEN: SECRETS['TOKEN']!,
  HEADER: SECRETS['HEADER']!,
  PROXY: SECRETS['PROXY']!,
  SIGNING: SECRETS['SIGNING']!,
  HOOKCAST_SECRET_KEY: SECRETS['KEY']!,
  // What a person sets who looks for a mistake.
  NODE_DEBUG: 'http,net,tls,undici,child_process',
  DEBUG: '*',
}

/** Says what it was sent, in every way that a receiver may: nothing of it may be kept. */
function echo({ headers, customer }: Received): Reply {
  const { authorization = '', 'x-api-key': key = '' } = headers
  const basic = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()
  const sent = [authorization, key, basic.replace('acme:', '')]
  const said = sent.flatMap((text) => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('hex'),
    JSON.stringify(text),
  ])
  const errors = [{ code: `no ${key}`, description: said.join(' ') }]
  const json = { success: false, errors }
  const text = { 'content-type': 'text/plain' }
  const replies: Readonly<Record<string, Reply>> = {
    refused: { body: json },
    'refused-text': { status: 400, body: said.join(' '), headers: text },
    busy: { status: 503, body: json },
    'busy-text': { status: 500, body: said.join('\n'), headers: text },
    reset: { misbehave: 'reset' },
    garbage: { misbehave: 'garbage' },
    accepted: { body: { success: true, result: { code: key, status: authorization }, id: said.join(' ') } },
    moved: { status: 302, headers: { location: `https://elsewhere.example/?key=${encodeURIComponent(key)}` } },
    stopped: { status: 401, body: json, headers: { 'www-authenticate': authorization } },
  }
  return replies[customer ?? 'refused-text'] ?? {}
}

const CUSTOMERS = ['refused', 'refused-text', 'busy', 'busy-text', 'reset', 'garbage', 'accepted', 'fine', 'moved']

const campaign = (name: string, url: string, webhook: readonly string[]): string =>
  [
    `name: ${name}`,
    'audience: people.ndjson',
    'webhook:',
    `  url: "${url}/v1/messages"`,
    `  body: '{"customer_id":"{{ customer.customer_id }}","broken":"{{ customer.broken.it }}"}'`,
    '  headers: [{ name: X-Api-Key, value: "${HEADER}", type: secret }]',
    '  response_handling: json',
    '  answers: { 400: failed, 302: failed }',
    '  retry: { delays: [100ms] }',
    '  event_properties: { id: "{{ response.body.id }}" }',
    ...webhook.map((line) => `  ${line}`),
  ].join('\n')

const rows = (names: readonly string[]): string =>
  names.map((customer_id) => `${JSON.stringify({ customer_id, broken: { it: 'x' } })}\n`).join('')

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const customerOf = ({ body }: { readonly body: string }): string | null =>
  /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null

describe('secrets', { timeout: 240_000 }, () => {
  test('are in nothing that the command line writes, prints or keeps, however a run ends', async ({
    onTestFinished,
  }) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const gate = Promise.withResolvers<void>()
    await using receiver = await createReceiver({
      answer: async (request) => {
        if (request.customer === 'held') await gate.promise
        return echo(request)
      },
      customerOf,
    })
    await using proxy = new Proxy({ credentials: `tunnel:${SECRETS['PROXY']!}` })
    await proxy.listen()
    write(
      join(folder, 'hookcast.yaml'),
      [
        `auth: { api: { type: basic, username: acme, password: "\${PASSWORD}", url_prefix: "${receiver.url}/v1" } }`,
        `egress: { static: { proxy: "http://tunnel:\${PROXY}@${proxy.place}" } }`,
      ].join('\n'),
    )
    const own = join(folder, 'own')
    write(join(own, 'basic/campaign.yaml'), campaign('basic', receiver.url, ['auth: api', 'static_ips: true']))
    const bearer = ['auth: { type: bearer, token: "${TOKEN}" }']
    write(join(own, 'bearer/campaign.yaml'), campaign('bearer', receiver.url, bearer))
    write(
      join(own, 'broken/campaign.yaml'),
      campaign('broken', receiver.url, [...bearer, 'timout: 1s', 'body: "{{ x"']),
    )
    write(join(own, 'outside/campaign.yaml'), campaign('outside', 'http://127.0.0.1:9', ['auth: api']))
    for (const name of ['basic', 'bearer', 'broken', 'outside'])
      write(join(own, name, 'people.ndjson'), rows(CUSTOMERS))

    const texts: Record<string, string> = {}
    const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      startCommand(
        [...args, '--data', join(folder, 'data'), '--config', join(folder, 'hookcast.yaml'), '--senders', '1'],
        { ...ENV, ...env },
      )
    const run = async (
      name: string,
      args: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<Finished> => {
      const finished = await start(args, env).finished
      texts[name] = finished.stdout + finished.stderr
      return finished
    }
    const file = (name: string): string => join(own, name, 'campaign.yaml')
    await run('validate', ['validate', file('basic')])
    await run('validate, broken', ['validate', file('broken')])
    expect((await run('validate, outside its prefix', ['validate', file('outside')])).stderr).toContain('outside')
    await run('preview', ['preview', file('basic'), '--lint'])
    for (const customer of ['refused', 'accepted', 'reset']) {
      await run(`test ${customer}`, ['test', file('basic'), '--customer', customer])
    }
    await run('dry run', ['run', file('bearer'), '--dry-run', '--json'])
    await run('egress', ['egress'])
    const check = ['check', `${receiver.url}/v1/messages`, '--yes', '--only', 'valid_call,wrong_password', '--json']
    await run('check', [...check, '--user', 'acme', '--password-env', 'PASSWORD'])
    const runIds: string[] = []
    for (const name of ['basic', 'bearer']) {
      const { stdout, stderr, code } = await run(`run ${name}`, ['run', file(name), '--json'])
      expect(code, stderr).toBe(1)
      const report = JSON.parse(stdout) as { run_id: string; sent: number }
      expect(report).toMatchObject({ sent: 2, customers: CUSTOMERS.length })
      runIds.push(report.run_id)
    }
    // Stopped, with samples of what was said.
    write(join(own, 'bearer/people.ndjson'), rows(['busy-text', 'stopped', 'fine']))
    const stopped = JSON.parse((await run('run, stopped', ['run', file('bearer'), '--json'])).stdout) as {
      run_id: string
    }
    runIds.push(stopped.run_id)
    for (const [at, runId] of runIds.entries()) {
      await run(`page ${at}`, ['report', runId, '--format', 'html', '--out', join(folder, `report-${at}.html`)])
      if (at === 1) continue
      for (const format of ['table', 'ndjson', 'csv'])
        await run(`${format} ${at}`, ['report', runId, '--format', format])
    }
    await run('replay', ['replay', runIds[0]!, '--yes', '--json'])
    await run('export', ['export', '--customer', 'busy', '--out', join(folder, 'export.json')])
    await run('runs', ['runs', '--json'])
    // Without a secret; with one that cannot be one.
    await run('run, not set', ['run', file('basic')], { PASSWORD: '' })
    await run('run, wrong', ['run', file('basic')], { PASSWORD: `${SECRETS['PASSWORD']!}\n` })
    // It dies: from outside, and over a defect.
    write(join(own, 'bearer/people.ndjson'), rows(['busy', 'held', 'fine']))
    const before = receiver.count
    const killed = start(['run', file('bearer')])
    await receiver.waitUntil(() => receiver.requests.slice(before).some(({ customer }) => customer === 'held'))
    for (const pid of childrenOf(killed.pid)) {
      texts[`what ps tells of ${pid}`] =
        readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
    }
    texts['what ps tells'] = readFileSync(`/proc/${killed.pid}/cmdline`, 'utf8')
    killed.child.kill('SIGKILL')
    const { stdout, stderr } = await killed.finished
    texts['killed'] = stdout + stderr
    write(join(folder, 'boom.mjs'), "setTimeout(() => { throw new Error('boom') }, 1500)\n")
    const boom = { NODE_OPTIONS: `--import=${join(folder, 'boom.mjs')}` }
    expect((await run('uncaught', ['run', file('bearer')], boom)).stderr).toContain('boom')
    gate.resolve()

    // Each was really sent.
    const sent = JSON.stringify(receiver.requests.map(({ headers }) => headers))
    const canaries = canariesOf(SECRETS, PAIRS)
    for (const name of ['PASSWORD', 'TOKEN', 'HEADER']) {
      const forms = canaries.filter((canary) => canary.name === name)
      expect(
        forms.some(({ text }) => sent.includes(text)),
        name,
      ).toBe(true)
    }
    expect(proxy.tunnels).toBeGreaterThan(0)
    const { hits, files, bytes } = searchFor(canaries, { folder, texts })
    console.log(
      `secrets: ${canaries.length} writings of ${Object.keys(SECRETS).length}, ${files} files and ${Object.keys(texts).length} outputs, ${bytes} bytes, ${hits.length} hits`,
    )
    expect(hits).toEqual([])
  })

  test('are in nothing that the service answers, logs or keeps', async () => {
    await using receiver = await createReceiver({ answer: echo, customerOf })
    await using ops = await createReceiver()
    const auth = ['auth: { type: basic, username: acme, password: "${PASSWORD}" }']
    await using folder = createServiceFolder({
      'campaigns/spring/campaign.yaml': campaign('spring', receiver.url, auth),
      'campaigns/spring/people.ndjson': rows(CUSTOMERS),
      'hookcast.yaml': [
        'env: [PASSWORD, HEADER]',
        'server: { listen: { admin: "127.0.0.1:0" } }',
        'log: { attempts: all }',
        `notify: { url: "${ops.url}/ops", secret: "\${SIGNING}" }`,
        'triggers: { shop: { secrets: ["${SIGNING}"] } }',
      ].join('\n'),
    })
    const texts: Record<string, string> = {}
    const first = await folder.start(ENV)
    const ask = async (path: string, body?: object): Promise<string> => {
      const headers = { 'Content-Type': 'application/json' }
      const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) }
      const answer = await first.call(path, init)
      const text = `${JSON.stringify([...answer.headers])} ${await answer.text()}`
      texts[`${path} ${Object.keys(texts).length}`] = text
      expect(answer.status, text).toBeLessThan(300)
      return text
    }
    await ask('/v1/campaigns/spring')
    await ask('/v1/campaigns/spring/validate', {})
    await ask('/v1/campaigns/spring/preview', { customer_id: 'busy' })
    for (const customer of ['refused', 'accepted']) await ask('/v1/campaigns/spring/test', { customer_id: customer })
    const made = await ask('/v1/tokens', { name: 'somebody', role: 'operator' })
    const token = /"token":"([^"]+)"/.exec(made)![1]!
    // It is shown this once.
    texts[Object.keys(texts).at(-1)!] = ''
    const runId = /"run_id":"([^"]+)"/.exec(await ask('/v1/campaigns/spring/runs', {}))![1]!
    await expect.poll(async () => (await first.get(`/v1/runs/${runId}`))['state'], { timeout: 60_000 }).toBe('finished')
    const paths = ['', '/results', '/campaign'].map((more) => `/v1/runs/${runId}${more}`)
    for (const path of [...paths, '/v1/runs', '/v1/tokens', '/v1/audit', '/metrics', '/openapi.json', '/readyz']) {
      await ask(path)
    }
    await ask('/v1/customers/export', { customer_id: 'busy-text' })
    await ops.waitFor(1)
    for (const [at, { body, headers }] of ops.requests.entries())
      texts[`notice ${at}`] = `${JSON.stringify(headers)} ${body}`
    const killed = await first.end('SIGKILL')
    const second = await folder.start(ENV)
    const ended = await second.end('SIGTERM')
    texts['log'] = [killed, ended].map(({ stdout, stderr }) => stdout + stderr).join('')
    const canaries = canariesOf({ ...SECRETS, NEW_TOKEN: token }, PAIRS)
    const { hits, files, bytes } = searchFor(canaries, { folder: folder.path, texts })
    console.log(
      `secrets of a service: ${canaries.length} writings, ${files} files and ${Object.keys(texts).length} outputs, ${bytes} bytes, ${hits.length} hits`,
    )
    expect(hits).toEqual([])
  })
})
