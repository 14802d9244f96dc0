import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Api } from './test-api.ts'
import type { Reply } from './test-api.ts'

const GOOD = `<?xml version="1.0" encoding="UTF-8"?>
<newsletter>
  <customer_id>c-1</customer_id>
  <email>zoe@shop.example</email>
  <subject>Fish &amp; chips &#60;today&#62;</subject>
  <text><![CDATA[5 < 6 🎂]]></text>
</newsletter>
`

async function send(api: Api, body: string | Uint8Array, type: string | null = 'application/xml'): Promise<Reply> {
  return api.send('/v1/newsletters', body, {
    headers: { 'content-type': type, 'idempotency-key': crypto.randomUUID() },
  })
}

describe('a route that takes XML', () => {
  it('takes a document over with its texts as they were', async () => {
    const api = await Api.start()
    for (const type of [
      'application/xml',
      'application/xml; charset=utf-8',
      'text/xml; charset="UTF-8"',
      'application/vnd.shop+xml',
    ]) {
      const { status, body } = await send(api, GOOD, type)
      assert.deepEqual([status, body.success, body.result?.['status']], [200, true, 'sent'], type)
    }
    await api.stop()
    const payload = { customer_id: 'c-1', email: 'zoe@shop.example', subject: 'Fish & chips <today>', text: '5 < 6 🎂' }
    assert.deepEqual(
      api.outbox().map((work) => work.payload),
      Array.from({ length: 4 }, () => payload),
    )
    await api[Symbol.asyncDispose]()
  })

  it('answers a repeated key as before', async () => {
    await using api = await Api.start()
    const headers = { 'content-type': 'application/xml', 'idempotency-key': 'k-1' }
    const first = await api.send('/v1/newsletters', GOOD, { headers })
    const second = await api.send('/v1/newsletters', GOOD, { headers })
    assert.deepEqual(second.body, first.body)
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
  })

  it('answers 415 for anything that is not announced as XML in UTF-8', async () => {
    await using api = await Api.start()
    for (const type of ['application/json', 'application/xml; charset=iso-8859-1', 'text/plain', null]) {
      const { status, headers } = await send(api, Buffer.from(GOOD), type)
      assert.deepEqual([status, headers.get('accept')], [415, 'application/xml'], String(type))
    }
    const json = await api.send('/v1/messages', GOOD, { headers: { 'content-type': 'application/xml' } })
    assert.equal(json.status, 415)
  })

  it('stops a campaign whose template makes no XML, or other XML', async () => {
    await using api = await Api.start()
    const grown = '<!DOCTYPE a [<!ENTITY b "c">]>'
    const bad: readonly [string | Uint8Array, number][] = [
      ['', 4000],
      ['{}', 4000],
      [GOOD.replace('</email>', ''), 4000],
      [GOOD.replace('&amp;', '&'), 4000],
      [GOOD.replace('&amp;', '&b;'), 4000],
      [`${grown}<newsletter/>`, 4000],
      [GOOD.replace('<email>', '<email kind="work">'), 4000],
      [GOOD.replace('zoe@shop.example', '<to>zoe</to>'), 4000],
      [GOOD.replace('<subject>', 'x<subject>'), 4000],
      [GOOD.replace('</newsletter>', '<email>b@c.example</email></newsletter>'), 4000],
      [GOOD.replace('</newsletter>', '<shop>Acme</shop></newsletter>'), 4002],
      [GOOD.replace(/<email>.*<\/email>/, ''), 4001],
      [Buffer.from([0x3c, 0x61, 0xff]), 4004],
    ]
    for (const [body, code] of bad) {
      const reply = await send(api, body)
      assert.deepEqual([reply.status, reply.body.errors?.[0]?.code], [400, code], String(body))
    }
  })

  it('refuses one customer for their own values', async () => {
    await using api = await Api.start()
    const cases = [
      [GOOD.replace('zoe@shop.example', 'zoe'), 1020],
      [GOOD.replace(/<subject>.*<\/subject>/, '<subject> </subject>'), 1021],
      [GOOD.replace(/<text>.*<\/text>/, '<text/>'), 1003],
      [GOOD.replace('c-1', ''), 1001],
    ] as const
    for (const [body, code] of cases) {
      const reply = await send(api, body)
      assert.deepEqual([reply.status, reply.body.success, reply.body.errors?.[0]?.code], [200, false, code])
    }
  })

  it('is documented as what it takes', async () => {
    await using api = await Api.start()
    const specification = (await (await fetch(`${api.adminUrl}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: { content: Record<string, { schema: { required: string[] } }> } } }>
    }
    const { content } = specification.paths['/v1/newsletters']!.post.requestBody
    assert.deepEqual(Object.keys(content), ['application/xml'])
    assert.deepEqual(content['application/xml']?.schema.required, ['customer_id', 'email', 'subject', 'text'])
    const page = await (await fetch(`${api.adminUrl}/docs`)).text()
    assert.match(page, /Content-Type: application\/xml/)
  })
})
