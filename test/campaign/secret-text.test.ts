import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hasMalformedPlaceholder,
  placeholderNames,
  resolveSecret,
  secretNamesOf,
  substitute,
  unescapePlaceholders,
} from '../../src/campaign/secret-text.ts'
import { campaignWith, createCampaignFolder, problemsOf } from '../support/campaign-folder.ts'

const secret = (text: string) => ({ text, file: 'campaign.yaml', line: 7 })

describe('resolveSecret', () => {
  it.each([
    ['${A}', 'one'],
    ['Bearer ${A}:${B}', 'Bearer one:two'],
    ['$${A}', '${A}'],
    ['$${A} ${A}', '${A} one'],
    ['$$${A}', '$${A}'],
    ['$5', '$5'],
    ['plain', 'plain'],
  ])('puts in variables, and takes $${ as text: %s', (text, value) => {
    expect(resolveSecret(secret(text), { A: 'one', B: 'two' })).toBe(value)
  })

  it('takes any value as it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(resolveSecret(secret('<${A}>'), { A: value })).toBe(`<${value}>`)
      }),
    )
    expect(resolveSecret(secret('${A}'), { A: '${B} {{ 7 * 7 }} $& $1', B: 'x' })).toBe('${B} {{ 7 * 7 }} $& $1')
  })

  it.each([
    ['${A} ${B}', { A: 'canary' }, 'B'],
    ['${A}', { A: '' }, 'A'],
    ['${HOOKCAST_SECRET_KEY}', { HOOKCAST_SECRET_KEY: 'canary' }, 'HOOKCAST_SECRET_KEY'],
    ['${hookcast_data}', { hookcast_data: 'canary' }, 'hookcast_data'],
  ])('refuses a variable that is not set, empty or the own one: %s', (text, env, name) => {
    expect(problemsOf(() => resolveSecret(secret(text), env))).toEqual([
      `campaign.yaml:7 environment variable not set: ${name}`,
    ])
  })
})

describe('a text with variables', () => {
  it('names each once, and none that are escaped', () => {
    expect(placeholderNames('${A} ${B_2} ${A} $${C} ${D-E} ${}')).toEqual(['A', 'B_2'])
  })

  it.each(['${', '${}', '${A-B}', '${A', '${ A }', '${1A}'])('may be malformed: %s', (text) => {
    expect(hasMalformedPlaceholder(`x${text}y`)).toBe(true)
    expect(hasMalformedPlaceholder(`x$${text}y`)).toBe(false)
  })

  it('gets back its text where nothing is read: only a whole name is an escape there', () => {
    expect(unescapePlaceholders('$${A} US$${{ price }} $${ $${A-B}')).toBe('${A} US$${{ price }} $${ $${A-B}')
  })

  it('comes back as it was when each of its own ${ was escaped', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[${}A ]{0,20}$/), (text) => {
        const escaped = text.replaceAll('${', () => '$${')
        expect(substitute(escaped, () => 'never')).toBe(text)
      }),
    )
  })
})

describe('secretNamesOf', () => {
  it('lists what a sender needs, and nothing else', () => {
    const webhook = [
      'url: "${ORIGIN}/v1"',
      'auth: { type: basic, username: "${A}", password: "${B}${A}" }',
      'headers: [{ name: X-A, value: "${C}", type: secret }, { name: X-B, value: "$${D}" }]',
    ].join('\n')
    using folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook }) })
    const { campaign } = folder.load({ env: { ORIGIN: 'https://a.example', A: 'a', B: 'b', C: 'c' } })
    expect(secretNamesOf(campaign)).toEqual(['A', 'B', 'C'])
  })

  it('lists a token too', () => {
    using folder = createCampaignFolder({
      'campaign.yaml': campaignWith({ webhook: 'auth: { type: bearer, token: "${T}" }' }),
    })
    expect(secretNamesOf(folder.load({ env: { T: 't' } }).campaign)).toEqual(['T'])
    using bare = createCampaignFolder({ 'campaign.yaml': campaignWith({}) })
    expect(secretNamesOf(bare.load().campaign)).toEqual([])
  })
})

describe('a variable anywhere else', () => {
  it.each([
    [{ webhook: 'body: "a ${TOKEN}"' }, '5:3', 'webhook.body'],
    [{ webhook: 'event_properties: { a: "${TOKEN}" }' }, '5:23', 'webhook.event_properties.a'],
    [{ webhook: 'headers: [{ name: X-A, value: "${TOKEN}", type: public }]' }, '5:26', 'webhook.headers[0].value'],
    [{ webhook: 'headers: [{ name: X-A, value: "${TOKEN}" }]' }, '5:26', 'webhook.headers[0].value'],
    [{ top: 'params: { a: [1, "${TOKEN}"] }' }, '5:18', 'params.a[1]'],
    [{ top: 'timezone: "${TOKEN}"' }, '5:1', 'timezone'],
    [{ top: 'exclude: ["${TOKEN}.csv"]' }, '5:11', 'exclude[0]'],
  ])('is refused, and the place is named: %j', (parts, place, key) => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaignWith(parts) })
    const places = 'auth, headers of type secret, tls and the origin of webhook.url'
    expect(folder.problems({ env: { TOKEN: 'canary' } })).toContain(
      `campaign.yaml:${place} \${TOKEN} is not allowed in ${key}: it is read in ${places} only ($\${TOKEN} stands for the text itself)`,
    )
  })

  it('is left alone in a file of its own', () => {
    using folder = createCampaignFolder({
      'campaign.yaml': campaignWith({ webhook: 'body: { file: a.j2 }' }),
      'a.j2': '${TOKEN} $${A}',
    })
    expect(folder.load().campaign.webhook.body?.text).toBe('${TOKEN} $${A}')
  })
})
