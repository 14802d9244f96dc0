import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { secretFrom, standardHeaders, verifyStandard } from '../../src/profile/profile.ts'

const NOW = Date.UTC(2026, 10, 22, 10)
const encoded = (): string => `whsec_${randomBytes(32).toString('base64')}`
const [first, second] = [encoded(), encoded()]
const secretsOf = (...secrets: readonly string[]): Uint8Array[] => secrets.map((secret) => secretFrom(secret)!)
const body = '{"type":"user.registered","customer":{"id":"c-1","name":"Ada 🦄"}}'
const AFTER = 'The signature is that of another secret, or of other bytes'

/** As the standard's own library signs it. */
function signed(secret = first, { id = 'msg_1', at = NOW, text = body } = {}): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at), text),
  }
}

function verdictOn(
  headers: Readonly<Record<string, string>>,
  { secrets = secretsOf(first), bytes = Buffer.from(body), receivedAt = NOW } = {},
): string {
  const verdict = verifyStandard({ header: (name) => headers[name] ?? null, body: bytes, receivedAt }, secrets)
  return 'id' in verdict ? verdict.id : verdict.refusal
}

describe('a message that claims to be signed', () => {
  it('is believed when the standard’s own library, or ours, has signed it', () => {
    expect(verdictOn(signed())).toBe('msg_1')
    const [secret] = secretsOf(first)
    expect(verdictOn(standardHeaders({ id: 'msg_2', body, sentAt: NOW, secret: secret! }))).toBe('msg_2')
  })

  it('is believed under either of two secrets, and no longer under one that is gone', () => {
    const both = secretsOf(second, first)
    expect([first, second].map((secret) => verdictOn(signed(secret), { secrets: both }))).toEqual(['msg_1', 'msg_1'])
    expect(verdictOn(signed(), { secrets: secretsOf(second) })).toBe(AFTER)
    expect(verdictOn(signed(), { secrets: [] })).toBe(AFTER)
    // A sender that rotates signs with both at once.
    const twice = `${signed(second)['webhook-signature']} ${signed()['webhook-signature']}`
    expect(verdictOn({ ...signed(), 'webhook-signature': twice })).toBe('msg_1')
  })

  it('may have the headers of Svix, but not some of both', () => {
    const svix = Object.fromEntries(
      Object.entries(signed()).map(([key, value]) => [key.replace('webhook', 'svix'), value]),
    )
    expect(verdictOn(svix)).toBe('msg_1')
    const mixed = { ...svix, 'webhook-id': 'msg_1' }
    expect(verdictOn(mixed)).toBe(
      'expected the headers webhook-id, webhook-timestamp, webhook-signature, got not all of them',
    )
  })

  it('is not believed when a byte of it is another', () => {
    const other = (text: string | Uint8Array): string => verdictOn(signed(), { bytes: Buffer.from(text) })
    expect(other(body.replace('c-1', 'c-2'))).toBe(AFTER)
    expect(other(JSON.stringify(JSON.parse(body), null, 1))).toBe(AFTER)
    expect(other(`\uFEFF${body}`)).toBe(AFTER)
    expect(other(`${body}\n`)).toBe(AFTER)
    expect(other('')).toBe(AFTER)
    expect(verdictOn({ ...signed(), 'webhook-id': 'msg_2' })).toBe(AFTER)
    expect(verdictOn({ ...signed(), 'webhook-timestamp': String(NOW / 1000 + 1) })).toBe(AFTER)
  })

  it.each([
    [-300_000, 'msg_1'],
    [300_000, 'msg_1'],
    [-301_000, 'expected webhook-timestamp to be within five minutes of now, got something else'],
    [301_000, 'expected webhook-timestamp to be within five minutes of now, got something else'],
  ])('may be five minutes old or ahead, and no more: %i ms', (ms, verdict) => {
    expect(verdictOn(signed(first, { at: NOW + ms }))).toBe(verdict)
  })

  it.each([
    ['webhook-timestamp', String(NOW), 'seconds since 1970'],
    ['webhook-timestamp', String(NOW).slice(0, 12), 'within five minutes of now'],
    ['webhook-timestamp', '-1', 'seconds since 1970'],
    ['webhook-timestamp', '1e9', 'seconds since 1970'],
    ['webhook-timestamp', `${NOW / 1000}.5`, 'seconds since 1970'],
    ['webhook-timestamp', '', 'seconds since 1970'],
    ['webhook-id', 'msg.1', '1 to 64 letters, digits, _ or -'],
    ['webhook-id', 'msg_1, msg_1', '1 to 64 letters, digits, _ or -'],
    ['webhook-id', 'a'.repeat(65), '1 to 64 letters, digits, _ or -'],
    ['webhook-id', '', '1 to 64 letters, digits, _ or -'],
    ['webhook-signature', '', '`v1,…`, or several of them with spaces between'],
    ['webhook-signature', 'v1', '`v1,…`, or several of them with spaces between'],
    ['webhook-signature', 'v1,', '`v1,…`, or several of them with spaces between'],
    ['webhook-signature', ' ', '`v1,…`, or several of them with spaces between'],
  ])('is not read when %s is %j', (name, value, what) => {
    expect(verdictOn({ ...signed(), [name]: value })).toBe(`expected ${name} to be ${what}, got something else`)
  })

  it('is not believed because of what only looks like its signature', () => {
    const [value = ''] = [signed()['webhook-signature']?.slice(3)]
    const key = Buffer.from(first)
    const undecoded = createHmac('sha256', key)
      .update(`msg_1.${NOW / 1000}.${body}`)
      .digest('base64')
    const hex = Buffer.from(value, 'base64').toString('hex')
    const others = [
      `v1a,${value}`,
      `v2,${value}`,
      `V1,${value}`,
      `v1,${undecoded}`,
      `v1,${hex}`,
      `v1,${value.slice(0, -1)}`,
    ]
    for (const signature of others) expect(verdictOn({ ...signed(), 'webhook-signature': signature })).toBe(AFTER)
    const emptyKey = createHmac('sha256', '')
      .update(`msg_1.${NOW / 1000}.${body}`)
      .digest('base64')
    expect(verdictOn({ ...signed(), 'webhook-signature': `v1,${emptyKey}` })).toBe(AFTER)
  })

  it('is refused with two signature headers, which come as one with a comma', () => {
    const twice = `${signed(second)['webhook-signature']}, ${signed()['webhook-signature']}`
    expect(verdictOn({ ...signed(), 'webhook-signature': twice })).toContain('expected webhook-signature to be')
  })

  it('cannot be cut elsewhere: no dot is left where id and time meet', () => {
    const [id, timestamp] = ['a', '1.2']
    const signature = createHmac('sha256', secretFrom(first)!).update(`a.1.2.${body}`).digest('base64')
    const one = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
    const other = { ...one, 'webhook-id': 'a.1', 'webhook-timestamp': '2' }
    for (const headers of [one, other]) {
      expect(verdictOn(headers, { receivedAt: 2000 })).toMatch(/^expected webhook-(id|timestamp) to be/)
    }
  })
})
