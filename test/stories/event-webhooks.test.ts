import { randomBytes } from 'node:crypto'
import { Svix, Webhook } from 'svix'
import { expect, test } from 'vitest'
import { createReceiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder } from '../support/service.ts'

test('the service takes messages of the official client, and sends them signed, also over its end', async () => {
  let status = 503
  await using receiver = await createReceiver({ answer: () => ({ status }) })
  const config = `
server: { listen: { admin: "127.0.0.1:0", public: "127.0.0.1:0" } }
network: { events: { allow: ["127.0.0.0/8"], http: true, ports: [${new URL(receiver.url).port}] } }
events: { retry: [1s, 1s, 1s] }
`
  await using folder = createServiceFolder({ 'hookcast.yaml': config, 'campaigns/.keep': '' })
  const first = await folder.start()
  const before = new Svix(ADMIN_TOKEN, { serverUrl: first.urls[1]! })
  await before.application.create({ name: 'Acme', uid: 'acme' })
  await before.endpoint.create('acme', { url: receiver.url })
  const { key } = await before.endpoint.getSecret('acme', (await before.endpoint.list('acme')).data[0]!.id)
  const message = await before.message.create('acme', { eventType: 'user.created', payload: { id: 1 } })
  await expect.poll(() => receiver.count, { timeout: 20_000 }).toBeGreaterThan(0)
  await first.end('SIGKILL')
  const sent = receiver.count
  status = 200
  const second = await folder.start()
  await expect.poll(() => receiver.count, { timeout: 20_000 }).toBeGreaterThan(sent)
  const request = receiver.requests.at(-1)!
  expect(request.headers['svix-id']).toBe(message.id)
  expect(() => new Webhook(key).verify(request.body, request.headers as Record<string, string>)).not.toThrow()
  const after = new Svix(ADMIN_TOKEN, { serverUrl: second.url })
  await expect.poll(async () => (await after.messageAttempt.listByMsg('acme', message.id)).data[0]?.status).toBe(0)
  const { stderr } = await second.end('SIGTERM')
  expect(stderr).not.toContain(key)
})

test('a secret key can be taken away once the service has begun with another before it', async () => {
  await using receiver = await createReceiver()
  const config = `
server: { listen: { admin: "127.0.0.1:0" } }
network: { events: { allow: ["127.0.0.0/8"], http: true, ports: [${new URL(receiver.url).port}] } }
`
  await using folder = createServiceFolder({ 'hookcast.yaml': config, 'campaigns/.keep': '' })
  const [old = '', other = ''] = [1, 2].map(() => randomBytes(32).toString('base64'))
  const first = await folder.start({ HOOKCAST_SECRET_KEY: old })
  const before = new Svix(ADMIN_TOKEN, { serverUrl: first.url })
  await before.application.create({ name: 'Acme', uid: 'acme' })
  await before.endpoint.create('acme', { url: receiver.url, uid: 'main' })
  const { key } = await before.endpoint.getSecret('acme', 'main')
  await before.endpoint.rotateSecret('acme', 'main', {})
  await first.end('SIGKILL')
  const second = await folder.start({ HOOKCAST_SECRET_KEY: `${other},${old}` })
  const { lines } = await second.end('SIGTERM')
  expect(lines.find(({ msg }) => msg === 'secrets.resealed')).toMatchObject({ resealed: 2, unopened: 0 })
  const third = await folder.start({ HOOKCAST_SECRET_KEY: other })
  const after = new Svix(ADMIN_TOKEN, { serverUrl: third.url })
  const { key: newer } = await after.endpoint.getSecret('acme', 'main')
  expect(newer).not.toBe(key)
  await after.message.create('acme', { eventType: 'user.created', payload: { id: 1 } })
  await receiver.waitFor(1)
  const { body, headers } = receiver.requests[0]!
  // The rotated one signs for a day more, under the new key too.
  for (const secret of [key, newer]) {
    expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow()
  }
  expect((await third.end('SIGTERM')).lines.map(({ msg }) => msg)).not.toContain('secrets.resealed')
})

const PROFILE = 'header: X-Acme, content: "body", hash: sha256, encoding: hex, key_encoding: utf8'

test.each([
  ['events: { default_profile: nonsense }', 'expected events.default_profile to be one of svix,'],
  [`events: { profiles: { acme: { ${PROFILE} } } }`, 'events.profiles.acme: expected `content` to hold {body} once'],
])('the service does not start with %s', async (line, words) => {
  await using folder = createServiceFolder({ 'hookcast.yaml': line, 'campaigns/.keep': '' })
  await expect(folder.start()).rejects.toThrow(words)
})
