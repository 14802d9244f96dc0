import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { secretFrom, standardHeaders } from '../../src/profile/profile.ts'

const encoded = (bytes: number): string => `whsec_${randomBytes(bytes).toString('base64')}`

describe('a signed message', () => {
  it('passes the check of the standard’s own library, and fails it when a byte is another', () => {
    const secret = encoded(32)
    const body = JSON.stringify({ type: 'run.finished', data: { campaign: 'Frühling' } })
    const headers = standardHeaders({ id: 'msg_1', body, sentAt: Date.now(), secret: secretFrom(secret)! })
    const library = new Webhook(secret)
    expect(library.verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => library.verify(body.replace('finished', 'aborted'), headers)).toThrow()
    expect(() => library.verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow()
    expect(() => new Webhook(encoded(32)).verify(body, headers)).toThrow()
  })

  it('is the example of the standard', () => {
    const secret = secretFrom('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!
    const headers = standardHeaders({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body: '{"test": 2432232314}',
      sentAt: 1_614_265_330_999,
      secret,
    })
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })
})

describe('a signing secret', () => {
  it.each([24, 32, 64])('may have %i bytes', (bytes) => {
    expect(secretFrom(encoded(bytes))).toHaveLength(bytes)
  })

  it.each([
    ['too short', encoded(23)],
    ['too long', encoded(65)],
    ['no base64', 'whsec_ü'],
    ['empty', ''],
  ])('is none when it is %s', (_, text) => expect(secretFrom(text)).toBeNull())
})
