import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect } from 'vitest'
import { findRun, lockRun } from '../../src/ledger/run-folder.ts'
import { test, type CampaignParts, type Desk } from './fixture.ts'

interface BadInput extends CampaignParts {
  readonly what: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Each has to be among what is told. */
  readonly told: readonly string[]
  /** What must never be shown. */
  readonly hidden?: string
}

const b = (lines: string): Readonly<Record<string, string>> => ({ 'body.j2': lines })
const FILE_BODY = 'body: { file: body.j2 }'
const people = (lines: string): Readonly<Record<string, string>> => ({ 'people.ndjson': lines })

const CAMPAIGN_FILE: readonly BadInput[] = [
  {
    what: 'an unknown key',
    webhook: 'timout: 5s',
    told: ['campaign.yaml:6:3 unknown key: webhook.timout, did you mean timeout?'],
  },
  {
    what: 'a bad unit',
    webhook: 'timeout: 10 sec',
    told: ['campaign.yaml:6:3 expected webhook.timeout to be a duration such as "10s", got "10 sec"'],
  },
  {
    what: 'a wrong type',
    webhook: 'concurrency: many',
    told: ['campaign.yaml:6:3 expected webhook.concurrency to be a whole number from 1 to 2000, got "many"'],
  },
  {
    what: 'a missing key',
    files: { 'campaign.yaml': 'name: desk\naudience: customers.csv\n' },
    told: ['campaign.yaml:1:1 expected webhook to be a mapping of keys, got nothing'],
  },
  {
    what: 'two contradicting keys',
    webhook: "method: GET\nbody: 'x'",
    told: ['campaign.yaml:7:3 contradicting keys: webhook.body and webhook.method GET, which has no body'],
  },
  {
    what: 'several mistakes, templates among them',
    webhook: `timout: 5s\nconcurrency: 0\n${FILE_BODY}\nheaders:\n  - { name: X-A, value: "{{ a | }}" }`,
    files: b('{{ x'),
    told: ['campaign.yaml:6:3 ', '\ncampaign.yaml:7:3 ', '\ncampaign.yaml:10:', '\nbody.j2:1:1 '],
  },
  { what: 'a file that is not there', args: ['nobody.yaml'], told: ['nobody.yaml file not found'] },
  {
    what: 'a param that the file does not have',
    top: 'params: { shop: Acme }',
    args: ['campaign.yaml', '--param', 'shp=1'],
    told: ['unknown param: shp, did you mean shop?'],
  },
  {
    what: 'an unknown key in hookcast.yaml',
    files: { 'hookcast.yaml': 'sendrs: 3\n' },
    told: ['hookcast.yaml:1:1 unknown key: sendrs, did you mean senders?'],
  },
]

const SECRETS: readonly BadInput[] = [
  {
    what: 'a variable that is not set',
    webhook: 'auth: { type: bearer, token: "${NO_SUCH_TOKEN}" }',
    told: ['campaign.yaml:6:25 environment variable not set: NO_SUCH_TOKEN, for webhook.auth.token'],
  },
  {
    what: 'a variable in a place where none is read',
    webhook: `body: '{"a": "\${HOME}"}'`,
    told: ['campaign.yaml:6:3 ${HOME} is not allowed in webhook.body', '$${HOME} stands for the text itself'],
  },
  {
    what: "a variable that is the program's own",
    webhook: 'auth: { type: bearer, token: "${HOOKCAST_TOKEN}" }',
    env: { HOOKCAST_TOKEN: 'canary-9f2' },
    told: ['environment variable not readable: HOOKCAST_TOKEN'],
    hidden: 'canary-9f2',
  },
  {
    what: 'a literal password',
    webhook: 'auth: { type: basic, username: acme, password: canary-9f2 }',
    told: ['campaign.yaml:6:40 literal secret: webhook.auth.password, write password: "${DESK_PASSWORD}"'],
    hidden: 'canary-9f2',
  },
  {
    what: 'a literal secret header',
    webhook: 'headers:\n  - { name: X-Api-Key, value: canary-9f2, type: secret }',
    told: ['literal secret: webhook.headers[0].value, write { name: X-Api-Key, value: "${X_API_KEY}", type: secret }'],
    hidden: 'canary-9f2',
  },
  {
    what: 'a basic user name with a colon',
    webhook: 'auth: { type: basic, username: "a:b", password: "${PASSWORD}" }',
    env: { PASSWORD: 'canary-9f2' },
    told: ['campaign.yaml:6:24 expected webhook.auth.username to hold no colon (RFC 7617), got one'],
    hidden: 'canary-9f2',
  },
  {
    what: 'a password with a line break at its end',
    webhook: 'auth: { type: basic, username: acme, password: "${PASSWORD}" }',
    env: { PASSWORD: 'canary-9f2\n' },
    told: ['webhook.auth.password to hold no line break, got one at its end: see PASSWORD'],
    hidden: 'canary-9f2',
  },
  {
    what: 'a header that belongs to the connection',
    webhook: 'headers:\n  - { name: Content-Length, value: "5" }',
    told: ['campaign.yaml:7:9 header not allowed: Content-Length belongs to the connection'],
  },
]

