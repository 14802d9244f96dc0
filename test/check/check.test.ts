import { assert, constantFrom, oneof, property, string } from 'fast-check'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { campaignFilesFrom } from '../../src/campaign/campaign-folder.ts'
import { checkAll, checkBeforeRun, checkCampaign } from '../../src/check/check.ts'
import { ConfigError, formatProblem } from '../../src/errors.ts'
import { checkHeader } from '../../src/request/request.ts'
import { campaignWith, createCampaignFolder, plainSettings, problemsOf } from '../support/campaign-folder.ts'

type Contents = Readonly<Record<string, string>>
interface Checking {
  readonly webhook?: string
  readonly top?: string
  readonly files?: Contents
  readonly env?: Contents
  readonly networkAllow?: readonly string[]
}

const options = ({ env = {}, networkAllow = [] }: Checking) => ({ env, settings: { ...plainSettings, networkAllow } })

function folderFor(checking: Checking) {
  return createCampaignFolder({ 'campaign.yaml': campaignWith(checking), ...checking.files })
}

function check(checking: Checking) {
  using folder = folderFor(checking)
  return checkCampaign(folder.files(), options(checking))
}

/** As whoever stands in the folder of the campaign reads it. */
function fromFolder(text: string, folder: string): string {
  return text.replace(`${folder}/`, '')
}

function problems(checking: Checking): readonly string[] {
  using folder = folderFor(checking)
  return problemsOf(() => checkCampaign(folder.files(), options(checking))).map((text) => fromFolder(text, folder.path))
}

async function rejection(promise: Promise<unknown>): Promise<ConfigError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('expected a refusal, got none')
}

describe('checkCampaign', () => {
  test('gives the campaign, and a snapshot that gives it again without its folder', () => {
    using folder = folderFor({ webhook: 'body: { file: body.j2 }', files: { 'body.j2': '{"a": {{ customer.a }}}' } })
    const { campaign, snapshot } = checkCampaign(folder.files(), options({}))
    expect(campaign.webhook.body?.text).toBe('{"a": {{ customer.a }}}')
    const again = campaignFilesFrom(JSON.parse(JSON.stringify(snapshot)) as typeof snapshot)
    expect(checkCampaign(again, options({})).campaign).toEqual(campaign)
  })

  test('compiles every template: url, headers, body, properties', () => {
    const webhook = [
      'url: https://api.example.com/v1/{{ a | }}',
      'headers:',
      '  - { name: X-A, value: "{{ b | }}" }',
      "body: '{{ c | }}'",
      "event_properties: { d: '{{ d | }}' }",
    ].join('\n')
    const told = problems({ webhook })
    const columns = webhook.split('\n').flatMap((line) => (line.includes('}}') ? [line.indexOf('}}') + 3] : []))
    expect(told.map((problem) => Number(/^campaign\.yaml:\d+:(\d+) /.exec(problem)![1]))).toEqual(columns)
    expect(told.map((problem) => problem.split('\n').slice(0, 2))).toEqual([
      [expect.stringMatching(/^campaign\.yaml:5:\d+ expected a name/), '  /v1/{{ a | }}'],
      [expect.stringMatching(/^campaign\.yaml:7:\d+ expected a name/), '  {{ b | }}'],
      [expect.stringMatching(/^campaign\.yaml:8:\d+ expected a name/), '  {{ c | }}'],
      [expect.stringMatching(/^campaign\.yaml:9:\d+ expected a name/), '  {{ d | }}'],
    ])
  })

  test('reads a body by its payload: what is no JSON may well be text', () => {
    const body = "body: 'hello {{ customer.name }}'"
    expect(problems({ webhook: body })).toHaveLength(1)
    expect(problems({ webhook: `${body}\npayload: text` })).toEqual([])
  })

  test('lists the problems of the file and those of its templates at once, from top to bottom', () => {
    const webhook = "timout: 5s\nbody: { file: z.j2 }\nheaders:\n  - { name: X-A, value: '{{ b | }}' }\nconcurrency: 0"
    const told = problems({ webhook, files: { 'z.j2': 'fine: 1\n{{ x' } })
    expect(told.map((problem) => problem.replace(/ [^]*/, ''))).toEqual([
      'campaign.yaml:5:3',
      expect.stringMatching(/^campaign\.yaml:8:/),
      'campaign.yaml:9:3',
      expect.stringMatching(/^z\.j2:/),
    ])
  })

  test('says whether templates alone are wrong', () => {
    const codeOf = (checking: Checking): string => {
      try {
        check(checking)
        return 'none'
      } catch (error) {
        return (error as ConfigError).code
      }
    }
    expect(codeOf({ webhook: "body: '{{ x'" })).toBe('HOOKCAST_TEMPLATE_INVALID')
    expect(codeOf({ webhook: "body: '{{ x'\ntimout: 1s" })).toBe('HOOKCAST_CAMPAIGN_INVALID')
  })

  test('finds no more in a file that is no YAML', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': 'webhook: { url: "' })
    expect(problemsOf(() => checkCampaign(folder.files(), options({})))).toHaveLength(1)
  })
})

