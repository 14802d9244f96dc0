import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { createAuthority } from '../support/certificates.ts'
import { ADMIN_TOKEN, createServiceFolder } from '../support/service.ts'

interface HttpsProxy extends AsyncDisposable {
  readonly url: string
  /** Where requests go, with that host in them. */
  lead(url: string): void
}

/** Ends TLS in front of a service, as a proxy in a company does. */
async function startProxy(): Promise<HttpsProxy> {
  const authority = createAuthority('A company')
  let target = ''
  const server: Server = createServer(authority.issue(), (asked, answered) => {
    const { host } = new URL(target)
    const onward = request(new URL(asked.url ?? '/', target), {
      method: asked.method,
      headers: { ...asked.headers, host },
    })
    onward.on('response', (answer) => {
      answered.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(answered)
    })
    onward.on('error', () => answered.destroy())
    answered.on('close', () => onward.destroy())
    asked.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    lead: (url) => void (target = url),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      authority.remove()
    },
  }
}

test('behind HTTPS a session is in a cookie that no other host can set, and forms are taken from the public address', async () => {
  await using proxy = await startProxy()
  await using folder = createServiceFolder({
    'campaigns/none.txt': '',
    'hookcast.yaml': `server: { public_url: "${proxy.url}", listen: { admin: "127.0.0.1:0" } }\n`,
  })
  const service = await folder.start()
  proxy.lead(service.url)
  const post = { method: 'POST', headers: { 'Content-Type': 'application/json' } }
  await service.call('/api/v1/app', { ...post, body: '{"name":"Acme","uid":"acme"}' })
  const endpoint = JSON.stringify({ url: 'https://acme.example.com/hooks' })
  const made = await service.call('/api/v1/app/acme/endpoint', { ...post, body: endpoint })
  const { id } = (await made.json()) as { id: string }
  await using browser = await startBrowser()
  const path = `/events/apps/acme/endpoints/${id}`
  const opened = await browser.open(`${proxy.url}/sign-in?to=${encodeURIComponent(path)}`, { ignoreHTTPSErrors: true })
  const { page, complaints } = opened
  await page.fill('input[name=token]', ADMIN_TOKEN)
  await page.click('button.main-action')
  const [cookie, ...others] = await page.context().cookies()
  expect(cookie).toMatchObject({
    name: '__Host-hookcast',
    domain: 'localhost',
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
  })
  expect(others).toEqual([])
  await page.getByText('Disable…').click()
  await page.getByRole('button', { name: 'Disable this endpoint' }).click()
  await page.waitForSelector('h1 .state:text-is("disabled")')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForSelector('input[name=token]')
  expect(await page.context().cookies()).toEqual([])
  expect(complaints).toEqual([])
})