const TEMPLATES: readonly BadInput[] = [
  {
    what: 'a syntax error',
    webhook: FILE_BODY,
    files: b('{\n  "a": 1,\n  "b": "{{ customer.name | }}"\n}\n'),
    told: ['body.j2:3:28 expected a name, got `}}`\n    "b": "{{ customer.name | }}"\n'],
  },
  {
    what: 'an unknown filter',
    webhook: FILE_BODY,
    files: b('{\n  "b": "{{ customer.name | uper }}"\n}\n'),
    told: ['body.j2:2:28 expected a known filter, got `uper`, did you mean `upper`?', '{{ customer.name | uper }}'],
  },
  {
    what: 'an unknown tag',
    webhook: FILE_BODY,
    files: b('{\n  {% fro x in y %}1{% endfor %}\n}\n'),
    told: ['body.j2:2:6 expected a known tag, got `fro`, did you mean `for`?', '{% fro x in y %}'],
  },
  {
    what: 'mistakes in url, header and properties',
    webhook: [
      'url: "https://api.example.com/v1/{{ customer.id | }}"',
      'headers:',
      '  - { name: X-A, value: "{{ customer.name | nope }}" }',
      'event_properties: { a: "{% endif %}" }',
    ].join('\n'),
    told: ['campaign.yaml:6:', '\ncampaign.yaml:8:', '\ncampaign.yaml:9:'],
  },
]

const URLS: readonly BadInput[] = [
  {
    what: 'user-info',
    webhook: 'url: "https://acme:canary-9f2@api.example.com/v1"',
    told: ['campaign.yaml:6:3 expected webhook.url to hold no user name or password', 'they go under webhook.auth'],
    hidden: 'canary-9f2',
  },
  {
    what: 'plain http',
    webhook: 'url: "http://api.example.com/v1"',
    told: ['expected webhook.url to begin with https://', 'plain http needs insecure_http: true'],
  },
  {
    what: 'a private address',
    webhook: 'url: "https://10.0.0.5/v1"',
    told: [
      'campaign.yaml:6 expected webhook.url to be at a public address, got 10.0.0.5 (private)',
      'allow: ["10.0.0.5/32"]',
    ],
  },
  {
    what: 'a private address written as a number',
    webhook: 'url: "https://0xa000005/v1"',
    told: ['got 10.0.0.5 (private)'],
  },
  {
    what: 'a private IPv6 address',
    webhook: 'url: "https://[fd00::1]/v1"',
    told: ['got fd00::1 (private)', 'allow: ["fd00::1/128"]'],
  },
  {
    what: 'a metadata service',
    webhook: 'url: "https://169.254.169.254/latest"',
    told: ['got 169.254.169.254 (metadata service)', "write the receiver's own address"],
  },
  {
    what: 'a loopback host out of a variable',
    webhook: 'url: "https://${HOST}/v1"',
    env: { HOST: 'localhost' },
    told: ['got localhost (loopback)', 'write the host itself'],
  },
]

