import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { createReceiver } from '../support/receiver.ts'
import { createServiceFolder, type RunningService } from '../support/service.ts'

const MORE = 'x'.repeat(20_000)

async function trigger(
  service: RunningService,
  id: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const body = JSON.stringify({ id, type: 'user.registered', customer: { id: `c-${id}` }, event: { more: MORE } })
  const headers = { 'Content-Type': 'application/json' }
  const answer = await service.call('/v1/triggers', { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text() }
}

it('a service whose disk is full says so, accepts nothing, and has lost nothing that it accepted', async ({ skip }) => {
  await using folder = createServiceFolder({
    'campaigns/spring/campaign.yaml':
      'name: spring\ntrigger: { event: user.registered }\nwebhook: { url: "http://127.0.0.1:9/", body: "{}" }\n',
  })
  mkdirSync(folder.data)
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder.data]).status === 0
  if (!isMounted) skip('mounting a small disk takes root')
  try {
    const service = await folder.start()
    const headers = { 'Content-Type': 'application/json' }
    await service.call('/v1/campaigns/spring/activate', { method: 'POST', headers, body: '{}' })
    const accepted: string[] = []
    const fill = join(folder.data, 'fill')
    for (const at of ['before', 'full', 'after']) {
      if (at === 'full') spawnSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=1k'])
      if (at === 'after') rmSync(fill)
      // A few may find room in pages that SQLite has already.
      const answers = []
      for (let n = 0; n < 8; n++) answers.push({ id: `${at}-${n}`, ...(await trigger(service, `${at}-${n}`)) })
      for (const { id, status, text } of answers) {
        if (status === 202) accepted.push(id)
        else expect([status, text]).toEqual([507, expect.stringContaining('The disk is full')])
      }
      expect(answers.at(-1)!.status).toBe(at === 'full' ? 507 : 202)
      const ready = await service.call('/readyz')
      expect(ready.status).toBe(at === 'full' ? 503 : 200)
    }
    await service.end('SIGTERM')
    using store = new DatabaseSync(join(folder.data, 'service.db'), { readOnly: true })
    const seen = store.prepare('SELECT trigger_id FROM seen ORDER BY accepted_at').all()
    expect(new Set(seen.map(({ trigger_id }) => trigger_id))).toEqual(new Set(accepted))
    expect(store.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  } finally {
    spawnSync('umount', ['-l', folder.data])
  }
})

it('a service whose disk gets low tells whoever wants to know', async ({ skip }) => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await using receiver = await createReceiver()
  await using folder = createServiceFolder({
    'hookcast.yaml': `server: { listen: { admin: "127.0.0.1:0" } }
notify: { on: [storage.low], url: "${receiver.url}/ops", secret: "\${NOTIFY_SECRET}" }
`,
    'campaigns/spring/campaign.yaml': 'name: spring\nwebhook: { url: "http://127.0.0.1:9/", body: "{}" }\n',
  })
  mkdirSync(folder.data)
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', folder.data]).status === 0
  if (!isMounted) skip('mounting a small disk takes root')
  try {
    // Of 100 MiB 5 % are the least.
    spawnSync('fallocate', ['-l', '96m', join(folder.data, 'fill')])
    const service = await folder.start({ NOTIFY_SECRET: secret })
    await receiver.waitFor(1)
    const { body, headers } = receiver.requests[0]!
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'storage.low',
      data: { free_bytes: expect.any(Number) as number, least_bytes: 5 * 1024 * 1024 },
    })
    const metrics = await (await service.call('/metrics')).text()
    const [, free] = /^hookcast_storage_free_bytes (\d+)$/m.exec(metrics) ?? []
    expect(Number(free)).toBeLessThan(5 * 1024 * 1024)
    const { lines } = await service.end('SIGTERM')
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'storage.low', least_bytes: 5 * 1024 * 1024 }))
    expect(receiver.requests).toHaveLength(1)
  } finally {
    spawnSync('umount', ['-l', folder.data])
  }
})
