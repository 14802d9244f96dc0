import { existsSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { fromJSONSchema, type core } from 'zod'
import { judgeAnswer } from '../../src/policy/policy.ts'
import { CHECK_IDS, type ContractReport } from '../../src/contract/contract.ts'
import { check, REFERENCE_API, test as base } from '../contract/fixture.ts'
import { codesIn, readPage } from '../support/page.ts'

const page = readPage('docs/receiving-api.md')
type Json = Readonly<Record<string, unknown>>

const test = base.extend<{ api: string }>({
  api: async ({ spawnServer }, use) => {
    await use(
      await spawnServer(REFERENCE_API, {
        env: { PORT: '0', ADMIN_PORT: 'off', LOG_LEVEL: 'off', API_USERS: 'acme:secret' },
      }),
    )
  },
})

interface Curl {
  readonly user: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a command line of the page would send. */
function parseCurl(text: string): Curl {
  const words = Array.from(
    text.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g),
    ([, quoted, bare]) => quoted ?? bare!,
  )
  const after = (flag: string): string[] => words.flatMap((word, at) => (words[at - 1] === flag ? [word] : []))
  expect(words[0]).toBe('curl')
  expect(words.filter((word) => word.startsWith('-'))).toEqual(['-u', '-H', '-H', '-d'])
  return {
    user: after('-u')[0]!,
    url: words.find((word) => word.startsWith('http'))!,
    headers: Object.fromEntries(after('-H').map((line) => line.split(': ') as [string, string])),
    body: after('-d')[0]!,
  }
}

async function send(
  { user, url, headers, body }: Curl,
  api: string,
): Promise<{ status: number; text: string; replayed: string | null }> {
  const authorization = `Basic ${Buffer.from(user).toString('base64')}`
  const address = url.replace('http://127.0.0.1:3000', api)
  const response = await fetch(address, { method: 'POST', headers: { ...headers, authorization }, body })
  return {
    status: response.status,
    text: await response.text(),
    replayed: response.headers.get('idempotency-replayed'),
  }
}

/** Without what is another every time. */
const stable = (text: string): unknown =>
  JSON.parse(
    text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '<uuid>'),
  ) as unknown

const jsonIn = (heading: string): readonly Json[] =>
  page
    .section(heading)
    .blocks.filter(({ language }) => language === 'json')
    .map(({ text }) => JSON.parse(text) as Json)

describe('docs/receiving-api.md', () => {
  test.for(['The request', 'Batches'])('shows what %s brings, twice over', async (heading, { api }) => {
    const [command, answer] = page.section(heading).blocks
    const curl = parseCurl(command!.text)
    const first = await send(curl, api)
    expect({ status: first.status, body: stable(first.text) }).toEqual({ status: 200, body: stable(answer!.text) })
    expect(await send(curl, api)).toEqual({ ...first, replayed: 'true' })
  })

  test('has schemas that the reference API’s answers fit, and those of the page, and no other', async ({ api }) => {
    const [single, batch] = jsonIn('Shapes').map((schema) => fromJSONSchema(schema as core.JSONSchema.JSONSchema))
    const [sent, refused] = jsonIn('The answer')
    const curl = parseCurl(page.section('The request').blocks[0]!.text)
    const wrong = { ...curl, body: curl.body.replace('Welcome!', ''), headers: { 'Content-Type': 'application/json' } }
    const unknown = { ...curl, user: 'acme:other' }
    for (const each of [curl, wrong, unknown]) {
      expect(single!.safeParse(JSON.parse((await send(each, api)).text)).error).toBeUndefined()
    }
    for (const each of [sent, refused]) expect(single!.safeParse(each).error).toBeUndefined()
    const answers = jsonIn('Batches')
    for (const each of answers) expect(batch!.safeParse(each).error).toBeUndefined()
    const bad = [
      {},
      { success: true },
      { success: false },
      { success: false, errors: [] },
      { success: 1, result: {} },
      [],
    ]
    for (const each of bad) expect(single!.safeParse(each).success, JSON.stringify(each)).toBe(false)
    for (const each of [...bad, sent]) expect(batch!.safeParse(each).success, JSON.stringify(each)).toBe(false)
  })

  test('tells of each status what the sender makes of it', () => {
    const [rows = []] = page.section('The answer').tables
    const kindOf = (status: number, body: string): string => {
      const answer = {
        kind: 'answered',
        httpStatus: status,
        contentType: 'application/json',
        retryAfter: null,
        body,
        isTruncated: false,
      } as const
      const rules = {
        answers: {},
        response: { success: '/success', code: '/errors/0/code', message: '/errors/0/description' },
        conflict: 'accepted',
      } as const
      const outcome = judgeAnswer(answer, {
        attempt: 1,
        isInDoubt: false,
        wasReusedConnection: false,
        hasRunSucceeded: true,
        endedAt: 0,
        rules,
      })
      return outcome.kind === 'stop' ? `${outcome.kind} ${outcome.scope}` : outcome.kind
    }
    const words: Readonly<Record<string, RegExp>> = {
      sent: /^goes on$/,
      refused: /^goes on; this one is `failed`$/,
      'stop webhook': /stops the whole campaign/,
      'stop chunk': /stops (all of them|everybody who entered together)/,
      retry: /comes again/,
    }
    let count = 0
    for (const [answer = '', , sender = ''] of rows) {
      const body = codesIn(answer).find((code) => code.startsWith('"success"')) ?? '"x": 1'
      const listed = answer.startsWith('3xx')
        ? [308]
        : Array.from(answer.matchAll(/\b[2-5]\d\d\b/g), ([status]) => Number(status))
      const others = answer.includes('any other 4xx')
        ? [405, 415, 422]
        : answer.includes('any other 5xx')
          ? [502, 520]
          : []
      // 409 is about an earlier send: README.md tells of it, and is tested.
      for (const status of [...listed, ...others].filter((each) => each !== 409)) {
        count++
        expect(sender, `${status} ${body}`).toMatch(words[kindOf(status, `{${body}}`)]!)
      }
    }
    expect(count).toBe(19)
  })

  test('names every check, in its order', () => {
    const rows = page.section('Check it').tables[0] ?? []
    expect(rows.map(([id = '']) => codesIn(id)[0])).toEqual(CHECK_IDS)
  })

  test('shows a report as it is', async ({ serve }) => {
    const { url } = await serve({ answer: () => ({ body: '{"success":true}' }) })
    const [shown] = jsonIn('Check it')
    const report = await check(url, { only: ['no_credentials'] })
    expect(shown).toEqual({ ...report, url: (shown as unknown as ContractReport).url })
  })

  test('tells how many requests a check sends', async ({ serve }) => {
    const told = Number(/(\d+) at most/.exec(page.section('Check it').text)?.[1])
    const receiver = await serve({ isForgetful: true })
    await check(receiver.url)
    expect(receiver.count).toBe(told)
  })

  test('leads to what is there', () => {
    const links = Array.from(page.text.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target)
    expect(links.length).toBeGreaterThan(1)
    for (const link of links) {
      if (link.startsWith('#')) expect(page.text.toLowerCase().replaceAll(' ', '-')).toContain(`#-${link.slice(1)}\n`)
      else expect(existsSync(new URL(`../../docs/${link}`, import.meta.url)), link).toBe(true)
    }
  })
})