const AUDIENCES: readonly BadInput[] = [
  { what: 'a file that is not there', audience: 'nobody.csv', told: ['nobody.csv expected `audience` to be a file'] },
  {
    what: 'a wrong encoding',
    files: { 'customers.csv': Buffer.from('id,name\nc-0,Zoë\n', 'latin1') },
    told: ['customers.csv:2 expected UTF-8 text (`encoding` names another, such as windows-1252), got byte 0xeb'],
  },
  {
    what: 'ragged rows, all of them',
    files: { 'customers.csv': 'id,name\nc-0\nc-1,Bob\nc-2,Eve,x\n' },
    told: [
      'customers.csv:2 expected 2 cells as in the header, got 1',
      'customers.csv:4 expected 2 cells as in the header, got 3',
    ],
  },
  {
    what: 'broken quotes',
    files: { 'customers.csv': 'id,name\nc-0,"A" b\n' },
    told: ['customers.csv:2 expected a closing quote to be followed by the next cell'],
  },
  {
    what: 'a duplicate header',
    files: { 'customers.csv': 'id,name,id\nc-0,1,2\n' },
    told: ['customers.csv:1 expected the header to name each column once, got `id` in columns 1 and 3'],
  },
  {
    what: 'a broken NDJSON line',
    audience: 'people.ndjson',
    files: people('{"id":1}\n{"id":\n{"id":3}\n'),
    told: ['people.ndjson:2:7 expected JSON'],
  },
  {
    what: 'an NDJSON line that is no object',
    audience: 'people.ndjson',
    files: people('{"id":1}\n[1]\n'),
    told: ['people.ndjson:2 expected one JSON object on each line, got a list'],
  },
  {
    what: 'a value that does not fit its column',
    top: 'columns: { points: int }',
    files: { 'customers.csv': 'id,points\nc-0,12\nc-1,many\n' },
    told: ['customers.csv:3 expected `points` to be a whole number', 'got "many"'],
  },
  {
    what: 'more customers than `max_customers`',
    top: 'max_customers: 2',
    told: ['customers.csv expected at most 2 customers (`max_customers`), got more'],
  },
]

/** As it would have been without the check: everything of it is laid out before the command is run. */
async function runBad(desk: Desk, input: BadInput): Promise<string> {
  desk.writeCampaign(input)
  for (const [name, content] of Object.entries(input.files ?? {})) desk.write(name, content)
  const { code, stdout, stderr } = await desk.hookcast(['run', ...(input.args ?? ['campaign.yaml'])], {
    env: input.env ?? {},
  })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  return stderr
}

function runFolders(desk: Desk): readonly string[] {
  try {
    return readdirSync(join(desk.folder, '.hookcast/runs'))
  } catch {
    return []
  }
}

describe.each([
  ['campaign file', CAMPAIGN_FILE],
  ['secrets', SECRETS],
  ['templates', TEMPLATES],
  ['url', URLS],
  ['audience', AUDIENCES],
] as const)('bad %s', (_, inputs) => {
  test.for(inputs)('$what: is told, exit code 2, and nothing is sent', async (input, { desk }) => {
    const stderr = await runBad(desk, input)
    for (const told of input.told) expect(stderr).toContain(told)
    if (input.hidden !== undefined) expect(stderr).not.toContain(input.hidden)
    expect(desk.receiver.connections).toBe(0)
    expect(runFolders(desk)).toEqual([])
  })
})

describe('an audience that is odd but whole', () => {
  test('is a run of nobody when it is empty, with a warning', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, state: object.state, customers: object.customers }).toEqual({
      code: 0,
      state: 'finished',
      customers: 0,
    })
    expect(object.warnings.map((warning) => warning.code)).toEqual(['audience_empty'])
    expect(desk.receiver.connections).toBe(0)
  })

  test('is sent to twice when two rows have one id, and the warning counts them', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\na,1\na,2\nb,3\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, sent: object.sent }).toEqual({ code: 0, sent: 3 })
    expect(object.warnings).toMatchObject([{ code: 'audience_duplicates', count: 1 }])
  })

  test('has later rows of one id suppressed with `unique: true`', async ({ desk }) => {
    desk.writeCampaign({ top: 'unique: true' })
    desk.write('customers.csv', 'id,name\na,1\na,2\nb,3\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, sent: object.sent, suppressed: object.suppressed }).toEqual({ code: 0, sent: 2, suppressed: 1 })
  })

  test('goes on past bad rows with --skip-bad-rows, which are failed', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\na,1\nb\nc,3\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml', '--skip-bad-rows'])
    expect({ code, sent: object.sent, failures: object.failures }).toEqual({ code: 1, sent: 2, failures: { row: 1 } })
  })
})

