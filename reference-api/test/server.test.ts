import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { Redis } from 'ioredis'
import type { Work } from '../src/store/store.ts'
import { Api, GOOD } from './test-api.ts'
import { NO_REDIS, TestRedis } from './test-redis.ts'

const MAIN = new URL('../src/main.js', import.meta.url).pathname
/** Without the `.env` of whoever runs the tests. */
const ELSEWHERE = mkdtempSync(join(tmpdir(), 'reference-api-'))

describe('stopping', () => {
  it('loses nothing that was acknowledged: what is queued is done first', async () => {
    await using api = await Api.start({ PROVIDER_DELAY_MS: '20' })
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) => api.send('/v1/messages', { ...GOOD, customer_id: `c-${index}` })),
    )
    assert.ok(replies.every(({ body }) => body.success))
    await api.stop()
    assert.equal(new Set(api.outbox().map(({ payload }) => payload['customer_id'])).size, 200)
  })

  it('answers what is in hand, and takes no more', async () => {
    await using api = await Api.start({ FAULTS: 'delay:300:1' })
    const inHand = api.send('/v1/messages', GOOD, { headers: { 'idempotency-key': 'k' } })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const stopped = api.stop()
    assert.equal((await inHand).body.success, true)
    await stopped
    await assert.rejects(api.send('/v1/messages', GOOD))
  })

  it('leaves what is queued to the next instance when there is Redis', { skip: NO_REDIS }, async () => {
    await using redis = await TestRedis.start()
    await using first = await Api.start({ REDIS_URL: redis.url, PROVIDER_DELAY_MS: '200' })
    const ids = Array.from({ length: 60 }, (_, index) => `c-${index}`)
    await Promise.all(ids.map((id) => first.send('/v1/messages', { ...GOOD, customer_id: id })))
    await first.stop()
    assert.ok(first.outbox().length < 60)
    await using second = await Api.start({ REDIS_URL: redis.url })
    const giveUpAt = Date.now() + 10_000
    const done = (): string[] =>
      [...first.outbox(), ...second.outbox()].map(({ payload }) => String(payload['customer_id']))
    while (new Set(done()).size < 60 && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(done().toSorted(), ids.toSorted())
  })
})

describe('the process', () => {
  const environment = { PATH: process.env['PATH'], PORT: '0', HOST: '127.0.0.1' }

  it('says where it listens, logs JSON without secrets or data, and ends with 0 on SIGTERM', async () => {
    const canary = 'canary-password'
    const child = spawn(process.execPath, [MAIN], {
      cwd: ELSEWHERE,
      env: { ...environment, API_USERS: `acme:${canary}`, LOG_LEVEL: 'debug' },
    })
    let output = ''
    let log = ''
    child.stderr.on('data', (text: Buffer) => (log += text.toString()))
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        output += text.toString()
        const found = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(output)?.[1]
        if (found) resolve(found)
      })
    })
    const authorization = `Basic ${Buffer.from(`acme:${canary}`).toString('base64')}`
    const send = (path: string, body: string): Promise<Response> =>
      fetch(url + path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'canary-key' },
        body,
      })
    await send('/v1/messages', JSON.stringify({ ...GOOD, customer_id: 'canary-customer', text: 'canary-text' }))
    await send('/v1/messages', '{"canary-json')
    await send('/v1/canary-path', '{}')
    await send('/v1/customers/canary-id', '{}')
    child.kill('SIGTERM')
    const code = await new Promise((resolve) => child.once('exit', resolve))
    assert.equal(code, 0)
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    assert.equal(lines[0]?.event, 'store.in_memory')
    assert.equal(lines.at(-1)?.event, 'server.stopped')
    assert.equal(lines.filter(({ event }) => event === 'request.answered').length, 4)
    assert.doesNotMatch(output + log, /canary|447700900123/)
    assert.doesNotMatch(output + log, new RegExp(authorization.slice(6)))
  })

  it('ends with 2 and sentences when the settings are wrong', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], {
      cwd: ELSEWHERE,
      env: { ...environment, PORT: 'x' },
      encoding: 'utf8',
    })
    assert.equal(status, 2)
    assert.match(stderr, /expected `PORT` to be a whole number/)
    assert.match(stderr, /expected `API_USERS` to hold/)
  })

  it('makes a password of its own for the demo, and listens on loopback only', async () => {
    // As a fresh copy of .env.example has them.
    const unset = { API_USERS: '', FAULTS: '' }
    const child = spawn(process.execPath, [MAIN, '--demo'], {
      cwd: ELSEWHERE,
      env: { ...environment, ...unset, HOST: '0.0.0.0' },
    })
    const output = await new Promise<string>((resolve) => {
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes('listening')) resolve(text)
      })
    })
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
    assert.match(output, /^user demo, password \S{16}$/m)
    assert.match(output, /^listening on http:\/\/127\.0\.0\.1:\d+$/m)
  })
})

