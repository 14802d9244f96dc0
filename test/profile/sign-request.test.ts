import { createVerify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { Webhook as OlderSvixWebhook } from 'svix-1'
import { describe, expect, it } from 'vitest'
import { createSecret, defineProfile, PROFILES, sharedSecret, signRequest } from '../../src/profile/profile.ts'
import type { Profile, ProfileDefinition } from '../../src/profile/profile.ts'

const profile = (name: string): Profile => PROFILES[name]!
const message = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  eventType: 'test',
  payload: Buffer.from('{"test": 2432232314}'),
  acceptedAt: 0,
}
const awkward = Buffer.from('{ "b": 1.0,\n "a": "ü" , "b2": 12345678901234567890}')

function headersOf(list: readonly string[]): Record<string, string> {
  const pairs = list.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), list[index + 1]!]] : []))
  return Object.fromEntries(pairs) as Record<string, string>
}

describe('a request of Svix', () => {
  it.each([
    {
      from: 'the seed and the standard',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: 1_614_265_330,
      body: '{"test": 2432232314}',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    {
      from: 'Svix’s worker',
      secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      at: 1_649_367_553,
      body: '{"email":"test@example.com","username":"test_user"}',
      signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    },
    {
      from: 'Svix’s documentation',
      secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
      id: 'msg_loFOjxBNrRLzqYUf',
      at: 1_731_705_121,
      body: '{"event_type":"ping","data":{"success":true}}',
      signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    },
  ])('is the example of $from', ({ secret, id, at, body, signature }) => {
    const input = {
      message: { ...message, id, payload: Buffer.from(body) },
      sentAt: at * 1000 + 999,
      secrets: [secret],
    }
    for (const [name, prefix] of [['svix', 'svix'] as const, ['standard', 'webhook'] as const]) {
      const request = signRequest(profile(name), input)
      expect(Buffer.from(request.body).toString()).toBe(body)
      expect(headersOf(request.headers)).toMatchObject({
        [`${prefix}-id`]: id,
        [`${prefix}-timestamp`]: String(at),
        [`${prefix}-signature`]: signature,
      })
    }
  })

  it('passes the libraries of Svix and of the standard with the old secret and with the new one', async () => {
    for (const name of ['svix', 'standard']) {
      const secrets = [await createSecret(profile(name)), await createSecret(profile(name))]
      const input = { message: { ...message, payload: awkward }, sentAt: Date.now(), secrets }
      const { headers, body } = signRequest(profile(name), input)
      const libraries = name === 'svix' ? [SvixWebhook, OlderSvixWebhook] : [SvixWebhook, OlderSvixWebhook, Webhook]
      for (const Library of libraries) {
        for (const secret of secrets) {
          expect(() => new Library(secret).verify(Buffer.from(body), headersOf(headers))).not.toThrow()
        }
        const other = await createSecret(profile(name))
        expect(() => new Library(other).verify(Buffer.from(body), headersOf(headers))).toThrow()
      }
    }
  })
})

describe('a request of Bridge', () => {
  const testEvent =
    '{"content":{"item_id":1234567890,"status":0,"user_uuid":"9a95b38f-f98b-417a-988b-9d0d584893e7"},"timestamp":1611681789,"type":"TEST_EVENT"}'
  const content = Buffer.from('{"item_id":1234567890,"status":0,"user_uuid":"9a95b38f-f98b-417a-988b-9d0d584893e7"}')

  it('is signed in upper-case hex, by both secrets while one replaces the other', () => {
    const input = {
      message: { ...message, eventType: 'TEST_EVENT', payload: content, acceptedAt: 1_611_681_789_123 },
      sentAt: 0,
      secrets: ['bridge-secret-current', 'bridge-secret-previous'],
      isTest: true,
    }
    const { headers, body } = signRequest(profile('bridge'), input)
    expect(Buffer.from(body).toString()).toBe(testEvent)
    expect(headers).toContain('BridgeApi-Signature')
    expect(headersOf(headers)['bridgeapi-signature']).toBe(
      'v1=348A42EBB1F5E2C03FCB89C6612E7500D2819E312CA2EED66088BEDEB119C79A,v1=974DA23743061174C106BFDBA5E8F34BED588DF80A866BB2BEB86ECFFF624927',
    )
  })

  it('tells the time of a real event in milliseconds, and keeps the bytes of its content', () => {
    const input = {
      message: { ...message, eventType: 'item.refreshed', payload: awkward, acceptedAt: 1_612_782_588_323 },
      sentAt: 0,
      secrets: ['s'],
    }
    const { body } = signRequest(profile('bridge'), input)
    expect(Buffer.from(body).toString()).toBe(
      `{"content":${awkward.toString()},"timestamp":1612782588323,"type":"item.refreshed"}`,
    )
  })
})

describe('a request of Cross River', () => {
  const owner = '00000000-0000-0000-0000-000000000001'
  const facts = {
    message: {
      id: '3f0e3f6e-94f0-4bb9-8a0e-2a7fd2f1c001',
      eventType: 'Core.Account.Opened',
      payload: Buffer.from('{"resources":["core/v1/dda/accounts/2001231231","core/v1/dda/accounts/2001231232"]}'),
      acceptedAt: Date.UTC(2018, 6, 26, 3, 48, 55, 969),
    },
    sentAt: Date.UTC(2018, 6, 26, 4, 45, 15, 128),
    secrets: ['some_user:secret:pässword'],
    owner,
  }

  it('is the event object, always pending, with the credentials of its registration', () => {
    const { headers, body } = signRequest(profile('crossriver'), facts)
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({
      id: '3f0e3f6e-94f0-4bb9-8a0e-2a7fd2f1c001',
      eventName: 'Core.Account.Opened',
      status: 'Pending',
      partnerId: owner,
      createdAt: '2018-07-26T03:48:55.969Z',
      lastAttemptedAt: '2018-07-26T04:45:15.128Z',
      resources: ['core/v1/dda/accounts/2001231231', 'core/v1/dda/accounts/2001231232'],
    })
    const encoded = /^Basic (.+)$/.exec(headersOf(headers)['authorization']!)![1]!
    expect(Buffer.from(encoded, 'base64').toString('utf8')).toBe('some_user:secret:pässword')
  })

  it('says of a ping that it is one', () => {
    const ping = { ...facts.message, payload: Buffer.from('{"resources":[]}') }
    const { body } = signRequest(profile('crossriver'), { ...facts, message: ping, isTest: true })
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ isPing: true, resources: [] })
  })
})

