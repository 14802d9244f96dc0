import { describe, expect } from 'vitest'
import { test } from './fixture.ts'

const SECRETS = { DESK_PASSWORD: 'canary-9f2', DESK_KEY: 'canary-9f2' }

describe('hookcast preview', () => {
  test('shows the request for one customer, its secrets masked, and sends nothing', async ({ desk }) => {
    const webhook = [
      'headers:',
      '  - { name: X-Shop, value: "{{ params.shop }}" }',
      '  - { name: X-Api-Key, value: "${DESK_KEY}", type: secret }',
      'auth: { type: basic, username: acme, password: "${DESK_PASSWORD}" }',
      `body: '{"id":"{{ customer.id }}","n":12345678901234567890,"tags":[]}'`,
    ].join('\n')
    desk.writeCampaign({ webhook, top: 'params: { shop: Acme }' })
    const { code, stdout, stderr } = await desk.hookcast(['preview', 'campaign.yaml', '--row', '2'], { env: SECRETS })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head, body] = stdout.split('\n\n')
    expect(head).toContain(`POST ${desk.receiver.url}/v1/messages\n`)
    expect(head).toContain('X-Shop: Acme\n')
    expect(head).toContain('X-Api-Key: ***\n')
    expect(head).toContain('Authorization: Basic ***\n')
    expect(body).toBe('{\n  "id": "c-1",\n  "n": 12345678901234567890,\n  "tags": []\n}\n')
    expect(stdout).not.toContain('canary')
    expect(desk.receiver.connections).toBe(0)
  })

  test('finds a customer by id, also among many, and far behind', async ({ desk }) => {
    desk.writeCampaign({ audience: 'people.ndjson' })
    const rows = Array.from(
      { length: 30_000 },
      (_, i) => `${JSON.stringify({ id: `p-${i}`, filler: 'x'.repeat(40) })}\n`,
    )
    desk.write('people.ndjson', rows.join(''))
    const { stdout } = await desk.hookcast(['preview', 'campaign.yaml', '--customer', 'p-29998'])
    expect(stdout).toContain('"id": "p-29998"')
    const { code, stderr } = await desk.hookcast(['preview', 'campaign.yaml', '--customer', 'p-30000'])
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^Could not find it in .*people\.ndjson: customer p-30000 \(known by .*\)\nRun `hookcast preview --help`/,
    )
  })

  test('takes the first row of standard input without waiting for its end', async ({ desk }) => {
    desk.writeCampaign({ audience: '"-"' })
    const { code, stdout } = await desk.hookcast(['preview', 'campaign.yaml'], {
      input: '{"id":"s-0"}\n{"id":"s-1"}\n',
    })
    expect({ code, shown: stdout.includes('"id": "s-0"') }).toEqual({ code: 0, shown: true })
  })

  test('says who is left out, and why', async ({ desk }) => {
    desk.writeCampaign({ top: 'consent: { column: news }' })
    desk.write('customers.csv', 'id,news\nc-0,false\n')
    const { code, stdout } = await desk.hookcast(['preview', 'campaign.yaml'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Nothing would be sent for row 1, customer c-0: suppressed, consent\n',
    })
  })

  test('says why a request cannot be made', async ({ desk }) => {
    desk.writeCampaign({ webhook: `body: '{"a": "{{ customer.pet.name.x }}"}'` })
    const { code, stderr } = await desk.hookcast(['preview', 'campaign.yaml'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^Could not make the request for row 1, customer c-0: campaign\.yaml:6:/)
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\nc-0\n')
    const bad = await desk.hookcast(['preview', 'campaign.yaml'])
    expect(bad.code).toBe(2)
    expect(bad.stderr).toContain('line 2: expected 2 cells as in the header, got 1')
  })
})

describe('hookcast validate', () => {
  test('tells in words what it found, and sends nothing', async ({ desk }) => {
    desk.writeCampaign({ top: 'unique: true\nconsent: { column: news }', webhook: 'retry: { delays: [] }' })
    desk.write('customers.csv', 'id,news\na,true\nb,false\na,true\nc,true\n')
    const { code, stdout } = await desk.hookcast(['validate', 'campaign.yaml'])
    expect({ code, lines: stdout.split('\n') }).toEqual({
      code: 0,
      lines: [
        `campaign.yaml is right: desk, POST ${desk.receiver.url}/v1/messages`,
        'warning: retry.delays is empty: one 500 or 429, or one timeout, is final for its customer',
        'customers.csv: 4 customers by id, up to 2 to be called',
        'suppressed: 2 (1 duplicate, 1 consent)',
        'duplicates: 1',
        '',
      ],
    })
    expect(desk.receiver.connections).toBe(0)
  })

  test('lists what is wrong with the templates and with the rows at once', async ({ desk }) => {
    desk.writeCampaign({ webhook: "body: '{{ x'" })
    desk.write('customers.csv', 'id,name\na\n')
    const { code, stdout, stderr } = await desk.hookcast(['validate', 'campaign.yaml'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^campaign\.yaml:6:[^]*customers\.csv:2 expected 2 cells/)
  })
})