describe('kill -9 of an instance with Redis', { skip: NO_REDIS }, () => {
  it('loses nothing that was acknowledged, and forgets no key', async () => {
    await using redis = await TestRedis.start()
    const outbox = join(mkdtempSync(join(tmpdir(), 'reference-api-')), 'outbox')
    const own = { API_USERS: 'acme:secret', REDIS_URL: redis.url, PROVIDER_OUTBOX: outbox, PROVIDER_DELAY_MS: '5' }
    const child = spawn(process.execPath, [MAIN], {
      cwd: ELSEWHERE,
      env: { PATH: process.env['PATH'], PORT: '0', ...own },
    })
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        const found = /listening on (\S+)/.exec(text.toString())?.[1]
        if (found) resolve(found)
      })
    })
    const authorization = `Basic ${Buffer.from('acme:secret').toString('base64')}`
    const send = async (base: string, id: string): Promise<Response | null> =>
      fetch(`${base}/v1/messages`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': id },
        body: JSON.stringify({ ...GOOD, customer_id: id }),
      }).catch(() => null)
    const acknowledged: string[] = []
    const ids = Array.from({ length: 400 }, (_, index) => `c-${index}`)
    const sending = Promise.all(
      ids.map(async (id) => {
        if ((await send(url, id))?.status === 200) acknowledged.push(id)
        if (acknowledged.length === 150) child.kill('SIGKILL')
      }),
    )
    await sending
    assert.ok(acknowledged.length >= 150)
    await using second = await Api.start({ API_USERS: 'acme:secret', REDIS_URL: redis.url })
    for (const id of acknowledged) {
      assert.equal((await send(second.url, id))?.headers.get('idempotency-replayed'), 'true')
    }
    await orphan(redis.url)
    const done = (): Set<unknown> => {
      const first = readFileSync(outbox, 'utf8').split('\n').filter(Boolean)
      const works = [...first.map((line) => JSON.parse(line) as Work), ...second.outbox()]
      return new Set(works.map(({ payload }) => payload['customer_id']))
    }
    const giveUpAt = Date.now() + 30_000
    while (acknowledged.some((id) => !done().has(id)) && Date.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.deepEqual(
      acknowledged.filter((id) => !done().has(id)),
      [],
    )
  })
})

/** Makes what the dead instance had in hand look two minutes old. */
async function orphan(url: string): Promise<void> {
  const client = new Redis(url)
  const held = (await client.xpending('reference-api:queue', 'workers', '-', '+', 1000)) as [string, string][]
  for (const [receipt, consumer] of held) {
    await client.xclaim('reference-api:queue', 'workers', consumer, 0, receipt, 'IDLE', 121_000, 'JUSTID')
  }
  await client.quit()
}