describe('a customer whose request cannot be made', () => {
  const messageOf = async (desk: Desk): Promise<string> => {
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, failures: object.failures, sent: object.sent }).toEqual({
      code: 1,
      failures: { render: 1 },
      sent: 1,
    })
    const args = ['report', object.run_id, '--format', 'ndjson', '--status', 'failed']
    return (JSON.parse((await desk.hookcast(args)).stdout) as { message: string }).message
  }

  test('fails alone when its body is no JSON, with the place in both texts', async ({ desk }) => {
    desk.writeCampaign({ webhook: FILE_BODY })
    desk.write('body.j2', '{\n  "points": {{ customer.points | safe }}\n}\n')
    desk.write('customers.csv', 'id,points\na,7\nb,many\n')
    expect(await messageOf(desk)).toMatch(/body\.j2:2.*JSON/s)
    expect(desk.receiver.count).toBe(1)
  })

  test('fails alone when a header would hold a line break', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'headers:\n  - { name: X-Name, value: "{{ customer.name }}" }' })
    desk.write('customers.csv', 'id,name\na,Ada\nb,"B\nX-Evil: 1"\n')
    expect(await messageOf(desk)).toMatch(/^campaign\.yaml.*header/s)
    expect(desk.receiver.count).toBe(1)
  })

  test('fails alone when its URL would be another resource', async ({ desk }) => {
    desk.writeCampaign({ webhook: `url: "${desk.receiver.url}/v1/{{ customer.name }}/send"` })
    desk.write('customers.csv', 'id,name\na,Ada\nb,..\n')
    expect(await messageOf(desk)).toMatch(/^campaign\.yaml.*path/s)
    expect(desk.receiver.requests.map(({ path }) => path)).toEqual(['/v1/Ada/send'])
  })
})

describe('a run folder that cannot be used', () => {
  const interrupted = async (desk: Desk): Promise<string> => {
    desk.writeCampaign()
    const { code, object } = await desk.json(['run', 'campaign.yaml', '--limit', '1'])
    expect(code).toBe(130)
    return object.run_id
  }
  const refused = async (desk: Desk, args: readonly string[]): Promise<string> => {
    const before = desk.receiver.count
    const { code, stdout, stderr } = await desk.hookcast(args)
    expect({ code, stdout, sent: desk.receiver.count - before }).toEqual({ code: 2, stdout: '', sent: 0 })
    return stderr
  }

  test('is told when another process has it', async ({ desk }) => {
    const runId = await interrupted(desk)
    const lock = lockRun(findRun(join(desk.folder, '.hookcast'), runId))
    expect(await refused(desk, ['resume', runId])).toContain(
      `Another process (pid ${process.pid}) is working on this run`,
    )
    lock.release()
    expect((await desk.hookcast(['resume', runId])).code).toBe(0)
  })

  test('is told when its ledger is of a newer schema', async ({ desk }) => {
    const runId = await interrupted(desk)
    using ledger = new DatabaseSync(findRun(join(desk.folder, '.hookcast'), runId).ledger)
    ledger.exec('PRAGMA user_version = 99')
    expect(await refused(desk, ['resume', runId])).toContain('The ledger has schema 99')
  })

  test('is told when its ledger is damaged', async ({ desk }) => {
    const runId = await interrupted(desk)
    writeFileSync(findRun(join(desk.folder, '.hookcast'), runId).ledger, 'no database '.repeat(1000))
    expect(await refused(desk, ['resume', runId])).toContain('The ledger is damaged')
  })

  test('is told when a file is in the place of the data folder', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('data', 'x')
    expect(await refused(desk, ['run', 'campaign.yaml', '--data', 'data'])).toContain('a file is in its place')
  })

  const mounted = async (desk: Desk, options: string, told: string): Promise<string | null> => {
    const place = join(desk.folder, 'mounted')
    mkdirSync(place)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]).status !== 0) return null
    try {
      desk.writeCampaign()
      const stderr = await refused(desk, ['run', 'campaign.yaml', '--data', 'mounted'])
      expect(stderr).toContain(told)
      return stderr
    } finally {
      spawnSync('umount', [place])
    }
  }

  test('is told when its disk is full', async ({ desk, skip }) => {
    if ((await mounted(desk, 'size=1m', 'The disk is full')) === null) skip('mounting a small disk takes root')
  })

  test('is told that nothing was sent when the disk is full before the run has begun', async ({ desk, skip }) => {
    const row = `${'x'.repeat(1000)}\n`
    desk.write('customers.csv', `id,name\n${Array.from({ length: 4000 }, (_, i) => `c-${i},${row}`).join('')}`)
    // The ballast takes 8 MiB; not all customers have room beside it.
    const stderr = await mounted(desk, 'size=10m', 'the run had not begun, nothing was sent')
    if (stderr === null) return skip('mounting a small disk takes root')
    expect(stderr).toContain('Free space; a run that had begun goes on with `hookcast resume <run>`')
    expect(desk.receiver.count).toBe(0)
  })

  test('is told when its disk is read-only', async ({ desk, skip }) => {
    if ((await mounted(desk, 'ro', 'the folder is read-only')) === null) skip('mounting a read-only disk takes root')
  })
})
