import { Svix } from 'svix'
import { expect, test } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { createReceiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder } from '../support/service.ts'

test('the links of a service lead to its portal, on the public listener too, and no log tells of them', async () => {
  await using receiver = await createReceiver()
  await using folder = createServiceFolder({
    'campaigns/readme.txt': 'none yet',
    'hookcast.yaml': [
      'server: { listen: { admin: "127.0.0.1:0", public: "127.0.0.1:0" } }',
      'portal: { frame_ancestors: ["https://app.example.com"] }',
      `network: { events: { allow: [127.0.0.0/8], http: true, ports: [${receiver.port}] } }`,
      'log: { attempts: all }',
    ].join('\n'),
  })
  const service = await folder.start()
  const [admin = '', strangers = ''] = service.urls
  const svix = new Svix(ADMIN_TOKEN, { serverUrl: strangers })
  const { id } = await svix.application.create({ name: 'Acme' })
  const endpoint = await svix.endpoint.create(id, { url: `${receiver.url}/hook` })
  const { key } = await svix.endpoint.getSecret(id, endpoint.id)
  const { url, token } = await svix.authentication.appPortalAccess(id)
  expect(url).toBe(`${strangers}/portal/${token}`)
  const bloom = await fetch(`${strangers}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: 'query { webhookDashboardUrl }', variables: { app: id } }),
  })
  const { data } = (await bloom.json()) as { data: { webhookDashboardUrl: string } }
  const statusOf = async (path: string): Promise<number> => (await fetch(path, { redirect: 'manual' })).status
  expect(await statusOf(data.webhookDashboardUrl)).toBe(200)
  expect(await statusOf(url.replace(strangers, admin))).toBe(200)
  expect(
    await Promise.all(['/runs', '/sign-in', '/events', '/v1/campaigns'].map((path) => statusOf(strangers + path))),
  ).toEqual([404, 404, 404, 404])
  const csp = (await fetch(url)).headers.get('Content-Security-Policy')
  expect(csp).toContain('frame-ancestors https://app.example.com')

  await using browser = await startBrowser()
  const { page, complaints, requests } = await browser.open(url)
  const referers = new Set<string>()
  page.on('request', (request) => referers.add(request.headers()['referer'] ?? ''))
  await page.getByRole('link', { name: /hook$/ }).click()
  await page.getByRole('button', { name: 'Show the secret' }).click()
  expect(await page.innerText('.secret')).toBe(key)
  await page.getByText('Send a test…').click()
  await page.getByRole('button', { name: 'Send it' }).click()
  await page.waitForSelector('.state:text-is("sent")')
  expect(complaints).toEqual([])
  expect(referers).toEqual(new Set(['']))
  expect(requests.every((asked) => asked.startsWith(strangers))).toBe(true)
  await svix.authentication.expireAll(id)
  await page.reload()
  expect(await page.innerText('h1')).toBe('This link is not good any more')
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  expect(metrics).toContain('route="/portal/:token/endpoints/:endpoint"')
  const { stdout, stderr } = await service.end('SIGTERM')
  expect(stdout).toContain('service.started')
  for (const secret of [token, key, data.webhookDashboardUrl.slice(-20)]) {
    expect(metrics + stdout + stderr).not.toContain(secret)
  }
  expect(receiver.requests.map(({ headers }) => headers['referer'])).toEqual([undefined])
})