/** The vendor's own sample, in its shape. @see InDebted Receive, "Webhook validation use case". */
function isValid(body: { payload: unknown; signature: string; payloadAsString: string }, publicKey: string): boolean {
  const verifier = createVerify('SHA256')
  verifier.update(body.payloadAsString)
  return verifier.verify(publicKey, body.signature, 'base64') && JSON.stringify(body.payload) === body.payloadAsString
}

describe('a request of receeve', () => {
  const details = { accountReference: 'PDN-922-Oct14-0001', amount: 501, currency: 'EUR', dueDate: '2021-10-07' }
  const event = { ...message, eventType: 'event.claim.created.v1', acceptedAt: Date.UTC(2021, 9, 14, 15, 33, 16, 848) }
  const bodyOf = (payload: string, secrets: readonly string[]): never => {
    const input = { message: { ...event, payload: Buffer.from(payload) }, sentAt: 0, secrets }
    return JSON.parse(Buffer.from(signRequest(profile('receeve'), input).body).toString()) as never
  }

  it('passes the vendor’s sample, with the details as they were given', async () => {
    const secret = await createSecret(profile('receeve'))
    const body = bodyOf(JSON.stringify(details), [secret])
    expect(isValid(body, sharedSecret(profile('receeve'), secret))).toBe(true)
    expect(body['payload']).toEqual({
      details: { messageType: 'event.claim.created.v1', ...details },
      messageId: event.id,
      timestamp: '2021-10-14T15:33:16.848Z',
    })
    const other = sharedSecret(profile('receeve'), await createSecret(profile('receeve')))
    expect(isValid(body, other)).toBe(false)
  })

  it('takes over a user and a message type that the payload brings', async () => {
    const secret = await createSecret(profile('receeve'))
    const user = { id: 'USER_ID', poolId: 'POOL_ID', originator: 'ClientAPI' }
    const whole = { details: { messageType: 'event.claim.created', ...details }, user }
    const body = bodyOf(JSON.stringify(whole), [secret])
    expect(body['payload']).toEqual({ ...whole, messageId: event.id, timestamp: '2021-10-14T15:33:16.848Z' })
    expect(bodyOf(JSON.stringify(whole.details), [secret])['payload']).toMatchObject({ details: whole.details })
    expect(bodyOf(' { } ', [secret])['payload']).toMatchObject({ details: { messageType: event.eventType } })
  })

  it('is signed by the older of two keys, so that receivers have the time to take the new one', async () => {
    const [newer, older] = [await createSecret(profile('receeve')), await createSecret(profile('receeve'))]
    const body = bodyOf('{}', [newer, older])
    expect(isValid(body, sharedSecret(profile('receeve'), older))).toBe(true)
  })
})

describe('a request of the profile raw', () => {
  it('has a content type and the payload, and nothing else', () => {
    expect(signRequest(profile('raw'), { message, sentAt: 0, secrets: [] })).toEqual({
      headers: ['content-type', 'application/json'],
      body: message.payload,
    })
  })
})

