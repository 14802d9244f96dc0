import { describe, expect, it } from 'vitest'
import {
  createSecret,
  defineProfile,
  PROFILES,
  sharedSecret,
  signRequest,
  verifyRequest,
  type Profile,
} from '../../src/profile/profile.ts'

const now = Date.UTC(2026, 10, 22, 12)
const message = {
  id: 'msg_2',
  eventType: 'user.created',
  payload: Buffer.from('{"resources": [], "a":\n1}\n'),
  acceptedAt: now,
}
const stripe = defineProfile('stripe', {
  header: 'Stripe-Signature',
  content: '{timestamp}.{body}',
  hash: 'sha256',
  encoding: 'hex',
  key_encoding: 'utf8',
  prefix: 't={timestamp},v1=',
  separator: ',',
})
const github = defineProfile('github', {
  header: 'X-Hub-Signature-256',
  content: '{body}',
  hash: 'sha256',
  encoding: 'hex',
  key_encoding: 'utf8',
  prefix: 'sha256=',
})

interface Received {
  readonly headers: Record<string, string>
  readonly body: Uint8Array
  readonly secret: string
  readonly now: number
}

async function received(profile: Profile, sentAt = now): Promise<Received> {
  const secrets = [await createSecret(profile), await createSecret(profile)]
  const { headers, body } = signRequest(profile, { message, sentAt, secrets })
  const entries = headers.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1]!]] : []))
  const secret = profile.proof.kind === 'rsa' ? secrets[1]! : secrets[0]!
  return {
    headers: Object.fromEntries(entries) as Record<string, string>,
    body,
    secret: sharedSecret(profile, secret),
    now,
  }
}

describe('the proof of a request', () => {
  it('is good when it is the sender’s own', async () => {
    for (const profile of [...Object.values(PROFILES).filter(({ name }) => name !== 'raw'), stripe, github]) {
      expect([profile.name, verifyRequest(profile, await received(profile))]).toEqual([profile.name, null])
    }
  })

  it('says when there is nothing to verify', async () => {
    expect(verifyRequest(PROFILES['raw']!, await received(PROFILES['raw']!))).toBe(
      'nothing to verify: the profile raw proves nothing',
    )
  })

  it('says which header is missing', async () => {
    const request = await received(PROFILES['svix']!)
    for (const name of ['svix-id', 'svix-timestamp', 'svix-signature']) {
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([header]) => header !== name))
      expect(verifyRequest(PROFILES['svix']!, { ...request, headers })).toBe(`missing header: ${name}`)
    }
    expect(verifyRequest(PROFILES['crossriver']!, { ...request, headers: {} })).toBe('missing header: authorization')
  })

  it.each([
    [-301_000, 'the timestamp is 6 min old'],
    [301_000, 'the timestamp is 6 min ahead'],
  ])('says of a timestamp %i ms away what it is', async (shift, words) => {
    for (const profile of [PROFILES['svix']!, stripe]) {
      expect(verifyRequest(profile, await received(profile, now + shift))).toContain(words)
      expect(verifyRequest(profile, await received(profile, now + Math.sign(shift) * 299_000))).toBeNull()
    }
  })

  it('says when the timestamp is no number of seconds', async () => {
    const request = await received(PROFILES['svix']!)
    for (const timestamp of ['-1', '1.5', String(now), 'soon']) {
      const headers = { ...request.headers, 'svix-timestamp': timestamp }
      expect(verifyRequest(PROFILES['svix']!, { ...request, headers })).toMatch(
        /^(expected the timestamp|the timestamp is)/,
      )
    }
  })

  it('says when the body was parsed and written again', async () => {
    for (const profile of [PROFILES['standard']!, stripe, github]) {
      const request = await received(profile)
      const { headers, body } = signRequest(profile, {
        message: { ...message, payload: Buffer.from('{"a":1}') },
        sentAt: now,
        secrets: [request.secret],
      })
      const entries = headers.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1]!]] : []))
      const changed = Buffer.from(Buffer.from(body).toString().replace(':', ' : '))
      const words = verifyRequest(profile, {
        ...request,
        headers: Object.fromEntries(entries) as Record<string, string>,
        body: changed,
      })
      expect(words).toContain('it was parsed and written again')
    }
  })

  it('says when the secret was read in another way', async () => {
    const encoded = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')
    const { headers, body } = signRequest(github, { message, sentAt: now, secrets: [encoded] })
    const request = { headers: { 'x-hub-signature-256': headers.at(-1)! }, body, secret: encoded, now }
    const decoding: Profile = { ...github, proof: { ...github.proof, keyEncoding: 'base64' } as Profile['proof'] }
    expect(verifyRequest(decoding, request)).toBe(
      'the signature was made with the secret read as utf8, expected bytes in base64',
    )
  })

  it('says when the hex is in the other case', async () => {
    const request = await received(PROFILES['bridge']!)
    const headers = { 'bridgeapi-signature': request.headers['bridgeapi-signature']!.toLowerCase() }
    expect(verifyRequest(PROFILES['bridge']!, { ...request, headers })).toBe(
      'expected the signature in upper-case hex, got the other case',
    )
  })

  it('says that nothing fits when the secret, the body or a signed header is another', async () => {
    const profile = PROFILES['svix']!
    const request = await received(profile)
    const words = 'none of 2 signatures fits: another secret, or another body'
    expect(verifyRequest(profile, { ...request, secret: await createSecret(profile) })).toBe(words)
    expect(verifyRequest(profile, { ...request, body: Buffer.from('{}') })).toBe(words)
    expect(verifyRequest(profile, { ...request, headers: { ...request.headers, 'svix-id': 'msg_3' } })).toBe(words)
  })

  it('does not take a signature of another version for this one', async () => {
    const profile = PROFILES['svix']!
    const request = await received(profile)
    const signature = request.headers['svix-signature']!.replaceAll('v1,', 'v1a,')
    for (const other of [signature, '', 'v1']) {
      const headers = { ...request.headers, 'svix-signature': other }
      expect(verifyRequest(profile, { ...request, headers })).toContain('no signature in svix-signature')
    }
  })

  it('is wrong for other credentials', async () => {
    const profile = PROFILES['crossriver']!
    const request = await received(profile)
    expect(verifyRequest(profile, { ...request, secret: 'hookcast:other' })).toBe('another user or another password')
    const headers = { authorization: 'Bearer x' }
    expect(verifyRequest(profile, { ...request, headers })).toBe(
      'expected `authorization` to be Basic, got another scheme',
    )
  })

  it('is wrong when receeve’s payload says something else than what is signed', async () => {
    const profile = PROFILES['receeve']!
    const request = await received(profile)
    const body = JSON.parse(Buffer.from(request.body).toString()) as Record<string, unknown>
    const verify = (changes: Record<string, unknown>): string | null =>
      verifyRequest(profile, { ...request, body: Buffer.from(JSON.stringify({ ...body, ...changes })) })
    expect(verify({ payload: { details: { amount: 1 } } })).toContain('says something else')
    expect(verify({ payloadAsString: '{}' })).toContain('does not fit `payloadAsString`')
    expect(verify({ signature: 1 })).toContain('expected `signature` and `payloadAsString`')
    expect(verifyRequest(profile, { ...request, secret: 'x' })).toContain('to be a public key in PEM')
  })

  it('never quotes the secret', async () => {
    for (const profile of [...Object.values(PROFILES), stripe]) {
      const request = await received(profile)
      const words = verifyRequest(profile, { ...request, headers: {}, body: Buffer.from('{}') })
      expect(words).not.toContain(request.secret)
    }
  })
})