describe('connections', () => {
  it('closes a connection that sends its head too slowly', async () => {
    await using api = await Api.start()
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    socket.write('POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const startedAt = performance.now()
    const text = await new Promise<string>((resolve) => {
      let received = ''
      socket.on('data', (chunk) => (received += chunk.toString()))
      socket.on('close', () => resolve(received))
    })
    assert.match(text, /^HTTP\/1\.1 408/)
    assert.ok(performance.now() - startedAt < 14_000)
  })

  it('frees what it held when a sender goes away in the middle of a body, and counts no crash of its own', async () => {
    await using api = await Api.start()
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    const head = [
      'POST /v1/messages HTTP/1.1',
      'Host: x',
      `Authorization: ${api.authorization}`,
      'Content-Type: application/json',
    ]
    socket.write(`${[...head, 'Content-Length: 1000000'].join('\r\n')}\r\n\r\n{`)
    const held = async (): Promise<string> => {
      const text = await (await fetch(`${api.adminUrl}/metrics`)).text()
      return /^api_held_body_bytes (\d+)$/m.exec(text)?.[1] ?? ''
    }
    while ((await held()) !== '1000000');
    socket.destroy()
    const giveUpAt = Date.now() + 5_000
    while ((await held()) !== '0' && Date.now() < giveUpAt);
    assert.equal(await held(), '0')
    const counted = async (): Promise<string> => {
      const text = await (await fetch(`${api.adminUrl}/metrics`)).text()
      return /^api_requests_total\{.*status="(\d+)"\} 1$/m.exec(text)?.[1] ?? ''
    }
    while ((await counted()) === '' && Date.now() < giveUpAt);
    assert.equal(await counted(), '400')
  })
})

describe('administration', () => {
  it('tells health, readiness, numbers and documentation, without credentials', async () => {
    await using api = await Api.start()
    await api.send('/v1/messages', GOOD, { headers: { 'idempotency-key': 'k' } })
    const get = (path: string): Promise<Response> => fetch(api.adminUrl + path)
    assert.equal((await get('/healthz')).status, 200)
    assert.equal((await get('/readyz')).status, 200)
    const metrics = await (await get('/metrics')).text()
    assert.match(metrics, /^api_requests_total\{method="POST",route="\/v1\/messages",status="200"\} 1$/m)
    assert.match(metrics, /^api_idempotency_keys 1$/m)
    assert.match(metrics, /^api_idempotency_key_bytes 1048576$/m)
    for (const line of metrics.trim().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.e+-]+|\w+(\{.*\})? NaN)$/)
    const page = await get('/docs')
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.match(await page.text(), /\/v1\/messages\/batch/)
    const specification = (await (await get('/openapi.json')).json()) as {
      openapi: string
      paths: Record<string, object>
    }
    assert.equal(specification.openapi, '3.1.0')
    for (const path of ['/v1/messages', '/v1/messages/batch', '/v1/customers/{id}', '/v1/newsletters'])
      assert.ok(path in specification.paths, path)
    assert.deepEqual(Object.keys(specification.paths['/v1/customers/{id}'] ?? {}), ['get', 'put', 'patch', 'delete'])
  })

  it('is not served on the public port', async () => {
    await using api = await Api.start()
    for (const path of ['/metrics', '/docs', '/openapi.json', '/healthz']) {
      assert.equal((await fetch(api.url + path)).status, 401)
      assert.equal((await api.send(path, undefined, { method: 'GET' })).status, 404)
    }
  })
})

const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl on the PATH'

describe('TLS', { skip: NO_OPENSSL }, () => {
  it('serves HTTPS with the certificate that scripts/make-dev-ca.sh makes, and a new one after reloading', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reference-api-tls-'))
    const script = new URL('../../scripts/make-dev-ca.sh', import.meta.url).pathname
    const make = (): void => assert.equal(spawnSync('sh', [script, folder], { encoding: 'utf8' }).status, 0)
    make()
    const [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')]
    await using api = await Api.start({ TLS_CERT: certFile, TLS_KEY: keyFile })
    assert.match(api.url, /^https:/)
    const serial = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { ca: readFileSync(join(folder, 'ca.pem')), servername: 'localhost', agent: false }
        const call = request(`${api.url}/v1/messages`, options, (response) => {
          resolve((response.socket as TLSSocket).getPeerCertificate().serialNumber)
          response.resume()
        })
        call.on('error', reject).end()
      })
    const first = await serial()
    make()
    assert.equal(await serial(), first)
    api.server.reloadCertificate()
    assert.notEqual(await serial(), first)
  })
})
