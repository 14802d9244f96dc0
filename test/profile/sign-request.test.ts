import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { checkSecret, createSecret, PROFILES, signRequest, type Profile } from '../../src/profile/profile.ts'

const profile = (name: string): Profile => PROFILES[name]!
const message = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  eventType: 'test',
  payload: Buffer.from('{"test": 2432232314}'),
  acceptedAt: 0,
}
const valueOf = (headers: readonly string[], name: string): string | undefined => headers[headers.indexOf(name) + 1]

describe('a request of the profile svix', () => {
  it('is the example of Svix', () => {
    const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
    const { headers, body } = signRequest(profile('svix'), { message, sentAt: 1_614_265_330_999, secrets })
    expect(body).toBe(message.payload)
    expect(valueOf(headers, 'svix-id')).toBe(message.id)
    expect(valueOf(headers, 'svix-timestamp')).toBe('1614265330')
    expect(valueOf(headers, 'svix-signature')).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })
})

describe('a request of the profile standard', () => {
  it('passes the standard’s own library with the old secret and with the new one', () => {
    const secrets = [createSecret(profile('standard')), createSecret(profile('standard'))]
    const payload = Buffer.from('{ "b": 1,\n "a": "ü" }')
    const input = { message: { ...message, payload }, sentAt: Date.now(), secrets }
    const { headers, body } = signRequest(profile('standard'), input)
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
    const sent = Object.fromEntries(names.map((name) => [name, valueOf(headers, name)!]))
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(Buffer.from(body), sent)).toEqual({ b: 1, a: 'ü' })
    }
    expect(() => new Webhook(createSecret(profile('standard'))).verify(Buffer.from(body), sent)).toThrow()
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

describe('a secret', () => {
  it('is one that its profile takes when it was made for it', () => {
    for (const profile of Object.values(PROFILES)) expect(checkSecret(profile, createSecret(profile))).toBeNull()
  })

  it('is refused in words that do not hold it', () => {
    const refusal = checkSecret(profile('svix'), 'whsec_hunter2')
    expect(refusal).toContain('expected `secret` to be whsec_ and 24 to 64 bytes')
    expect(refusal).not.toContain('hunter2')
    expect(() => signRequest(profile('svix'), { message, sentAt: 0, secrets: ['whsec_hunter2'] })).toThrow(RangeError)
  })
})
