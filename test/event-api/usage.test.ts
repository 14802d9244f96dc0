import { expect } from 'vitest'
import type { AppCeilings } from '../../src/events/ceilings.ts'
import { test } from './fixture.ts'

const limited = test.extend<{ ceilings: AppCeilings }>({
  ceilings: { perSecond: 1e6, backlog: 1e6, bytes: 2200, endpoints: 10 },
})

limited('an app that brings too much is told when to come again, and sees how far it is', async ({ desk }) => {
  const { on, svix } = desk
  await svix.application.create({ name: 'Acme', uid: 'acme' })
  await svix.endpoint.create('acme', { url: desk.receiver.url })
  await svix.message.create('acme', { eventType: 'user.created', payload: {} })
  await on.untilAttempts(1)
  const shown = await desk.send('/app/acme/usage', { token: await desk.tokenOf(on.events.apps.get('acme').id) })
  expect(await shown.json()).toEqual({
    messagesPerSecond: { most: 1e6 },
    backlog: { now: 0, most: 1e6 },
    bytes: { now: 802, most: 2200 },
  })
  const send = async (): Promise<Response> => {
    const body = JSON.stringify({ eventType: 'user.created', payload: 'x'.repeat(500) })
    return await desk.send('/app/acme/msg', { method: 'POST', body })
  }
  expect((await send()).status).toBe(202)
  const refused = await send()
  expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '3600'])
  expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
})
