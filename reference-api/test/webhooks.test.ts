import assert from 'node:assert/strict'
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { createBridgeVerifier } from '../src/webhooks/bridge.ts'
import { createCrossRiverVerifier } from '../src/webhooks/crossriver.ts'
import { createReceeveVerifier } from '../src/webhooks/receeve.ts'
import { createSvixVerifier } from '../src/webhooks/svix.ts'
import { Api } from './test-api.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

function sign(content: string): string {
  return `v1,${createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
    .update(content)
    .digest('base64')}`
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

// Published by Svix: its documentation, its worker's tests, and the page of one of its users.
const VECTORS = [
  {
    secret: SECRET,
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  {
    secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
    timestamp: 1649367553,
    body: '{"email":"test@example.com","username":"test_user"}',
    signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
  },
  {
    secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
    id: 'msg_loFOjxBNrRLzqYUf',
    timestamp: 1731705121,
    body: '{"event_type":"ping","data":{"success":true}}',
    signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  },
  {
    secret: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
    signature: 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  },
] as const

describe('createSvixVerifier', () => {
  for (const { secret, id, timestamp, body, signature } of VECTORS) {
    it(`accepts the published ${signature.split(',')[0] ?? ''} vector of ${id}, under both sets of names`, () => {
      const verify = createSvixVerifier([secret])
      for (const prefix of ['svix', 'webhook']) {
        const headers = {
          [`${prefix}-id`]: id,
          [`${prefix}-timestamp`]: String(timestamp),
          [`${prefix}-signature`]: `v1,AAAA v2,whatever ${signature}`,
        }
        assert.equal(verify({ raw: Buffer.from(body), headers, at: timestamp * 1000 })?.id, id)
      }
    })
  }

  const [{ id, timestamp, body, signature }] = VECTORS
  const verify = createSvixVerifier([SECRET])
  const accepts = (change: {
    id?: string
    timestamp?: string
    signature?: string
    body?: string
    atS?: number
  }): boolean => {
    const headers = {
      'svix-id': change.id ?? id,
      'svix-timestamp': change.timestamp ?? String(timestamp),
      'svix-signature': change.signature ?? signature,
    }
    return verify({ raw: Buffer.from(change.body ?? body), headers, at: (change.atS ?? timestamp) * 1000 }) !== null
  }

  it('accepts a clock that is five minutes off, and no more', () => {
    assert.deepEqual(
      [-301, -300, 300, 301].map((off) => accepts({ atS: timestamp + off })),
      [false, true, true, false],
    )
  })

  it('refuses everything that was touched', () => {
    assert.equal(accepts({}), true)
    const touched = [
      { body: '{"test":2432232314}' },
      { body: `\uFEFF${body}` },
      { body: `${body}\n` },
      { id: 'msg_other' },
      { timestamp: String(timestamp + 1) },
      { timestamp: `${timestamp}000` },
      { timestamp: `-${timestamp}` },
      { timestamp: '' },
      { signature: '' },
      { signature: 'v1,' },
      { signature: signature.replace('v1,', 'v1a,') },
      { signature: signature.replace('v1,', '') },
      { signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=' },
    ]
    for (const change of touched) assert.equal(accepts(change), false, JSON.stringify(change))
  })

  it('refuses ids with dots: two messages could sign the same bytes', () => {
    const sign = (content: string): string =>
      `v1,${createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
        .update(content)
        .digest('base64')}`
    const dotted = sign(`a.1.${timestamp}.${body}`)
    assert.equal(accepts({ id: 'a.1', signature: dotted }), false)
    assert.equal(accepts({ id: 'a', signature: sign(`a.${timestamp}.${body}`) }), true)
  })

  it('accepts each of two secrets while one replaces the other', () => {
    const both = createSvixVerifier(['whsec_plJ3nmyCDGBKInavdOK15jsl', SECRET])
    const headers = { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': signature }
    assert.ok(both({ raw: Buffer.from(body), headers, at: timestamp * 1000 }))
  })

  it('refuses secrets that are none', () => {
    for (const secret of ['whsec_', 'whsec_c2hvcnQ=', 'secret', 'whpk_AAAA']) {
      assert.throws(() => createSvixVerifier([secret]), /to be whsec_/)
    }
  })
})

describe('createBridgeVerifier', () => {
  const body =
    '{"content":{"item_id":1234567890,"status":0,"user_uuid":"9a95b38f-f98b-417a-988b-9d0d584893e7"},"timestamp":1611681789,"type":"TEST_EVENT"}'
  const current = 'v1=348A42EBB1F5E2C03FCB89C6612E7500D2819E312CA2EED66088BEDEB119C79A'
  const previous = 'v1=974DA23743061174C106BFDBA5E8F34BED588DF80A866BB2BEB86ECFFF624927'
  const verify = createBridgeVerifier(['bridge-secret-current'])
  const event = (signature: string, raw = body): ReturnType<typeof verify> =>
    verify({ raw: Buffer.from(raw), headers: { 'bridgeapi-signature': signature }, at: 0 })

  it('accepts the signature, also beside another one', () => {
    assert.equal(event(current)?.type, 'TEST_EVENT')
    assert.ok(event(`${previous},${current}`))
    assert.ok(event(`v2=abc,${current}`))
  })

  it('refuses another secret, another body, no signature', () => {
    assert.deepEqual(
      [event(previous), event(current, `${body} `), event(''), event('v1='), event(current.slice(3))],
      [null, null, null, null, null],
    )
  })
})

describe('createCrossRiverVerifier', () => {
  const verify = createCrossRiverVerifier(['bank:secret', 'bank:next'])
  const raw = Buffer.from('{"id":"e-1","eventName":"Core.Account.Opened","status":"Pending","resources":[]}')

  it('knows the bank by its credentials, old and new', () => {
    for (const authorization of [basic('bank:secret'), basic('bank:next')]) {
      assert.deepEqual(
        [verify({ raw, headers: { authorization }, at: 0 })].map((event) => [event?.id, event?.type]),
        [['e-1', 'Core.Account.Opened']],
      )
    }
    assert.equal(verify({ raw, headers: { authorization: basic('bank:wrong') }, at: 0 }), null)
    assert.equal(verify({ raw, headers: {}, at: 0 }), null)
  })
})

describe('createReceeveVerifier', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const verify = createReceeveVerifier([pem])
  const payload = {
    details: { messageType: 'event.claim.created.v1' },
    messageId: '09feeb6f',
    timestamp: '2021-10-14T15:33:16.848Z',
  }
  const bodyOf = (change: object = {}): Buffer => {
    const payloadAsString = JSON.stringify(payload)
    const signature = createSign('SHA256').update(payloadAsString).sign(privateKey, 'base64')
    return Buffer.from(JSON.stringify({ payload, signature, payloadAsString, ...change }))
  }

  it('accepts what the vendor signed, and reads what was signed', () => {
    const event = verify({ raw: bodyOf(), headers: {}, at: 0 })
    assert.deepEqual([event?.id, event?.type], ['09feeb6f', 'event.claim.created.v1'])
  })

  it('refuses a payload beside the signed text that says something else', () => {
    assert.equal(verify({ raw: bodyOf({ payload: { ...payload, messageId: 'forged' } }), headers: {}, at: 0 }), null)
    assert.equal(verify({ raw: bodyOf({ payloadAsString: '{}' }), headers: {}, at: 0 }), null)
    assert.equal(verify({ raw: bodyOf({ signature: '' }), headers: {}, at: 0 }), null)
    assert.equal(verify({ raw: Buffer.from('[]'), headers: {}, at: 0 }), null)
  })
})

describe('/webhooks/:source', () => {
  const now = Math.floor(Date.now() / 1000)
  const signed = (id: string, body: string): Record<string, string | null> => ({
    authorization: null,
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': sign(`${id}.${now}.${body}`),
  })

  it('takes an event once, however often it comes', async () => {
    await using api = await Api.start({ WEBHOOK_SECRET_STANDARD: SECRET })
    const body = '{"type": "user.created",  "data": {"name":"Žofie"}}'
    const first = await api.send('/webhooks/standard', body, { headers: signed('evt-1', body) })
    const replay = await api.send('/webhooks/standard', body, { headers: signed('evt-1', body) })
    assert.deepEqual([first.status, first.body], [200, { success: true }])
    assert.deepEqual([replay.status, replay.headers.get('idempotency-replayed')], [200, 'true'])
    await api.stop()
    const [work, ...more] = api.outbox()
    assert.equal(more.length, 0)
    assert.deepEqual(work?.payload, { source: 'standard', type: 'user.created', data: JSON.parse(body) as unknown })
  })

  it('takes a Cross River event once although each attempt has other bytes', async () => {
    await using api = await Api.start({ WEBHOOK_SECRET_CROSSRIVER: 'bank:secret' })
    const headers = { authorization: basic('bank:secret') }
    const event = { id: 'e-1', eventName: 'Core.Account.Opened', lastAttemptedAt: '2026-01-01T00:00:00Z' }
    await api.send('/webhooks/crossriver', event, { headers })
    const again = await api.send(
      '/webhooks/crossriver',
      { ...event, lastAttemptedAt: '2026-01-01T00:01:00Z' },
      { headers },
    )
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    const nameless = await api.send('/webhooks/crossriver', { eventName: 'x' }, { headers })
    assert.equal(nameless.status, 400)
    const stranger = await api.send('/webhooks/crossriver', event)
    assert.deepEqual([stranger.status, stranger.headers.get('www-authenticate')?.startsWith('Basic')], [401, true])
  })

  it('answers 401 without a proof, and has no route for a vendor without a secret', async () => {
    await using api = await Api.start({ WEBHOOK_SECRET_SVIX: SECRET })
    assert.equal((await api.send('/webhooks/svix', {}, { headers: { authorization: null } })).status, 401)
    assert.equal((await api.send('/webhooks/bridge', {})).status, 404)
    assert.equal((await api.send('/webhooks/bridge', {}, { headers: { authorization: null } })).status, 401)
  })
})
