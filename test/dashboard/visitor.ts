import { expect } from 'vitest'
import type { Desk } from './fixture.ts'

const FORM = 'application/x-www-form-urlencoded'

/** Somebody who is signed in without a browser. */
export interface Visitor {
  readonly cookie: string
  readonly formToken: string
}

/** Sends a form, as a page of the dashboard does. */
export async function post(
  { url }: Desk,
  path: string,
  {
    form = {},
    ...headers
  }: { readonly form?: Record<string, string> } & Record<string, string | Record<string, string>>,
): Promise<Response> {
  return await fetch(url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': FORM, Origin: url, ...(headers as Record<string, string>) },
    body: new URLSearchParams(form).toString(),
  })
}

export async function signIn(desk: Desk, token: string): Promise<Visitor> {
  const answer = await post(desk, '/sign-in', { form: { token } })
  expect(answer.status).toBe(303)
  const cookie = answer.headers.get('Set-Cookie') ?? ''
  expect(cookie).toMatch(/^hookcast=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/)
  const page = await (await fetch(`${desk.url}/runs`, { headers: { Cookie: cookie.split(';')[0]! } })).text()
  return { cookie: cookie.split(';')[0]!, formToken: /name="form_token" value="([\w-]+)"/.exec(page)![1]! }
}

/** A token of that role. */
export async function tokenOf(desk: Desk, role: string): Promise<string> {
  return (await desk.api<{ token: string }>('/v1/tokens', { name: role, role })).token
}
