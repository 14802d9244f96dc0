import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { basicHeader } from '../src/auth.ts'
import { Api, GOOD, PASSWORD, USER } from './test-api.ts'

describe('POST /v1/messages', () => {
  let api: Api
  before(async () => {
    api = await Api.start()
  })
  after(() => api[Symbol.asyncDispose]())

  it('takes a message over and says so in the words of the contract', async () => {
    const { status, headers, body } = await api.send('/v1/messages', GOOD)
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(body.success, true)
    assert.equal(body.result?.['code'], 1)
    assert.equal(body.result?.['status'], 'sent')
    assert.match(String(body.result?.['id']), /^msg_/)
  })

  const wrongValues: [what: string, change: object, code: number][] = [
    ['an empty customer id', { customer_id: '' }, 1001],
    ['a customer id that is a number', { customer_id: 17 }, 1001],
    ['an empty phone number', { to: '' }, 1002],
    ['no phone number', { to: null }, 1002],
    ['a phone number that is none', { to: '0601 123 456' }, 1002],
    ['a blank text', { text: ' \n' }, 1003],
    ['161 characters', { text: 'x'.repeat(161) }, 1004],
    ['161 emoji', { text: '🎂'.repeat(161) }, 1004],
    ['a text of 1.9 MiB', { text: 'x'.repeat(1_990_000) }, 1004],
  ]
  for (const [what, change, code] of wrongValues) {
    it(`answers 200 and ${code} for ${what}: only this customer is wrong`, async () => {
      const { status, body } = await api.send('/v1/messages', { ...GOOD, ...change })
      assert.equal(status, 200)
      assert.equal(body.success, false)
      assert.equal(body.errors?.[0]?.code, code)
      assert.match(body.errors?.[0]?.description ?? '', /^.{10,}$/)
    })
  }

  it('counts characters, not code units: 160 emoji fit', async () => {
    const { body } = await api.send('/v1/messages', { ...GOOD, text: '🎂'.repeat(160) })
    assert.equal(body.success, true)
  })

  it('says the sentence of the contract about a long message', async () => {
    const { body } = await api.send('/v1/messages', { ...GOOD, text: 'x'.repeat(200) })
    assert.deepEqual(body, {
      success: false,
      errors: [{ code: 1004, description: 'SMS message too long. Limit is 160 characters.' }],
    })
  })

  const wrongDefinitions: [what: string, body: unknown, code: number][] = [
    ['a missing key', { customer_id: 'c-1', to: GOOD.to }, 4001],
    ['an unknown key', { ...GOOD, admin: true }, 4002],
    ['a key named __proto__', '{"customer_id":"1","to":"+447700900123","text":"x","__proto__":{}}', 4002],
    ['a list', [GOOD], 4001],
    ['a text', '"hello"', 4001],
    ['null', 'null', 4001],
    ['broken JSON', '{"customer_id": "1",', 4000],
    ['NaN', '{"customer_id": NaN}', 4000],
    ['a byte order mark', '\uFEFF{}', 4000],
    ['an empty body', '', 4000],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 4004],
  ]
  for (const [what, body, code] of wrongDefinitions) {
    it(`answers 400 and ${code} for ${what}: the campaign is wrong`, async () => {
      const reply = await api.send('/v1/messages', body)
      assert.equal(reply.status, 400)
      assert.equal(reply.body.success, false)
      assert.equal(reply.body.errors?.[0]?.code, code)
    })
  }

  it('hands hostile names on exactly as they came', async () => {
    const names = [
      '","admin":true,"x":"',
      '\u202Edaor',
      'a\r\nb\0c',
      'a\u2028b',
      "Robert'); DROP TABLE",
      '𝒵👩‍👩‍👧‍👦',
      '{{7*7}}',
      '\\u0041',
    ]
    for (const [index, text] of names.entries()) {
      const { body } = await api.send('/v1/messages', { ...GOOD, customer_id: `hostile-${index}`, text })
      assert.equal(body.success, true)
    }
    await api.stop()
    const texts = api
      .outbox()
      .filter(({ payload }) => String(payload['customer_id']).startsWith('hostile-'))
      .map(({ payload }) => payload['text'])
    assert.deepEqual(texts, names)
  })
})

