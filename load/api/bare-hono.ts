// The yardstick of `npm run load`: parses JSON and answers, and does nothing else.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.post('/v1/messages', async (context) => {
  await context.req.json()
  return context.json({ success: true, result: { code: 1, status: 'sent' } })
})
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`)
})
process.on('SIGTERM', () => server.close())