describe('the address of a webhook', () => {
  test.for([
    ['https://10.0.0.5/v1', '10.0.0.5 (private)'],
    ['https://0xa000005/v1', '10.0.0.5 (private)'],
    ['https://[::ffff:10.0.0.5]/v1', '[::ffff:a00:5]'.slice(1, -1)],
    ['https://100.64.0.1/v1', '100.64.0.1 (shared address space)'],
    ['https://169.254.169.254/v1', '169.254.169.254 (metadata service)'],
  ] as const)('is refused when it is literally %s', ([url, got]) => {
    expect(problems({ webhook: `url: ${url}` })).toEqual([expect.stringContaining(`got ${got}`)])
  })

  test('may be private when hookcast.yaml allows it, as the message says', () => {
    const webhook = 'url: https://10.0.0.5/v1'
    const range = /allow: \["(.*)"\]/.exec(problems({ webhook })[0]!)![1]!
    expect(problems({ webhook, networkAllow: [range] })).toEqual([])
  })

  test('may be loopback when the file itself says so, and not out of a variable', () => {
    expect(problems({ webhook: 'url: http://127.0.0.1:8080/v1' })).toEqual([])
    expect(problems({ webhook: 'url: http://localhost:8080/v1' })).toEqual([])
    const env = { HOST: 'http://localhost:8080' }
    expect(problems({ webhook: 'url: "${HOST}/v1"', env })).toEqual([
      expect.stringContaining('got localhost (loopback)'),
    ])
    expect(problems({ webhook: 'url: "${HOST}/v1"', env, networkAllow: ['127.0.0.1/32'] })).toEqual([])
  })
})

describe('headers', () => {
  const NAMES = ['Host', 'Content-Length', 'TE', 'X-A', 'Accept-Encoding', 'Proxy-X', 'X y', 'X-é', 'Cookie2', '']

  test('that are let through are never refused by a call', () => {
    const name = oneof(constantFrom(...NAMES), string({ maxLength: 12, unit: 'binary-ascii' }))
    const value = oneof(string({ maxLength: 20, unit: 'binary' }), constantFrom('a\tb', 'é', 'a\r\nb', ''))
    assert(
      property(name, value, (name, value) => {
        const [header] = allowedHeaders(name, value)
        expect(header === undefined ? null : checkHeader(header.name, header.value)).toBeNull()
      }),
      { numRuns: 150 },
    )
  })

  test('for the request id are none that the connection needs or that say something else', () => {
    for (const header of ['Content-Length', 'Authorization', 'content-type', 'X-Hookcast-Attempt']) {
      expect(problems({ webhook: `idempotency: { header: ${header} }` })).toEqual([
        expect.stringContaining(`campaign.yaml webhook.idempotency.header: expected no header \`${header}\``),
      ])
    }
    expect(problems({ webhook: 'idempotency: { header: X-Request-Id }' })).toEqual([])
  })

  function allowedHeaders(name: string, value: string): readonly { readonly name: string; readonly value: string }[] {
    const webhook = `headers:\n  - ${JSON.stringify({ name, value: value.replaceAll(/[{}$]/g, '') })}`
    using folder = folderFor({ webhook })
    try {
      const { headers } = checkCampaign(folder.files(), options({})).campaign.webhook
      return headers.map((header) => ({ name: header.name, value: header.value.text }))
    } catch (error) {
      if (error instanceof ConfigError) return []
      throw error
    }
  }
})

