import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { NOTICE_TYPES } from '../../src/campaign/notice.ts'
import { noticeEndpointFrom } from '../../src/serve/notice-endpoint.ts'
import { Notices } from '../../src/serve/notices.ts'
import { createReceiver, type Received } from '../support/receiver.ts'
import { problemsOf } from '../support/campaign-folder.ts'
import { createParts, type Parts } from './fixture.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const written = (text: string): { text: string; file: string; line: number } => ({
  text,
  file: 'hookcast.yaml',
  line: 3,
})

function createNotices(
  parts: Parts,
  url: string,
  on: readonly (typeof NOTICE_TYPES)[number][] = NOTICE_TYPES,
): Notices {
  const settings = { on, url: written(`${url}/ops?team=\${TEAM}`), secret: written('${NOTIFY_SECRET}') }
  const env = { NOTIFY_SECRET: SECRET, TEAM: 'crm' }
  const endpoint = noticeEndpointFrom(settings, { env, networkAllow: [] })
  const publicUrl = 'https://hookcast.example.com'
  const notices = new Notices({ ...parts, endpoint, random: () => 0.5, version: '1.2.3', publicUrl })
  notices.start()
  return notices
}

/** As part of a commit, which is how a notice is put. */
async function put(parts: Parts, notices: Notices, ...notice: Parameters<Notices['put']>): Promise<void> {
  await parts.store.commit(() => notices.put(...notice))
}

const idOf = ({ headers }: Received): string => headers['webhook-id']!

describe('a notice', () => {
  it('is posted with a signature that the standard’s own library accepts', async () => {
    using parts = createParts()
    await using receiver = await createReceiver()
    await using notices = createNotices(parts, receiver.url)
    await put(parts, notices, 'run.aborted', { campaign: 'spring', run_id: 'r-1' })
    await receiver.waitFor(1)
    const [request] = receiver.requests
    const { path, headers, body } = request!
    expect(path).toBe('/ops?team=crm')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'hookcast/1.2.3' })
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({
      type: 'run.aborted',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      data: { campaign: 'spring', run_id: 'r-1', url: 'https://hookcast.example.com/v1/runs/r-1' },
    })
    await expect.poll(() => notices.waiting).toBe(0)
    expect(parts.lines).toMatchObject([{ msg: 'notice.delivered', type: 'run.aborted', attempt: 1 }])
  })

  it('is not made of what nobody asked for', async () => {
    using parts = createParts()
    await using receiver = await createReceiver()
    await using notices = createNotices(parts, receiver.url, ['run.aborted'])
    await put(parts, notices, 'run.finished', {})
    await put(parts, notices, 'run.aborted', {})
    await receiver.waitFor(1)
    expect(JSON.parse(receiver.requests[0]!.body)).toMatchObject({ type: 'run.aborted' })
  })

  it('comes again under its id after any answer but 2xx, and is given up after the tenth', async () => {
    using parts = createParts()
    await using receiver = await createReceiver({ answer: (_, n) => ({ status: [404, 500, 302][n % 3]! }) })
    await using notices = createNotices(parts, receiver.url)
    await put(parts, notices, 'storage.low', {})
    for (let attempt = 1; attempt <= 10; attempt++) {
      await receiver.waitFor(attempt)
      await expect.poll(() => parts.lines.length).toBe(attempt)
      parts.clock.skip(86_400_000)
    }
    expect(new Set(receiver.requests.map(idOf)).size).toBe(1)
    expect(receiver.count).toBe(10)
    expect(notices.waiting).toBe(0)
    expect(parts.lines.map(({ is_final }) => is_final)).toEqual([...Array.from({ length: 9 }, () => false), true])
    const { text } = await parts.telemetry.exposition()
    expect(text).toContain('hookcast_notices_total{type="storage.low",result="given_up"} 1')
  })

  it('stands or falls with the commit that it is put in', async () => {
    using parts = createParts()
    await using receiver = await createReceiver()
    await using notices = createNotices(parts, receiver.url)
    const failing = parts.store.commit(() => {
      notices.put('run.finished', { run_id: 'r-1' })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await put(parts, notices, 'run.finished', { run_id: 'r-2' })
    await receiver.waitFor(1)
    await expect.poll(() => notices.waiting).toBe(0)
    expect(receiver.requests.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { data: { run_id: 'r-2' } },
    ])
  })

  it('outlives the service that put it', async () => {
    using parts = createParts()
    await using receiver = await createReceiver()
    await receiver.stop()
    const first = createNotices(parts, receiver.url)
    await put(parts, first, 'run.finished', { run_id: 'r-1' })
    await expect.poll(() => parts.lines.length).toBe(1)
    await first[Symbol.asyncDispose]()
    await receiver.restart()
    await using second = createNotices(parts, receiver.url)
    parts.clock.skip(10_000)
    await receiver.waitFor(1)
    expect(JSON.parse(receiver.requests[0]!.body)).toMatchObject({ data: { run_id: 'r-1' } })
    await expect.poll(() => second.waiting).toBe(0)
  })

  it('that is in flight when the service stops is cut off, and comes again under its id', async () => {
    using parts = createParts()
    await using receiver = await createReceiver({ answer: (_, n) => (n === 0 ? { misbehave: 'hang' } : {}) })
    const first = createNotices(parts, receiver.url)
    await put(parts, first, 'run.finished', {})
    await receiver.waitFor(1)
    await first[Symbol.asyncDispose]()
    await using _ = createNotices(parts, receiver.url)
    await receiver.waitFor(2)
    expect(new Set(receiver.requests.map(idOf)).size).toBe(1)
  })
})

describe('where notices go', () => {
  const problems = (url: string, secret: string, env: Record<string, string> = {}): readonly string[] =>
    problemsOf(() =>
      noticeEndpointFrom({ on: [], url: written(url), secret: written(secret) }, { env, networkAllow: [] }),
    )
  const urlProblem =
    'hookcast.yaml:3 expected notify.url to be an https URL without user name (http to loopback only), got something else'

  it.each([
    ['http://ops.example.com/', urlProblem],
    ['https://user:canary@ops.example.com/', urlProblem],
    ['canary', urlProblem],
    ['https://ops.example.com/${GONE}', 'hookcast.yaml:3 environment variable not set: GONE, for notify.url'],
    [
      'https://ops.example.com/${HOOKCAST_ADMIN_TOKEN}',
      'hookcast.yaml:3 environment variable not set: HOOKCAST_ADMIN_TOKEN, for notify.url',
    ],
  ])('is refused when it cannot be: %s', (url, message) => {
    expect(problems(url, '${S}', { S: SECRET, HOOKCAST_ADMIN_TOKEN: 'canary' })).toEqual([message])
  })

  it('needs a secret of the standard’s form, which is never shown', () => {
    const [message] = problems('https://ops.example.com/', '${S}', { S: 'whsec_canary' })
    expect(message).toMatch(/^hookcast.yaml:3 expected notify.secret to be whsec_ and 24 to 64 bytes in base64/)
    expect(message).not.toContain('canary')
  })
})
