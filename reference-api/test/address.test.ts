import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { createAddressCheck, networkList } from '../src/address.ts'
import { Api, GOOD } from './test-api.ts'

function call(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage
}

describe('createAddressCheck', () => {
  const direct = createAddressCheck({ ipAllow: ['203.0.113.0/24', '2001:db8::/32'], trustProxy: [] })
  const proxied = createAddressCheck({ ipAllow: ['203.0.113.0/24'], trustProxy: ['10.0.0.0/8', '127.0.0.1'] })

  it('lets in who is on the list, in every way an address is written', () => {
    for (const address of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::1']) direct(call(address))
  })

  it('turns away everybody else', () => {
    for (const address of ['203.0.114.1', '127.0.0.1', '::1', '::203.0.113.7', '']) {
      assert.throws(() => direct(call(address)), /not accepted/, address)
    }
  })

  it('ignores X-Forwarded-For from whoever is not a trusted proxy', () => {
    assert.throws(() => direct(call('198.51.100.1', '203.0.113.7')), /198\.51\.100\.1/)
    assert.throws(() => proxied(call('198.51.100.1', '203.0.113.7')), /198\.51\.100\.1/)
    direct(call('203.0.113.7', '198.51.100.1'))
  })

  it('believes trusted proxies, from the last one back to the first that is none', () => {
    for (const forwarded of [
      '203.0.113.7',
      '203.0.113.7, 10.1.1.1',
      '198.51.100.1, 203.0.113.7',
      '203.0.113.7:4711',
      ' 203.0.113.7 , 10.0.0.9',
    ]) {
      proxied(call('10.0.0.1', forwarded))
    }
    // What the caller wrote before the proxy's own entry means nothing.
    assert.throws(() => proxied(call('10.0.0.1', '203.0.113.7, 198.51.100.1')), /198\.51\.100\.1/)
    assert.throws(() => proxied(call('10.0.0.1', '203.0.113.7, unknown')), /unknown address/)
    assert.throws(() => proxied(call('10.0.0.1')), /10\.0\.0\.1/)
  })
})

describe('networkList', () => {
  it('refuses what is no address or network', () => {
    for (const text of [
      '10.0.0.0/33',
      '10.0.0/8',
      'example.com',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '::1/129',
      '10.0.0.0/-1',
      '',
    ]) {
      assert.throws(() => networkList([text]), RangeError, text)
    }
  })
})

describe('IP_ALLOW over HTTP', () => {
  it('answers 403 before it looks at the credentials', async () => {
    await using api = await Api.start({ IP_ALLOW: '203.0.113.10' })
    const reply = await api.send('/v1/messages', GOOD, { headers: { authorization: null } })
    assert.deepEqual([reply.status, reply.body.errors?.[0]?.code], [403, 4030])
  })

  it('lets the sender in behind a proxy', async () => {
    await using api = await Api.start({ IP_ALLOW: '203.0.113.10', TRUST_PROXY: '127.0.0.0/8' })
    assert.equal((await api.send('/v1/messages', GOOD, { headers: { 'x-forwarded-for': '203.0.113.10' } })).status, 200)
    assert.equal((await api.send('/v1/messages', GOOD, { headers: { 'x-forwarded-for': '203.0.113.11' } })).status, 403)
  })
})
