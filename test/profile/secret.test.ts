import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkSecret, createSecret, PROFILES, sharedSecret, signRequest } from '../../src/profile/profile.ts'

const message = { id: 'msg_1', eventType: 'test', payload: Buffer.from('{}'), acceptedAt: 0 }

describe('a secret', () => {
  it('is one that its profile takes, and signs with, when it was made for it', async () => {
    for (const profile of Object.values(PROFILES)) {
      const secret = await createSecret(profile)
      expect(checkSecret(profile, secret)).toBeNull()
      expect(() => signRequest(profile, { message, sentAt: 0, secrets: [secret] })).not.toThrow()
      expect(await createSecret(profile)).not.toBe(secret)
    }
  })

  it.each([
    ['svix', 'whsec_hunter2', 'to be whsec_ and 24 to 64 bytes in base64'],
    ['bridge', '', 'to be a text that is not empty'],
    ['crossriver', 'hunter2', 'to be user:password'],
    ['crossriver', ':hunter2', 'to be user:password'],
    ['crossriver', 'user:hunter2\n', 'without control characters'],
    ['crossriver', `user:${'hunter2'.repeat(40)}`, 'at most 255 characters'],
    ['receeve', 'hunter2', 'to be an RSA private key of at least 2048 bits in PEM'],
  ])('of %s is refused in words that do not hold it: %j', (name, secret, words) => {
    const refusal = checkSecret(PROFILES[name]!, secret)
    expect(refusal).toContain(words)
    expect(refusal).not.toContain('hunter2')
  })

  it.each([
    ['a short RSA key', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
    ['a key of another kind', () => generateKeyPairSync('ed25519').privateKey],
  ])('of receeve is not %s', (_, create) => {
    const pem = create().export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(checkSecret(PROFILES['receeve']!, pem)).toContain('expected `secret` to be an RSA private key')
  })

  it('never appears in the error of a request that it cannot sign', () => {
    for (const name of ['svix', 'receeve']) {
      const sign = (): unknown => signRequest(PROFILES[name]!, { message, sentAt: 0, secrets: ['whsec_hunter2!'] })
      expect(sign).toThrow(RangeError)
      expect(sign).not.toThrow('hunter2')
    }
  })

  it('is shared with subscribers as it is, or as a public key', async () => {
    expect(sharedSecret(PROFILES['svix']!, 'whsec_x')).toBe('whsec_x')
    const shared = sharedSecret(PROFILES['receeve']!, await createSecret(PROFILES['receeve']!))
    expect(shared).toMatch(/^-----BEGIN PUBLIC KEY-----/)
  })
})