describe('what comes before the body', () => {
  let api: Api
  before(async () => {
    api = await Api.start()
  })
  after(() => api[Symbol.asyncDispose]())

  it('answers 404 for an unknown route', async () => {
    for (const path of ['/v1/nothing', '/', '/v1/messages/', '/V1/messages', '//v1/messages', '/v1%2Fmessages']) {
      const reply = await api.send(path, GOOD)
      assert.equal(reply.status, 404, path)
      assert.equal(reply.body.errors?.[0]?.code, 4040)
    }
  })

  it('answers 405 and names the methods it takes', async () => {
    const reply = await api.send('/v1/messages', undefined, { method: 'GET' })
    assert.equal(reply.status, 405)
    assert.equal(reply.headers.get('allow'), 'POST')
    const customer = await api.send('/v1/customers/c-1', GOOD)
    assert.equal(customer.headers.get('allow'), 'GET, PUT, PATCH, DELETE')
  })

  it('answers 415 for anything that is not announced as JSON in UTF-8', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', null]) {
      const reply = await api.send('/v1/messages', Buffer.from(JSON.stringify(GOOD)), {
        headers: { 'content-type': type },
      })
      assert.equal(reply.status, 415, String(type))
    }
    for (const type of [
      'application/json; charset=UTF-8',
      'application/json;charset="utf-8"',
      'Application/JSON',
      'application/vnd.api+json',
    ]) {
      const reply = await api.send('/v1/messages', GOOD, { headers: { 'content-type': type } })
      assert.equal(reply.status, 200, type)
    }
    const packed = await api.send('/v1/messages', GOOD, { headers: { 'content-encoding': 'gzip' } })
    assert.equal(packed.status, 415)
  })

  it('answers 413 over 2 MiB, announced or not', async () => {
    const body = JSON.stringify({ ...GOOD, text: 'x'.repeat(2 * 1024 * 1024) })
    const announced = await api.send('/v1/messages', body)
    assert.equal(announced.status, 413)
    const chunks = ReadableStream.from([Buffer.from(body.slice(0, 1_000_000)), Buffer.from(body.slice(1_000_000))])
    const chunked = await fetch(`${api.url}/v1/messages`, {
      method: 'POST',
      body: chunks,
      duplex: 'half',
      headers: { 'content-type': 'application/json', authorization: basicHeader(USER, PASSWORD) },
    })
    assert.equal(chunked.status, 413)
  })

  it('looks at credentials before everything else', async () => {
    const nobody = { authorization: null }
    const replies = await Promise.all([
      api.send('/v1/nothing', GOOD, { headers: nobody }),
      api.send('/v1/messages', '{', { headers: nobody }),
      api.send('/v1/messages', 'x', { headers: { ...nobody, 'content-type': 'text/plain' } }),
      api.send('/v1/messages', undefined, { method: 'GET', headers: nobody }),
    ])
    assert.deepEqual(
      replies.map(({ status }) => status),
      [401, 401, 401, 401],
    )
  })
})

describe('POST /v1/messages/batch', () => {
  let api: Api
  before(async () => {
    api = await Api.start()
  })
  after(() => api[Symbol.asyncDispose]())

  it('judges each message by itself, in their order', async () => {
    const messages = [GOOD, { ...GOOD, customer_id: 'c-2', to: '' }, { ...GOOD, customer_id: 'c-3' }]
    const { status, body } = await api.send('/v1/messages/batch', { messages })
    assert.equal(status, 200)
    assert.equal(body.success, true)
    const results = body.results ?? []
    assert.deepEqual(
      results.map((result) => [result['customer_id'], result['success']]),
      [
        ['c-1', true],
        ['c-2', false],
        ['c-3', true],
      ],
    )
    const errors = results[1]?.['errors'] as { code: number }[] | undefined
    assert.equal(errors?.[0]?.code, 1002)
  })

  it('answers 400 when a message misses a key: all of them do', async () => {
    const reply = await api.send('/v1/messages/batch', { messages: [GOOD, { customer_id: 'c-2' }] })
    assert.equal(reply.status, 400)
  })

  it('answers 400 for more than 1,000 messages, and takes 1,000', async () => {
    const messages = Array.from({ length: 1001 }, (_, index) => ({ ...GOOD, customer_id: `c-${index}` }))
    assert.equal((await api.send('/v1/messages/batch', { messages })).status, 400)
    const reply = await api.send('/v1/messages/batch', { messages: messages.slice(1) })
    assert.equal(reply.body.results?.length, 1000)
  })

  it('takes an empty batch', async () => {
    assert.deepEqual((await api.send('/v1/messages/batch', { messages: [] })).body, { success: true, results: [] })
  })
})

describe('/v1/customers/:id', () => {
  it('creates, reads, changes and forgets, and each may be repeated', async () => {
    await using api = await Api.start()
    const path = `/v1/customers/${encodeURIComponent('c/1 ü')}`
    const unknown = await api.send(path, undefined, { method: 'GET' })
    assert.equal(unknown.status, 200)
    assert.equal(unknown.body.errors?.[0]?.code, 1005)
    const customer = { phone: GOOD.to, language: 'cs', vip: false }
    for (let times = 0; times < 2; times += 1) {
      const put = await api.send(path, customer, { method: 'PUT' })
      assert.deepEqual(put.body.result, { customer_id: 'c/1 ü', ...customer })
    }
    const patched = await api.send(path, { vip: true }, { method: 'PATCH' })
    assert.equal(patched.body.result?.['vip'], true)
    assert.equal((await api.send(path, { vip: 'yes' }, { method: 'PATCH' })).body.errors?.[0]?.code, 1007)
    assert.equal((await api.send(path, { admin: true }, { method: 'PATCH' })).status, 400)
    assert.equal((await api.send(path, { vip: true }, { method: 'PUT' })).status, 400)
    const read = await api.send(path, undefined, { method: 'GET' })
    assert.deepEqual(read.body.result, { customer_id: 'c/1 ü', ...customer, vip: true })
    const gone = [true, false]
    for (const deleted of gone) {
      assert.equal((await api.send(path, undefined, { method: 'DELETE' })).body.result?.['deleted'], deleted)
    }
  })
})