describe('what is odd but allowed', () => {
  const warnings = (webhook: string): readonly string[] => check({ webhook }).campaign.warnings.map(({ code }) => code)

  test.for([
    ['retry: { delays: [] }', ['retry_none']],
    ['retry: { delays: [50s, 50s] }\nidempotency: { lifetime: 1m }', ['retry_outlives_key']],
    ['answers: { 200: retry }', ['answers_success_retried']],
    ['answers: { 202: failed }', ['answers_success_failed']],
    ['answers: { 503: sent }', ['answers_error_sent']],
    ['answers: { 429: chunk }', ['answers_429']],
    ['answers: { 400: failed, 408: retry, 409: sent, 429: retry }', []],
    ['', []],
  ] as const)('%s', ([webhook, codes]) => {
    expect(warnings(webhook)).toEqual(codes)
  })
})

describe('checkAll', () => {
  const customers = { 'customers.csv': 'id,points\na,1\nb,many\n' }
  const top = 'columns: { points: int }'

  test('counts the audience, and leaves nothing behind', async () => {
    using folder = folderFor({ files: { 'customers.csv': 'id\na\nb\n' } })
    const { audience, campaign } = await checkAll(folder.files(), options({}))
    expect(audience).toMatchObject({ rows: 2, customerIdColumn: 'id' })
    expect(campaign.audience.path).toBe(join(folder.files().folder, 'customers.csv'))
  })

  test('lists what is wrong with templates and with rows at once', async () => {
    using folder = folderFor({ top, webhook: "body: '{{ x'", files: customers })
    const { problems } = await rejection(checkAll(folder.files(), options({})))
    expect(problems.map((problem) => fromFolder(formatProblem(problem), folder.path))).toEqual([
      expect.stringMatching(/^campaign\.yaml:5:\d/),
      expect.stringMatching(/customers\.csv:3 expected `points` to be a whole number/),
    ])
  })

  test('reads no row when the file says wrongly how', async () => {
    using folder = folderFor({ top, webhook: 'timout: 1s', files: customers })
    const { problems } = await rejection(checkAll(folder.files(), options({})))
    expect(problems.map((problem) => fromFolder(formatProblem(problem), folder.path))).toEqual([
      expect.stringMatching(/^campaign\.yaml:5:3 unknown key/),
    ])
  })

  test('says of templates alone that they are wrong when the rows are right', async () => {
    using folder = folderFor({ webhook: "body: '{{ x'", files: { 'customers.csv': 'id\na\n' } })
    expect((await rejection(checkAll(folder.files(), options({})))).code).toBe('HOOKCAST_TEMPLATE_INVALID')
  })

  test('ends when it is told to', async () => {
    using folder = folderFor({ files: { 'customers.csv': 'id\na\n' } })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(checkAll(folder.files(), { ...options({}), signal })).rejects.toThrow('enough')
  })
})

describe('checkBeforeRun', () => {
  const files = { 'customers.csv': 'id,points\na,1\nb,many\n' }
  const broken = { top: 'columns: { points: int }', webhook: "body: '{{ x'", files }
  const rules = { ...options({}), isStreamed: false }

  test('lists what is wrong with templates and with rows at once, as checkAll does', async () => {
    using folder = folderFor(broken)
    const { problems } = await rejection(checkBeforeRun(folder.files(), rules))
    expect(problems).toEqual((await rejection(checkAll(folder.files(), options({})))).problems)
    expect(problems).toHaveLength(2)
  })

  test.each([{ isStreamed: true }, { skipBadRows: true }])('tells nothing of rows with %o', async (change) => {
    using folder = folderFor(broken)
    const { problems, code } = await rejection(checkBeforeRun(folder.files(), { ...rules, ...change }))
    expect([problems.length, code]).toEqual([1, 'HOOKCAST_TEMPLATE_INVALID'])
  })

  test('leaves the rows to the run when all else is right', async () => {
    using folder = folderFor({ ...broken, webhook: "body: '{}'" })
    await expect(checkBeforeRun(folder.files(), rules)).resolves.toHaveProperty('campaign')
  })
})
