import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { createReceiver } from '../support/receiver.ts'
import { createServiceFolder } from '../support/service.ts'

it('lets the notice of one hookcast trigger a campaign of another', { timeout: 90_000 }, async () => {
  const SECRET = `whsec_${randomBytes(32).toString('base64')}`
  await using customers = await createReceiver()
  await using board = await createReceiver()
  await using second = createServiceFolder({
    'campaigns/tell/campaign.yaml': `name: tell
trigger: { event: run.finished }
webhook:
  url: ${board.url}/told
  body: '{"campaign": "{{ customer.campaign }}", "sent": {{ customer.sent }}, "id": "{{ event.id }}"}'
`,
    'hookcast.yaml': `server: { listen: { admin: "127.0.0.1:0", public: "127.0.0.1:0" } }
triggers: { first: { secrets: ["\${FIRST_SECRET}"] } }
`,
  })
  await using first = createServiceFolder({
    'campaigns/spring/campaign.yaml': `name: spring\naudience: people.csv\nwebhook:\n  url: ${customers.url}/\n  body: '{}'\n`,
    'campaigns/spring/people.csv': 'id\nc-1\nc-2\n',
    'hookcast.yaml': `server: { listen: { admin: "127.0.0.1:0" } }
notify: { on: [run.finished], url: "\${SECOND}/v1/triggers/first", secret: "\${NOTIFY_SECRET}" }
`,
  })
  const activated = await runCommand(
    ['activate', 'tell', '--data', second.data, '--campaigns', join(second.path, 'campaigns')],
    {},
  )
  expect(activated.code).toBe(0)
  const told = await second.start({ FIRST_SECRET: SECRET })
  const teller = await first.start({ NOTIFY_SECRET: SECRET, SECOND: told.urls[1]! })
  expect((await teller.call('/v1/campaigns/spring/runs', { method: 'POST' })).status).toBe(201)
  await board.waitFor(1)
  expect(JSON.parse(board.requests[0]!.body)).toEqual({
    campaign: 'spring',
    sent: 2,
    id: expect.stringMatching(/^msg_/) as string,
  })
  const { lines } = await teller.end('SIGTERM')
  expect(lines.filter(({ msg }) => msg === 'notice.delivered')).toMatchObject([{ type: 'run.finished', attempt: 1 }])
  // Strangers reach triggers there, and nothing else.
  expect((await fetch(`${told.urls[1]}/v1/campaigns`)).status).toBe(404)
})
