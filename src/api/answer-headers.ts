import type { Context } from 'hono'

/** @see OWASP REST Security Cheat Sheet, "Security Headers" */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}
const JSON_HEADERS = { 'Content-Type': 'application/json', ...HEADERS }
const COMPLETE = 'hasAllHeaders'

/** An answer in JSON with the headers of every answer, and no others: looked at one by one they cost more than all the rest of it. */
export function jsonResponse(context: Context, value: unknown, status: number): Response {
  context.set(COMPLETE, true)
  return new Response(JSON.stringify(value), { status, headers: JSON_HEADERS })
}

/** Gives an answer the headers that it lacks. */
export function completeHeaders(context: Context): void {
  if (context.get(COMPLETE) === true) return
  for (const [name, value] of Object.entries(HEADERS)) if (!context.res.headers.has(name)) context.header(name, value)
}
