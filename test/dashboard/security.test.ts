import { describe, expect } from 'vitest'
import { ADMIN_TOKEN } from '../support/service.ts'
import { startShop, test } from './fixture.ts'
import { post, signIn, tokenOf } from './visitor.ts'

startShop({ customers: 8 })

describe('the dashboard', () => {
  test('shows nothing to whoever is not signed in, by whatever path', async ({ desk }) => {
    for (const path of ['/', '/runs', '/runs/live', '/campaigns', '/holds', '/access', '/campaigns/win-back/preview']) {
      const answer = await fetch(desk.url + path, { redirect: 'manual' })
      expect([answer.status, path]).toEqual([303, path])
    }
    for (const path of [
      '//runs',
      '/runs%2F',
      '/./access',
      '/%2e/access',
      '/RUNS',
      '/runs/../access',
      '/assets/../access',
    ]) {
      const answer = await fetch(desk.url + path, { redirect: 'manual' })
      expect([303, 404]).toContain(answer.status)
      expect(await answer.text()).not.toContain('spring-points')
    }
  })

  test('runs nothing inline, and is in no frame', async ({ desk }) => {
    for (const path of ['/sign-in', '/nothing', '/runs']) {
      const { headers } = await fetch(desk.url + path, { redirect: 'manual' })
      expect(headers.get('Content-Security-Policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      )
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Cache-Control')).toBe('no-store')
    }
  })

  test('takes a form from its own pages only, and from the session that it was shown to', async ({ desk }) => {
    const visitor = await signIn(desk, ADMIN_TOKEN)
    const other = await signIn(desk, ADMIN_TOKEN)
    const { cookie, formToken: form_token } = visitor
    const at = '/campaigns/spring-points/run'
    const before = desk.shop.receiver.count
    const refused = [
      await post(desk, at, { Cookie: cookie }),
      await post(desk, at, { Cookie: cookie, form: { form_token: other.formToken } }),
      await post(desk, at, { Cookie: cookie, Origin: 'https://evil.example', form: { form_token } }),
      await post(desk, at, { Cookie: cookie, Origin: 'null', form: { form_token } }),
      await post(desk, at, { form: { form_token } }),
      await post(desk, at, { Cookie: cookie, 'Content-Type': 'text/plain', form: { form_token } }),
      await post(desk, '/sign-in', { Origin: 'https://evil.example', form: { token: ADMIN_TOKEN } }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 401, 415, 403])
    const upload = { Cookie: cookie, 'Content-Type': 'text/csv' }
    const uploaded = [
      await post(desk, `${at}/upload`, upload),
      await post(desk, `${at}/upload?form_token=${form_token}`, upload),
      await post(desk, `${at}/upload`, { ...upload, 'X-Form-Token': form_token, Origin: 'https://evil.example' }),
      await post(desk, `${at}/upload`, { ...upload, 'X-Form-Token': form_token, 'Content-Type': 'application/json' }),
    ]
    expect(uploaded.map(({ status }) => status)).toEqual([403, 403, 403, 415])
    expect(desk.shop.receiver.count).toBe(before)
    const taken = await post(desk, at, { Cookie: cookie, form: { form_token } })
    expect([taken.status, taken.headers.get('Location')]).toEqual([303, expect.stringMatching(/^\/runs\//)])
  })

  test('shows buttons to those who may press them, and refuses the others all the same', async ({ desk }) => {
    const runId = await desk.ran('win-back')
    const { cookie, formToken: form_token } = await signIn(desk, await tokenOf(desk, 'viewer'))
    const page = await (await fetch(`${desk.url}/runs/${runId}`, { headers: { Cookie: cookie } })).text()
    expect(page).toContain('Why it stopped')
    for (const word of ['Resume', 'Replay', 'Cancel', 'NDJSON', 'The key has expired']) expect(page).not.toContain(word)
    for (const action of ['resume', 'cancel', 'replay']) {
      expect((await post(desk, `/runs/${runId}/${action}`, { Cookie: cookie, form: { form_token } })).status).toBe(403)
    }
    for (const path of [
      `/runs/${runId}/customers`,
      `/runs/${runId}/customers/0`,
      `/runs/${runId}/results.csv`,
      '/access',
    ]) {
      const answer = await fetch(desk.url + path, { headers: { Cookie: cookie } })
      expect([answer.status, path]).toEqual([403, path])
      expect(await answer.text()).not.toContain('c-00001')
    }
  })

  test('ends a session with its token, and when somebody signs out', async ({ desk }) => {
    const token = await desk.api<{ id: string; token: string }>('/v1/tokens', { name: 'guest', role: 'viewer' })
    const visitor = await signIn(desk, token.token)
    const status = async (cookie: string): Promise<number> =>
      (await fetch(`${desk.url}/runs`, { headers: { Cookie: cookie }, redirect: 'manual' })).status
    expect(await status(visitor.cookie)).toBe(200)
    await desk.shop.service.call(`/v1/tokens/${token.id}`, { method: 'DELETE' })
    expect(await status(visitor.cookie)).toBe(303)
    const admin = await signIn(desk, ADMIN_TOKEN)
    await post(desk, '/sign-out', { Cookie: admin.cookie, form: { form_token: admin.formToken } })
    expect(await status(admin.cookie)).toBe(303)
  })

  test('takes no token of the portal, leads nobody elsewhere, and lets an address try ten tokens a minute', async ({
    desk,
  }) => {
    const there = await post(desk, '/sign-in', { form: { token: ADMIN_TOKEN, to: '//evil.example/x' } })
    expect(there.headers.get('Location')).toBe('/runs')
    const tried: number[] = []
    for (let at = 0; at < 11; at++) tried.push((await post(desk, '/sign-in', { form: { token: `hc_${at}` } })).status)
    expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429])
  })
})