describe('a request of a profile made of data', () => {
  const sha256 = { hash: 'sha256', encoding: 'hex', key_encoding: 'utf8' } as const
  it.each<{
    vendor: string
    definition: ProfileDefinition
    secrets: string[]
    body: string
    at: number
    expected: string
  }>([
    {
      vendor: 'GitHub',
      definition: { ...sha256, header: 'X-Hub-Signature-256', content: '{body}', prefix: 'sha256=' },
      secrets: ["It's a Secret to Everybody", 'older'],
      body: 'Hello, World!',
      at: 0,
      expected: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    {
      vendor: 'Convoy, simple',
      definition: { ...sha256, header: 'X-Convoy-Signature', content: '{body}' },
      secrets: ['convoy-webhook-secret'],
      body: '{"event":"charge.success","amount":1000,"currency":"NGN"}',
      at: 0,
      expected: '244449b7f48cbc2709060c9dcdc2b3aa47a78f540430579015c579fb12defbb4',
    },
    {
      vendor: 'Convoy, advanced',
      definition: {
        ...sha256,
        header: 'X-Convoy-Signature',
        content: '{timestamp},{body}',
        prefix: 't={timestamp},v1=',
      },
      secrets: ['convoy-webhook-secret'],
      body: '{"event":"charge.success","amount":1000,"currency":"NGN"}',
      at: 1_700_000_000,
      expected: 't=1700000000,v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c',
    },
    {
      vendor: 'Hook0, v0',
      definition: {
        ...sha256,
        header: 'X-Hook0-Signature',
        content: '{timestamp}.{body}',
        prefix: 't={timestamp},v0=',
      },
      secrets: ['a-subscription-secret'],
      body: '{"event":"user.created"}',
      at: 1_800_000_000,
      expected: 't=1800000000,v0=d17d66b66fca89390c5b967c45e8928fc732db07a0aabe8167b1e98213081ffe',
    },
    {
      vendor: 'Hook0, v1',
      definition: {
        ...sha256,
        header: 'X-Hook0-Signature',
        content: '{timestamp}.x-event-id x-delivery-id.{id}.dlv-1.{body}',
        prefix: 't={timestamp},h=x-event-id x-delivery-id,v1=',
        headers: { 'x-event-id': '{id}', 'x-delivery-id': 'dlv-1' },
      },
      secrets: ['a-subscription-secret'],
      body: '{"event":"user.created"}',
      at: 1_800_000_000,
      expected:
        't=1800000000,h=x-event-id x-delivery-id,v1=19a6fb8f6581715b241a93af02a58611c3b0ac7b747a8d2a5b120ee418d0c347',
    },
  ])('is the example of $vendor', ({ definition, secrets, body, at, expected }) => {
    const made = defineProfile('mine', definition)
    const input = { message: { ...message, id: 'evt-1', payload: Buffer.from(body) }, sentAt: at * 1000, secrets }
    const { headers } = signRequest(made, input)
    expect(headersOf(headers)[definition.header.toLowerCase()]).toBe(expected)
  })

  it('repeats only what begins a signature when two secrets sign, as Stripe’s receivers read it', () => {
    const stripe: ProfileDefinition = {
      ...sha256,
      header: 'Stripe-Signature',
      content: '{timestamp}.{body}',
      prefix: 't={timestamp},v1=',
      separator: ',',
    }
    const { headers } = signRequest(defineProfile('stripe', stripe), { message, sentAt: 5000, secrets: ['a', 'b'] })
    expect(headersOf(headers)['stripe-signature']).toMatch(/^t=5,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/)
  })

  it.each<[string, Partial<ProfileDefinition>, string]>([
    ['signs no body', { content: '{id}' }, 'expected `content` to hold {body} once, got "{id}"'],
    [
      'signs an unknown thing',
      { content: '{app}{body}' },
      'expected `content` to hold {id}, {timestamp} or {type}, got {app}',
    ],
    [
      'signs a time that it does not send',
      { content: '{timestamp}.{body}' },
      'expected `prefix` or `headers` to hold {timestamp}, which `content` signs, got none',
    ],
    ['has a header that is none', { header: 'X Signature' }, 'expected a header\'s name, got "X Signature"'],
    ['breaks a header in two', { prefix: 'a\r\nb' }, 'expected `prefix` to be without control characters'],
  ])('is refused when it %s', (_, change, words) => {
    const definition: ProfileDefinition = { ...sha256, header: 'X-Signature', content: '{body}', ...change }
    expect(() => defineProfile('mine', definition)).toThrow(words)
  })

  it('is refused under a name that is taken, or is none', () => {
    const definition: ProfileDefinition = { ...sha256, header: 'X-Signature', content: '{body}' }
    expect(() => defineProfile('svix', definition)).toThrow('profile exists: svix')
    expect(() => defineProfile('My profile', definition)).toThrow("expected a profile's name")
  })
})
