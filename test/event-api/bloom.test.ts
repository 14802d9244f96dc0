import { expect } from 'vitest'
import { test, type EventDesk } from './fixture.ts'

const DAY = 86_400_000
const QUERY = 'query { webhookDashboardUrl }'

async function ask({ url }: EventDesk, token: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

interface Linked {
  readonly data: { readonly webhookDashboardUrl: string }
}

test('an organisation gets the link to its portal, good for 7 days and for its own app', async ({ desk }) => {
  const { id } = await desk.svix.application.create({ name: 'Bloom', uid: 'bloom' })
  const { data } = (await ask(desk, await desk.tokenOf(id), { query: QUERY })) as Linked
  const [, token = ''] = data.webhookDashboardUrl.split('/portal/')
  expect(data.webhookDashboardUrl).toBe(`${desk.url}/portal/${token}`)
  expect(desk.tokens.verify(token)).toMatchObject({ role: 'app', app: id })
  const [record] = desk.tokens.list({ after: null, limit: 1 })
  expect((record!.expiresAt! - record!.madeAt) / DAY).toBeCloseTo(7, 4)
  expect(await ask(desk, token, { query: QUERY })).toEqual({
    errors: [{ message: expect.stringContaining('that of a link') }],
  })
  const byAdmin = (await ask(desk, desk.admin, {
    query: '{ link: webhookDashboardUrl }',
    variables: { app: 'bloom' },
  })) as {
    data: { link: string }
  }
  expect(byAdmin.data.link).toContain('/portal/hc_')
})

test('a query that is another is answered with an error', async ({ desk }) => {
  const { id } = await desk.svix.application.create({ name: 'Bloom' })
  const token = await desk.tokenOf(id)
  for (const query of ['{ users }', '{ webhookDashboardUrl users }', 'mutation { webhookDashboardUrl }', '']) {
    expect(await ask(desk, token, { query })).toEqual({
      errors: [{ message: expect.stringContaining('expected `query`') }],
    })
  }
  expect(await ask(desk, desk.admin, { query: QUERY })).toEqual({
    errors: [{ message: expect.stringContaining('variables.app') }],
  })
})
